import type { Readable } from 'node:stream';

export const JSON_TYPE = 'application/json';

/** What is answered to a request. */
export interface Answer {
  readonly status: number;
  /** The media type; JSON where none is told. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A value for JSON, text for other types, or bytes as they come; undefined for none. */
  readonly body: unknown | Readable;
}

export function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers, body };
}
