import type { Seen } from './observation.ts';

/** A path that leads to nobody, or to somebody who does not speak as expected. */
type NoWay = Exclude<Seen, { readonly seen: 'reached' }>;

// Milliseconds. A CA gives up after some ten seconds, and a good path answers in a fraction of one.
const PATIENCE = 5000;
// The path to a CA may be there all the same.
const NOT_FROM_HERE: ReadonlySet<string | undefined> = new Set([
  ...['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETDOWN', 'EACCES', 'EPERM'],
]);
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'this machine does not let us connect',
  EADDRNOTAVAIL: 'this machine has no address of that kind',
  EAFNOSUPPORT: 'this machine has no address of that kind',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no such host in its network',
  ENETUNREACH: 'this machine has no way there',
  EPERM: 'this machine does not let us connect',
  ETIMEDOUT: 'no answer in time',
};

/**
 * Walks to one address with a time limit, and gives words to a path that leads nowhere.
 *
 * @param walk rejects with the error of its socket, and ends it when the signal is aborted.
 * Rejects with the reason of `signal` only.
 */
export async function within<T>(
  signal: AbortSignal,
  walk: (signal: AbortSignal) => Promise<T>,
): Promise<T | NoWay> {
  const late = AbortSignal.timeout(PATIENCE);
  try {
    return await walk(AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { seen: 'unreachable', why: 'no answer in time', fromHere: false };
    return failure(error as NodeJS.ErrnoException);
  }
}

function failure({ code = 'unknown error' }: NodeJS.ErrnoException): NoWay {
  // A protocol was broken, so that somebody must have answered.
  if (/^(HPE_|EPROTO$|ERR_SSL_)/.test(code)) return { seen: 'other', who: protocolWords(code) };
  return { seen: 'unreachable', why: WORDS[code] ?? code, fromHere: NOT_FROM_HERE.has(code) };
}

function protocolWords(code: string): string {
  if (code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') {
    return 'a TLS server that has no answer to a challenge (alert no_application_protocol)';
  }
  if (code.startsWith('HPE_')) return `a server that does not speak HTTP (${code})`;
  return `a server that ended the TLS handshake (${code})`;
}
