import type Type from 'typebox';
import { type KeptToken, type Token, tokenHash, tokenId } from '../../access/token.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { parsePolicyDomain } from '../../names/hostname.ts';
import type { TenantScope } from '../../tenant/desk.ts';
import { type Answer, JSON_TYPE, ok } from '../answer.ts';
import { badQuery } from '../bad-query.ts';
import { actorOf } from '../caller.ts';
import { cursorOf, pageOf, readCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { tokenExample } from '../examples.ts';
import { mintToken } from '../mint.ts';
import { notFound, problem } from '../problem.ts';
import { ChangeQuery, NoQuery, PageQuery, pageOfShape, USUAL_ITEMS } from '../shapes/paging.ts';
import { MintedShape, NewTokenShape, TokenShape } from '../shapes/token.ts';
import { iso, isoOrNull } from '../tell-tenant.ts';

const common = { tag: 'tokens', needs: 'admin', isForUnbound: true } as const;
const oneToken = (description: string) => ({
  description,
  content: { [JSON_TYPE]: { schema: TokenShape, example: tokenExample } },
});

export const listTokens = endpoint({
  ...common,
  id: 'listTokens',
  method: 'GET',
  path: '/tokens',
  summary: 'List tokens',
  description: 'Revoked ones too, since the history names them. None tells what the token itself says.',
  query: PageQuery,
  answers: {
    200: {
      description: 'A page of tokens, in the order of their names.',
      content: {
        [JSON_TYPE]: {
          schema: pageOfShape(TokenShape),
          example: { items: [tokenExample], next: cursorOf(tokenExample.name) },
        },
      },
    },
  },
  handle({ tokens }, { query: { cursor, limit = USUAL_ITEMS } }) {
    const after = cursor === undefined ? '' : readCursor(cursor);
    if (after === undefined)
      return badQuery('cursor', 'It is no cursor', 'Send the "next" of a page as it is');
    return ok(pageOf(tokens.after(after, limit + 1), limit, ({ name }) => name, tellToken));
  },
});

export const createToken = endpoint({
  ...common,
  id: 'createToken',
  method: 'POST',
  path: '/tokens',
  summary: 'Create a token',
  description: 'The answer has what the token says, which is shown nowhere else and never again.',
  query: ChangeQuery,
  body: {
    schema: NewTokenShape,
    reads: NewTokenShape,
    example: {
      name: tokenExample.name,
      scope: tokenExample.scope,
      only: { labels: { customer: '42' } },
      expires_at: tokenExample.expires_at,
    },
  },
  answers: {
    200: {
      description: 'The token as it would be (dry_run).',
      content: { [JSON_TYPE]: { schema: MintedShape, example: { token: tokenExample, secret: null } } },
    },
    201: {
      description: 'The token, and what it says.',
      headers: ['location'],
      content: {
        [JSON_TYPE]: {
          schema: MintedShape,
          example: { token: tokenExample, secret: 'postseal_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG' },
        },
      },
    },
  },
  problems: ['exists'],
  handle({ tokens, now }, { caller, query, body }): Answer {
    const at = now();
    const wanted = readNewToken(body, at);
    if (!wanted.ok) return problem('flawed', { detail: 'No token was created.', errors: wanted.flaws });
    const secret = mintToken();
    const token = keptToken(secret, wanted.value, actorOf(caller).name, at);
    if (query.dry_run === true) return ok({ token: tellToken(token), secret: null });
    const after = JSON.stringify({ scope: token.scope, only: token.only ?? null });
    const entry = { at, by: actorOf(caller), domain: undefined, before: undefined, after };
    if (!tokens.add(token, { ...entry, action: 'token.create', cause: token.name })) {
      return problem('exists', {
        detail: 'A token had this name already. Choose another: none is used twice.',
      });
    }
    const headers = { location: `/api/v1/tokens/${token.id}` };
    return { status: 201, headers, body: { token: tellToken(token), secret } };
  },
});

export const getToken = endpoint({
  ...common,
  id: 'getToken',
  method: 'GET',
  path: '/tokens/{id}',
  summary: 'Look at a token',
  query: NoQuery,
  answers: { 200: oneToken('The token, without what it says.') },
  handle({ tokens }, { path: { id = '' } }) {
    const token = tokens.find(id);
    return token === undefined ? notFound('token') : ok(tellToken(token));
  },
});

export const revokeToken = endpoint({
  ...common,
  id: 'revokeToken',
  method: 'DELETE',
  path: '/tokens/{id}',
  summary: 'Revoke a token',
  description:
    'It is good for nothing from this moment on. It stays in the list, and its name is not given again.',
  query: ChangeQuery,
  answers: { 200: oneToken('The token, revoked; or, with dry_run, as it is.') },
  handle({ tokens, now }, { caller, query, path: { id = '' } }) {
    const token = tokens.find(id);
    if (token === undefined) return notFound('token');
    if (query.dry_run === true) return ok(tellToken(token));
    const at = now();
    const entry = { at, by: actorOf(caller), domain: undefined, before: undefined, after: undefined };
    tokens.revoke(id, at, { ...entry, action: 'token.revoke', cause: token.name });
    return ok(tellToken(tokens.find(id) ?? token));
  },
});

export function tellToken({ id, name, scope, only, createdBy, ...times }: Token) {
  return {
    ...{ id, name, scope, only: only ?? null },
    created_at: iso(times.createdAt),
    created_by: createdBy,
    expires_at: isoOrNull(times.expiresAt),
    last_used_at: isoOrNull(times.lastUsedAt),
    revoked_at: isoOrNull(times.revokedAt),
  };
}

type WantedToken = Pick<Token, 'name' | 'scope' | 'only' | 'expiresAt'>;

/** A new token, or every flaw of what was asked for. */
export function readNewToken(body: Type.Static<typeof NewTokenShape>, now: number): Parsed<WantedToken> {
  const { name, scope, expires_at } = body;
  const only = readOnly(body.only);
  const expiresAt = expires_at === undefined ? undefined : Date.parse(expires_at);
  const flaws: Flaw[] = only.ok ? [] : [...only.flaws];
  if (expiresAt !== undefined && !(expiresAt > now)) {
    const remedy = 'Write a time that is yet to come, such as 2027-11-22T00:00:00Z, or leave it out';
    flaws.push({ path: 'expires_at', message: 'It would have expired already', remedy });
  }
  if (body.only !== undefined && scope === 'admin') {
    const remedy = 'Make it an operator, or leave "only" out';
    flaws.push({ path: 'only', message: 'An admin is not bound to some tenants', remedy });
  }
  return flaws.length > 0 || !only.ok
    ? flawed(...flaws)
    : parsed({ name, scope, only: only.value, expiresAt });
}

function readOnly(only: Type.Static<typeof NewTokenShape>['only']): Parsed<TenantScope | undefined> {
  if (only === undefined) return parsed(undefined);
  const { domains = [], labels = {} } = only;
  const found = domains.map(parsePolicyDomain);
  const flaws = found.flatMap((domain, index) =>
    domain.ok ? [] : domain.flaws.map((flaw) => ({ ...flaw, path: `only.domains[${index}]` })),
  );
  if (flaws.length > 0) return flawed(...flaws);
  if (found.length === 0 && Object.keys(labels).length === 0) {
    const remedy = 'Name domains or labels, or leave "only" out for a token that sees all';
    return flawed({ path: 'only', message: 'The token would see no tenant', remedy });
  }
  return parsed({ domains: found.flatMap((domain) => (domain.ok ? domain.value : [])), labels });
}

/** A new token as it is kept. */
export function keptToken(secret: string, wanted: WantedToken, createdBy: string, at: number): KeptToken {
  const hash = tokenHash(secret);
  const created = { createdAt: at, createdBy };
  return { ...wanted, ...created, id: tokenId(hash), hash, lastUsedAt: undefined, revokedAt: undefined };
}
