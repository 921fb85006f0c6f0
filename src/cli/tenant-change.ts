import type { ApiClient, ApiRequest } from './api-client.ts';
import { askAtTerminal } from './asking.ts';
import { domainOf, openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import { printEffect } from './effect.ts';
import { type Following, follow } from './follow.ts';
import { readLabels } from './label-option.ts';
import { print, printJson } from './printing.ts';
import type { ToldChange, ToldPolicy, ToldTenant } from './told.ts';

/** What all commands that change a tenant take. */
export interface ChangeOptions {
  readonly dryRun?: boolean;
  /** Why, for the history. */
  readonly cause?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
}

export interface SetOptions extends ChangeOptions {
  readonly mode?: string;
  readonly maxAge?: number;
  readonly mx?: readonly string[];
  readonly label?: readonly string[];
  readonly unlabel?: readonly string[];
}

/** `postseal tenant set`: changes what is named and nothing else. */
export async function setTenant(name: string, options: SetOptions, session: Session): Promise<void> {
  const api = openClient(session);
  const domain = domainOf(name);
  const { value: tenant, etag } = await api.must<ToldTenant>('GET', tenantPath(domain));
  const body = { policy: policyOf(tenant.policy, options), ...labelsOf(tenant.labels, options) };
  const request = { body, ...(etag !== undefined && { ifMatch: etag }) };
  await change(api, { domain, method: 'PUT', path: tenantPath(domain), request }, options);
}

/** `postseal tenant rollback`: the policy of an earlier revision, under a new id. */
export async function rollBack(
  name: string,
  number: number,
  options: ChangeOptions,
  session: Session,
): Promise<void> {
  const api = openClient(session);
  const domain = domainOf(name);
  const { etag } = await api.must<ToldTenant>('GET', tenantPath(domain));
  const request = { body: { to: number }, ...(etag !== undefined && { ifMatch: etag }) };
  await change(api, { domain, method: 'POST', path: tenantPath(domain, '/rollback'), request }, options);
}

/** A change as it is sent. */
interface SentChange {
  readonly domain: string;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly request: ApiRequest;
}

/** Shows what a change would do, asks where somebody can be asked, makes it, and follows it where that is wanted. */
async function change(api: ApiClient, sent: SentChange, options: ChangeOptions): Promise<void> {
  const { domain, method, path, request } = sent;
  const { dryRun, yes, json, cause } = options;
  const isAsking = !yes && !json;
  const query = { ...request.query, cause };
  if (dryRun || isAsking) {
    const dry = { ...request, query: { ...query, dry_run: true } };
    const { value } = await api.must<ToldChange>(method, path, dry);
    if (dryRun && json) return printJson(value);
    printEffect(value.effect);
    if (dryRun) return;
    await askAtTerminal('Do this?', yes);
  }
  const { value } = await api.must<ToldChange>(method, path, { ...request, query });
  if (json) printJson(value);
  else tellChange(domain, value, !isAsking);
  await followed(api, domain, value, options);
}

/** Waits where that is wanted and there is something to wait for. */
async function followed(
  api: ApiClient,
  domain: string,
  { revision }: ToldChange,
  { wait, timeout }: Following,
): Promise<void> {
  if (wait && revision !== null) await follow(api, domain, { wait, timeout });
}

function tellChange(domain: string, { revision, effect }: ToldChange, isEffectNew: boolean): void {
  if (isEffectNew) printEffect(effect);
  if (revision === null) print(`${domain} is as it was for senders`);
  else print(`${domain} has revision ${revision.number} with the id ${revision.id}`);
}

function policyOf(policy: ToldPolicy, { mode, maxAge, mx }: SetOptions) {
  const changed = {
    ...policy,
    mode: mode ?? policy.mode,
    max_age: maxAge ?? policy.max_age,
    mx: mx ?? policy.mx,
  };
  // Mode none has none, unless they are named.
  return mode === 'none' && mx === undefined ? { ...changed, mx: [] } : changed;
}

function labelsOf(labels: Readonly<Record<string, string>>, { label = [], unlabel = [] }: SetOptions) {
  if (label.length + unlabel.length === 0) return {};
  const kept = Object.entries(labels).filter(([key]) => !unlabel.includes(key));
  return { labels: { ...Object.fromEntries(kept), ...readLabels(label) } };
}
