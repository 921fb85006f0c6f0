import type { Hostname } from '../names/hostname.ts';
import type { Change } from './revision.ts';

/**
 * A change of a document that somebody was let make: recorded before the document is written, so that the history
 * has their name also where the server ends in between.
 */
export interface Intent {
  readonly domain: Hostname;
  /** Of the document as it is to be. */
  readonly digest: string;
  readonly actor: string;
  readonly address: string;
  readonly cause: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Once its policy, of mode `none`, is served by all, the document is to be removed (RFC 8461 section 8.3). */
  readonly leaves: boolean;
  /** The document was taken in; kept only where it is to be removed. */
  readonly isDone: boolean;
}

/** Who is told to have made a change of a document: whoever meant to, or else whoever edits the files. */
export function changeOf(intent: Intent | undefined, now: number): Change {
  if (intent === undefined) return { now, actor: 'file', address: '', cause: 'document changed' };
  const { actor, address, cause } = intent;
  return { now, actor, address, cause };
}
