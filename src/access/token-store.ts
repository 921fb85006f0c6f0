import type { AuditEntry } from './audit.ts';
import type { KeptToken, Token } from './token.ts';

/** The tokens, revoked ones included. What writes is durable when it returns, or throws and changes nothing. */
export interface TokenStore {
  find(id: string): KeptToken | undefined;
  /** The next in the order of their names, at most `most`; the first follow the empty text. */
  after(name: string, most: number): readonly Token[];
  /** Whether there has ever been one. */
  isEmpty(): boolean;
  /** With its line of the audit, or neither; false where the name was given before. */
  add(token: KeptToken, entry: AuditEntry): boolean;
  /** The same; nothing where it was revoked before. */
  revoke(id: string, at: number, entry: AuditEntry): void;
  used(id: string, at: number): void;
}
