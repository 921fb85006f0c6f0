import { Readable } from 'node:stream';
import type { Happened, HappeningStore } from '../access/happening.ts';
import { iso } from './tell-tenant.ts';

export interface StreamOptions {
  readonly happenings: Pick<HappeningStore, 'after' | 'range'>;
  /** What is to be told. */
  wants(happened: Happened): boolean;
  /** Whether whoever listens may still. */
  isGood(): boolean;
  /** Aborted when the server ends. */
  readonly signal: AbortSignal;
  /** Calls back when something has happened, until the function that it returns is called. */
  listen(heard: () => void): () => void;
}

/** Milliseconds. */
const HEARTBEAT = 15_000;
const RETRY = 3_000;

// Happenings read at once.
const BATCH = 200;

/**
 * The happenings after a number, and then each as it comes, as server-sent events. It reads on only while whoever
 * listens takes what there is, so that nothing piles up for a slow one.
 */
export class EventStream extends Readable {
  readonly #options: StreamOptions;
  readonly #unlisten: () => void;
  readonly #heart: NodeJS.Timeout;
  /** The number of the last happening that was looked at. */
  #last: number;
  #isThirsty = false;
  #greeting: string | undefined;

  /** Of what came after `last` and is kept no more, the stream says so. */
  constructor(last: number | undefined, options: StreamOptions) {
    super({ encoding: 'utf8' });
    this.#options = options;
    const { oldest, newest } = options.happenings.range();
    const isLost = last !== undefined && (last > newest || last < oldest - 1);
    this.#last = last === undefined ? newest : isLost ? Math.max(0, oldest - 1) : last;
    this.#greeting = `retry: ${RETRY}\n\n${isLost ? gap(this.#last) : ''}`;
    this.#unlisten = options.listen(() => this.#flow());
    this.#heart = setInterval(() => this.#beat(), HEARTBEAT);
    this.#heart.unref();
    options.signal.addEventListener('abort', this.#end, { once: true });
  }

  override _read(): void {
    this.#isThirsty = true;
    this.#flow();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#unlisten();
    this.#options.signal.removeEventListener('abort', this.#end);
    clearInterval(this.#heart);
    done(error);
  }

  #flow(): void {
    if (!this.#isThirsty) return;
    try {
      const isGood = this.#options.isGood();
      const text = isGood ? (this.#greeting ?? this.#news()) : '';
      this.#greeting = undefined;
      if (!isGood) this.#end();
      else if (text !== '') this.#give(text);
    } catch (error) {
      // Whoever listens comes back, and by then the state file may be readable again.
      this.destroy(error as Error);
    }
  }

  /** Shows whoever listens, and all in between, that the connection lives. */
  #beat(): void {
    this.#flow();
    if (this.#isThirsty && !this.destroyed) this.#give(': \n\n');
  }

  #news(): string {
    const { happenings, wants } = this.#options;
    for (;;) {
      const batch = happenings.after(this.#last, BATCH);
      this.#last = batch.at(-1)?.number ?? this.#last;
      const text = batch.filter(wants).map(event).join('');
      if (text !== '' || batch.length < BATCH) return text;
    }
  }

  #give(text: string): void {
    this.#isThirsty = false;
    this.push(text);
  }

  readonly #end = (): void => {
    this.#isThirsty = false;
    if (!this.destroyed && !this.readableEnded) this.push(null);
  };
}

function event({ number, at, kind, domain, data }: Happened): string {
  const told = { at: iso(at), domain: domain ?? null, ...(JSON.parse(data) as object) };
  return `id: ${number}\nevent: ${kind}\ndata: ${JSON.stringify(told)}\n\n`;
}

function gap(last: number): string {
  const told = { detail: 'Some events are kept no more. Look at everything anew.' };
  return `id: ${last}\nevent: gap\ndata: ${JSON.stringify(told)}\n\n`;
}
