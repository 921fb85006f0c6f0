import type { Scope } from '../access/scope.ts';
import { openClient } from './client.ts';
import { loadAccess, type Session } from './config.ts';
import { readLabels } from './label-option.ts';
import { timeCell } from './looks.ts';
import { CommandFailure, EXIT, print, printJson, tell } from './printing.ts';
import type { Column, Row } from './table.ts';
import { isTerminal, printList } from './terminal.ts';
import type { MintedToken, ToldToken } from './told.ts';

export interface NewTokenOptions {
  readonly scope: Scope;
  readonly domain?: string[];
  readonly label?: string[];
  readonly expires?: string;
  readonly local?: boolean;
  readonly json?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'NAME' },
  { title: 'SCOPE' },
  { title: 'ONLY', least: 8, drop: 2 },
  { title: 'STATE' },
  { title: 'CREATED', drop: 3 },
  { title: 'LAST USED', drop: 1 },
];

/** `postseal token create`: prints what the token says, once and never again. */
export async function createToken(name: string, options: NewTokenOptions, session: Session): Promise<void> {
  const { scope, domain: domains, label, expires, local, json } = options;
  const only =
    domains === undefined && label === undefined
      ? undefined
      : { ...(domains && { domains }), ...(label && { labels: readLabels(label) }) };
  const expiry = expires === undefined ? undefined : expiryOf(expires, Date.now());
  const body = { name, scope, ...(only && { only }), ...(expiry !== undefined && { expires_at: expiry }) };
  const minted = local ? await createdLocally(body, session) : await created(body, session);
  if (json) return printJson(minted);
  tell(`The token ${name} (${scope}). What it says is shown this once:`);
  print(minted.secret ?? '');
}

async function createdLocally(body: Parameters<Local['createLocally']>[0], session: Session) {
  const { createLocally } = await import('./token-local.ts');
  return createLocally(body, loadAccess(session).config);
}

type Local = typeof import('./token-local.ts');

async function created(body: object, session: Session): Promise<MintedToken> {
  const { value } = await openClient(session).must<MintedToken>('POST', '/tokens', { body });
  return value;
}

const DAY = 86_400_000;

/** A time, or a number of days from now: `90d`. */
function expiryOf(text: string, now: number): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  if (days !== undefined) return new Date(now + Number(days) * DAY).toISOString();
  if (Number.isNaN(Date.parse(text))) {
    const remedy = 'Write a number of days such as 90d, or a time such as 2027-11-22T00:00:00Z';
    throw new CommandFailure(`${text} is no time`, remedy, EXIT.usage);
  }
  return new Date(text).toISOString();
}

/** `postseal token list`: all that there ever were, without what they say. */
export async function listTokens({ json }: { json?: boolean }, session: Session): Promise<void> {
  const items: ToldToken[] = [];
  for await (const token of openClient(session).items<ToldToken>('/tokens')) items.push(token);
  if (json) printJson({ items });
  else
    printList(
      COLUMNS,
      items.map((token) => rowOf(token, Date.now(), isTerminal())),
    );
}

/** `postseal token revoke`: by its name or its id; it is good for nothing from then on. */
export async function revokeToken(
  nameOrId: string,
  { json }: { json?: boolean },
  session: Session,
): Promise<void> {
  const api = openClient(session);
  for await (const { id, name } of api.items<ToldToken>('/tokens')) {
    if (name !== nameOrId && id !== nameOrId) continue;
    const { value } = await api.must<ToldToken>('DELETE', `/tokens/${id}`);
    if (json) printJson(value);
    else print(`${name} is revoked`);
    return;
  }
  throw new CommandFailure(
    `There is no token ${nameOrId}`,
    'Look at the names: postseal token list',
    EXIT.notFound,
  );
}

function rowOf(token: ToldToken, now: number, isForPeople: boolean): Row {
  const { id, name, scope, only, created_at, last_used_at } = token;
  const labels = Object.entries(only?.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    cells: [
      { text: id, style: 'dim' },
      { text: name },
      { text: scope },
      { text: only === null ? 'all tenants' : [...only.domains, ...labels].join(' ') },
      stateOf(token, now),
      timeCell(created_at, now, isForPeople),
      timeCell(last_used_at, now, isForPeople),
    ],
  };
}

function stateOf({ revoked_at, expires_at }: ToldToken, now: number): Row['cells'][number] {
  if (revoked_at !== null) return { text: 'revoked', style: 'dim' };
  if (expires_at !== null && Date.parse(expires_at) <= now) return { text: 'expired', style: 'dim' };
  return { text: 'good', style: 'green' };
}
