import type { Token } from '../access/token.ts';
import type { Actor } from '../tenant/desk.ts';

/** Whoever makes a request, known by a good token. */
export interface Caller {
  readonly token: Token;
  readonly address: string;
}

/** As the history and the audit name it. */
export function actorOf({ token, address }: Caller): Actor {
  return { name: `token:${token.name}`, address };
}
