/** What bounds how long a client can hold what it was given, and how long a certificate is taken for granted; milliseconds. */
export interface EdgeTimes {
  readonly handshake: number;
  readonly headers: number;
  readonly request: number;
  /** A connection that is kept alive between two requests. */
  readonly keepAlive: number;
  /** A connection whose client takes nothing of what is sent to it. */
  readonly stalled: number;
  /** An HTTP/2 session without a request, whatever else comes over it. */
  readonly session: number;
  /** How often the limits on headers and requests are looked at. */
  readonly checking: number;
  /** At the end, how long a busy listener is given to find a moment in which no connection waits. */
  readonly quiet: number;
  /** At the end, a connection over which nothing came for so long is closed. */
  readonly silent: number;
  /** At the end, how long requests under way may take. */
  readonly drain: number;
  /** How long a certificate is served before it is looked whether its file was replaced. */
  readonly certificate: number;
  /** The same where there is no certificate. */
  readonly noCertificate: number;
}

export const EDGE_TIMES: EdgeTimes = {
  handshake: 10_000,
  headers: 10_000,
  request: 15_000,
  keepAlive: 30_000,
  stalled: 30_000,
  session: 30_000,
  checking: 5_000,
  quiet: 1_000,
  silent: 1_500,
  // Under the ten seconds after which container engines kill.
  drain: 8_000,
  certificate: 60_000,
  noCertificate: 5_000,
};
