import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { covers } from '../../src/access/scope.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { StateFileError } from '../../src/store/files/state-error.ts';
import { type Claim, ownerOf } from '../../src/tenant/claim.ts';
import type {
  Actor,
  Edit,
  EditOutcome,
  EditRequest,
  Effect,
  TenantDesk,
  TenantQuery,
  TenantSummary,
  TenantView,
  WrittenDocument,
} from '../../src/tenant/desk.ts';
import { readDocument } from '../../src/tenant/document.ts';
import { type Plan, pastOf, planMx } from '../../src/tenant/plan.ts';
import { accept, type Revision } from '../../src/tenant/revision.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';

interface Kept {
  readonly tenant: Tenant;
  readonly revisions: readonly Revision[];
  readonly text: string;
}

/** A desk whose tenants stand nowhere but in memory, and are decided on as any others. */
export class MemoryDesk implements TenantDesk {
  readonly #tenants = new Map<Hostname, Kept>();
  /** Where set, nothing can be written. */
  isFull = false;
  /** Where set, nothing can be read. */
  isBroken = false;
  /** Each is proven as soon as somebody asks. */
  readonly claimed: Claim[] = [];

  /** As by hand, in the file. */
  async byHand(domain: Hostname, policy: object): Promise<void> {
    await this.edit({ domain, edit: { do: 'replace', policy }, by: { name: 'file', address: '' } });
  }

  revisions(domain: Hostname): readonly Revision[] {
    this.#read();
    return this.#tenants.get(domain)?.revisions ?? [];
  }

