import type { Token } from '../access/token.ts';
import type { Actor } from '../tenant/desk.ts';

/** Whoever makes a request, known by a good token. */
export interface Caller {
  readonly token: Token;
  readonly address: string;
  /** A key that nobody has but whoever has the token. */
  readonly sealing: Uint8Array;
}

/** As the history and the audit name it. */
export function actorOf({ token, address }: Caller): Actor {
  return { name: `token:${token.name}`, address, ...(token.only !== undefined && { only: token.only }) };
}
