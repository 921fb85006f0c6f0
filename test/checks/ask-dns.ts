import { openPublicDns } from '../../src/checks/public-dns.ts';

/** What to ask on a host of a test network. */
export interface Questions {
  readonly servers?: readonly string[];
  readonly timeout: number;
  /** Milliseconds after which the questions are given up. */
  readonly abort?: number;
  readonly names: readonly string[];
}

// Prints what DNS says of names to whoever looks from here: an array, as JSON.
const { servers, timeout, abort, names } = JSON.parse(process.argv[2] ?? '') as Questions;
const dns = openPublicDns({ timeout, ...(servers && { servers }) });
const stop = new AbortController();
if (abort !== undefined) setTimeout(() => stop.abort(new Error('given up')), abort);

const answers = names.map(async (name) => {
  const [addresses, aliases, caa, mx, txt] = await Promise.all([
    dns.addresses(name, stop.signal),
    dns.aliases(name, stop.signal),
    dns.caa(name, stop.signal),
    dns.mx(name, stop.signal),
    dns.txt(name, stop.signal),
  ]);
  return { name, ...addresses, aliases, caa, mx, txt };
});
const told = await Promise.all(answers).catch((error: Error) => error.message);
console.log(JSON.stringify(told));
