import { createHash } from 'node:crypto';

/** What tells this content of a document from any other. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
