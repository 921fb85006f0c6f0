import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

/** Milliseconds. */
const TIMES = { first: 1_000, longest: 5 * 60_000, forgotten: 15 * 60_000 };

// Somebody may mistype, or paste the wrong line.
const FREE = 5;

// Of so many addresses the failures are counted; the one not heard of for longest is forgotten first.
const MOST = 10_000;

interface Failures {
  readonly inRow: number;
  readonly at: number;
}

/** Lets nobody try tokens at will: after some failures in a row an address waits, each time twice as long. */
export class BackOff {
  readonly #failures = new LRUCache<string, Failures>({ max: MOST });

  /** How long an address is to wait, in milliseconds; 0 where it need not. */
  wait(address: string, now: number): number {
    const failures = this.#recent(address, now);
    if (failures === undefined || failures.inRow < FREE) return 0;
    const pause = Math.min(TIMES.longest, TIMES.first * 2 ** (failures.inRow - FREE));
    return Math.max(0, failures.at + pause - now);
  }

  failed(address: string, now: number): void {
    const inRow = (this.#recent(address, now)?.inRow ?? 0) + 1;
    this.#failures.set(sourceOf(address), { inRow, at: now });
  }

  succeeded(address: string): void {
    this.#failures.delete(sourceOf(address));
  }

  #recent(address: string, now: number): Failures | undefined {
    const failures = this.#failures.get(sourceOf(address));
    // One from the future is of a clock that was set back since.
    if (failures === undefined || Math.abs(now - failures.at) > TIMES.forgotten) return undefined;
    return failures;
  }
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const NETWORK_GROUPS = 4;

/** What stands for whoever asks from an address: of IPv6 the network of 64 bits, in which one host may take any. */
export function sourceOf(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [left = [], right = []] = (address.split('%')[0] ?? '').split('::').map(groupsOf);
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => 0);
  const network = [...left, ...zeros, ...right].slice(0, NETWORK_GROUPS);
  return `${network.map((group) => group.toString(16)).join(':')}::/64`;
}

function groupsOf(text: string): number[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .map((group) => Number.parseInt(group, 16));
}
