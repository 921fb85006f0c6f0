import { randomBytes } from 'node:crypto';
import { TOKEN_BYTES, tokenText } from '../access/token.ts';

/** What a new token says. It is shown once and kept nowhere. */
export function mintToken(): string {
  return tokenText(randomBytes(TOKEN_BYTES));
}