  #read(): void {
    if (this.isBroken) throw new StateFileError('The state file is damaged', 'Restore it from a backup');
  }

  view(domain: Hostname): TenantView | undefined {
    this.#read();
    const kept = this.#tenants.get(domain);
    const newest = kept?.revisions.at(-1);
    if (kept === undefined || newest === undefined) return undefined;
    const { tenant, text } = kept;
    const { policy, labels } = tenant;
    return {
      ...{ domain, policy, labels, newest, mode: policy.mode, max_age: policy.max_age },
      ...{ revision: newest.number, id: newest.id, at: newest.at, stage: 'serving', flaws: [] },
      document: this.document(domain),
      etag: etagOf(text),
    };
  }

  async plan(domain: Hostname, wanted: readonly Hostname[]): Promise<Plan | undefined> {
    const tenant = this.view(domain);
    if (tenant === undefined) return undefined;
    const serving = { mode: tenant.mode, max_age: tenant.max_age, from: tenant.at, until: undefined };
    const past = pastOf([tenant.newest], [serving]);
    return planMx({ past, wanted, present: [], now: Date.now(), ttl: 300, mxTtl: 300 });
  }

  claims({ only }: Actor): readonly Claim[] {
    this.#read();
    return this.claimed.filter(({ owner }) => only === undefined || owner === ownerOf(only));
  }

  async prove(domain: Hostname, by: Actor): Promise<EditOutcome> {
    const claim = this.claims(by).find((one) => one.domain === domain);
    if (claim === undefined) return { outcome: 'not-found' };
    return this.edit({ domain, edit: { do: 'create', ...claim.wanted }, by });
  }

  withdraw(domain: Hostname, by: Actor): boolean {
    const claim = this.claims(by).find((one) => one.domain === domain);
    return claim !== undefined && this.claimed.splice(this.claimed.indexOf(claim), 1).length > 0;
  }

  list({ after, limit, name = '', mode, stage, labels = {}, only }: TenantQuery): readonly TenantSummary[] {
    this.#read();
    const all = [...this.#tenants.keys()].sort().flatMap((domain) => this.view(domain) ?? []);
    return all
      .filter(({ domain }) => domain > after && domain.includes(name))
      .filter((one) => mode === undefined || one.mode === mode)
      .filter((one) => stage === undefined || one.stage === stage)
      .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
      .filter((one) => only === undefined || covers(only, one))
      .slice(0, limit);
  }

  document(domain: Hostname): WrittenDocument | undefined {
    const text = this.#tenants.get(domain)?.text;
    return text === undefined ? undefined : { file: `${domain}.yaml`, text, etag: etagOf(text) };
  }

  async *editAll(
    requests: Iterable<EditRequest> | AsyncIterable<EditRequest>,
  ): AsyncGenerator<EditOutcome, void> {
    for await (const request of requests) yield await this.edit(request);
  }

  async edit({ domain, edit, by, ifMatch, dryRun }: EditRequest): Promise<EditOutcome> {
    const kept = this.#tenants.get(domain);
    if (edit.do === 'create' && kept !== undefined) {
      return { outcome: 'exists', etag: etagOf(kept.text), isSame: kept.text === textOf(domain, edit, kept) };
    }
    if (edit.do !== 'create' && kept === undefined) return { outcome: 'not-found' };
    const written = writtenBy(edit, kept);
    const tenant = readDocument({ domain, ...written }, domain);
    if (!tenant.ok) return { outcome: 'flawed', flaws: tenant.flaws };
    const text = textOf(domain, edit, kept);
    if (kept !== undefined && ifMatch !== undefined && ifMatch !== etagOf(kept.text)) {
      return { outcome: 'conflict', etag: etagOf(kept.text), yours: text, theirs: kept.text };
    }
    if (this.isFull) return { outcome: 'unavailable', why: 'The disk is full', remedy: 'Make room on it' };
    const newest = kept?.revisions.at(-1);
    const change = { now: Date.now(), actor: by.name, address: by.address, cause: `tenant ${edit.do}` };
    const accepted = accept(tenant.value.policy, { newest, served: newest !== undefined }, change);
    if (accepted.outcome === 'refused') return { outcome: 'flawed', flaws: accepted.flaws };
    const revision = accepted.outcome === 'revised' ? accepted.revision : undefined;
    const effect: Effect = {
      ...{ before: newest?.text, after: (revision ?? newest)?.text, diff: '', warnings: [], senders: [] },
      ...{ exposedUntil: undefined, id: revision?.id },
    };
    if (dryRun) return { outcome: 'would-do', effect };
    if (edit.do === 'remove') this.#tenants.delete(domain);
    else {
      const revisions = [...(kept?.revisions ?? []), ...(revision === undefined ? [] : [revision])];
      this.#tenants.set(domain, { tenant: tenant.value, revisions, text });
    }
    return { outcome: 'done', tenant: this.view(domain), effect, revision };
  }
}

function textOf(domain: Hostname, edit: Edit, kept: Kept | undefined): string {
  return `${JSON.stringify({ domain, ...writtenBy(edit, kept) })}\n`;
}

function writtenBy(edit: Edit, kept: Kept | undefined) {
  const { mode = 'none', max_age, mx } = kept?.tenant.policy ?? {};
  const labels = kept?.tenant.labels;
  switch (edit.do) {
    case 'create':
      return { policy: edit.policy, ...(edit.labels !== undefined && { labels: edit.labels }) };
    case 'write':
      return parse(edit.text) as { policy: unknown; labels?: unknown };
    case 'replace':
      return { policy: edit.policy, labels: edit.labels ?? labels };
    case 'roll-back': {
      const lines = (kept?.revisions[edit.to - 1]?.text ?? '').split('\r\n').map((line) => line.split(': '));
      const values = (name: string) => lines.flatMap(([key, value]) => (key === name ? [value] : []));
      const [found] = values('mode');
      return { policy: { mode: found, max_age: Number(values('max_age')[0]), mx: values('mx') }, labels };
    }
    case 'leave':
      return { policy: { mode: 'none', max_age: 86400 }, labels };
    case 'remove':
      return { policy: { mode, max_age, mx }, labels };
  }
}

function etagOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
