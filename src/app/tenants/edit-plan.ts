import { isUtf8 } from 'node:buffer';
import { type Flaw, flawed, type Parsed } from '../../flaws/flaw.ts';
import type { Hostname } from '../../names/hostname.ts';
import { parsePolicyText } from '../../policy/text.ts';
import { digestOf } from '../../store/files/digest.ts';
import { editDocument, newDocument, openingComments } from '../../store/files/document-edit.ts';
import { likelyFiles, understand } from '../../store/files/document-folder.ts';
import type { Edit, EditOutcome, EditRequest } from '../../tenant/desk.ts';
import { readDocument } from '../../tenant/document.ts';
import type { Serving } from '../../tenant/exposure.ts';
import { accept, type Change, type Revision, type Standing } from '../../tenant/revision.ts';
import type { Tenant } from '../../tenant/tenant.ts';

/** All that an edit is decided from. */
export interface Situation {
  /** The files that stand for the domain now. */
  readonly documents: readonly FoundDocument[];
  readonly standing: Standing;
  /** What the last good document had. */
  readonly labels: Tenant['labels'];
  readonly servings: readonly Serving[];
  /** Oldest first, as the servings. */
  readonly revisions: readonly Revision[];
  readonly now: number;
}

export interface FoundDocument {
  readonly file: string;
  readonly bytes: Buffer;
}

/** What is to be done about the documents of a domain. */
export interface EditPlan {
  readonly domain: Hostname;
  /** The one that is written. */
  readonly file: string;
  /** What is there now. */
  readonly expected: Buffer | undefined;
  /** What is to be there; undefined where no document is to be left. */
  readonly text: string | undefined;
  readonly tenant: Tenant | undefined;
  /** The revision that it would be now; undefined where the served bytes stay the same. */
  readonly revision: Revision | undefined;
  readonly change: Change;
  /** The document is to be removed once it is served by all. */
  readonly leaves: boolean;
  readonly situation: Situation;
}

export type Planned = { readonly outcome: 'planned'; readonly plan: EditPlan } | EditOutcome;

/** The etag of a tenant whose document is gone. */
export const GONE = 'gone';

// RFC 8461 section 8.3: "a very small max_age (e.g., one day)".
const LEAVING_MAX_AGE = 86_400;

/** Decides what an edit writes, or why it can't be made. */
export function planEdit(request: EditRequest, situation: Situation): Planned {
  const { domain, edit, ifMatch } = request;
  const { documents, standing } = situation;
  if (documents.length > 1) return { outcome: 'flawed', flaws: [severalFiles(documents)] };
  const [document] = documents;
  const isThere = document !== undefined || standing.served;
  if (edit.do === 'create' && isThere) return existing(request, edit, document);
  if (edit.do !== 'create' && !isThere) return { outcome: 'not-found' };
  const etag = document === undefined ? GONE : digestOf(document.bytes);
  const written = writtenText(edit, domain, situation);
  if (!written.ok) return { outcome: 'flawed', flaws: written.flaws };
  if (ifMatch !== undefined && ifMatch !== etag) {
    const theirs = document?.bytes.toString();
    return { outcome: 'conflict', etag: document && etag, yours: written.value?.text ?? '', theirs };
  }
  return planned(request, situation, written.value);
}

interface Written {
  readonly text: string;
  readonly tenant: Tenant;
}

function planned(request: EditRequest, situation: Situation, written: Written | undefined): Planned {
  const { domain, edit, by } = request;
  const { documents, standing, now } = situation;
  const cause = request.cause ?? causeOf(edit);
  const change = { now, actor: by.name, address: by.address, cause };
  const acceptance = written && accept(written.tenant.policy, standing, change);
  if (acceptance?.outcome === 'refused') return { outcome: 'flawed', flaws: acceptance.flaws };
  const plan: EditPlan = {
    domain,
    file: documents[0]?.file ?? likelyFiles(domain)[0] ?? '',
    expected: documents[0]?.bytes,
    text: written?.text,
    tenant: written?.tenant,
    revision: acceptance?.outcome === 'revised' ? acceptance.revision : undefined,
    change,
    leaves: edit.do === 'leave',
    situation,
  };
  return { outcome: 'planned', plan };
}

function existing(
  { domain }: EditRequest,
  edit: Extract<Edit, { do: 'create' }>,
  document: FoundDocument | undefined,
): EditOutcome {
  if (document === undefined) return { outcome: 'exists', etag: GONE, isSame: false };
  const wanted = wantedTenant(edit, domain, {});
  const present = understand(document.bytes, domain);
  const isSame = wanted.ok && present.ok && means(present.value, wanted.value);
  return { outcome: 'exists', etag: digestOf(document.bytes), isSame };
}

/** The document as the edit leaves it; undefined where it leaves none. */
function writtenText(edit: Edit, domain: Hostname, situation: Situation): Parsed<Written | undefined> {
  if (edit.do === 'remove') return { ok: true, value: undefined };
  if (edit.do === 'write') {
    const tenant = understand(Buffer.from(edit.text), domain);
    return tenant.ok ? { ok: true, value: { text: edit.text, tenant: tenant.value } } : tenant;
  }
  const tenant = wanted(edit, domain, situation);
  if (!tenant.ok) return tenant;
  return { ok: true, value: { text: textFor(tenant.value, situation.documents[0]), tenant: tenant.value } };
}

function wanted(
  edit: Exclude<Edit, { do: 'remove' | 'write' }>,
  domain: Hostname,
  situation: Situation,
): Parsed<Tenant> {
  const labels = presentLabels(domain, situation);
  switch (edit.do) {
    case 'create':
    case 'replace':
      return wantedTenant(edit, domain, labels);
    case 'roll-back': {
      const revision = situation.revisions.find(({ number }) => number === edit.to);
      return revision === undefined ? flawed(noRevision(edit.to)) : withPolicyOf(revision, domain, labels);
    }
    case 'leave': {
      const { newest } = situation.standing;
      // A document that was never served protects nobody, and can be removed.
      if (newest === undefined || !situation.standing.served) return flawed(NEVER_SERVED);
      const tenant = withPolicyOf(newest, domain, labels);
      if (!tenant.ok) return tenant;
      const max_age = Math.min(tenant.value.policy.max_age, LEAVING_MAX_AGE);
      const policy = { ...tenant.value.policy, mode: 'none' as const, max_age };
      return { ok: true, value: { ...tenant.value, policy } };
    }
  }
}

function wantedTenant(
  written: { readonly policy: unknown; readonly labels?: unknown },
  domain: Hostname,
  labels: Tenant['labels'],
): Parsed<Tenant> {
  return readDocument({ domain, policy: written.policy, labels: written.labels ?? labels }, domain);
}

function withPolicyOf(revision: Revision, domain: Hostname, labels: Tenant['labels']): Parsed<Tenant> {
  const policy = parsePolicyText(revision.text);
  return policy.ok ? { ok: true, value: { domain, policy: policy.value, labels } } : policy;
}

function presentLabels(domain: Hostname, { documents, labels }: Situation): Tenant['labels'] {
  const [document] = documents;
  const present = document && understand(document.bytes, domain);
  return present?.ok ? present.value.labels : labels;
}

/** The document with what is wanted, as much of it as can be left as it is; one that can't be mended is written anew. */
function textFor(tenant: Tenant, document: FoundDocument | undefined): string {
  if (document === undefined || !isUtf8(document.bytes)) return newDocument(tenant);
  const text = document.bytes.toString();
  const edited = editDocument(text, tenant);
  if (edited !== undefined && isMeant(edited, tenant)) return edited;
  return openingComments(text) + newDocument(tenant);
}

function isMeant(text: string, tenant: Tenant): boolean {
  const found = understand(Buffer.from(text), tenant.domain);
  return found.ok && means(found.value, tenant);
}

function means(one: Tenant, two: Tenant): boolean {
  return (
    JSON.stringify([one.policy, sorted(one.labels)]) === JSON.stringify([two.policy, sorted(two.labels)])
  );
}

function sorted(labels: Tenant['labels']): readonly (readonly [string, string])[] {
  return Object.entries(labels).sort(([one], [two]) => (one < two ? -1 : 1));
}

function causeOf(edit: Edit): string {
  switch (edit.do) {
    case 'create':
      return 'tenant created';
    case 'replace':
    case 'write':
      return 'tenant changed';
    case 'roll-back':
      return `rolled back to revision ${edit.to}`;
    case 'leave':
      return 'tenant leaves';
    case 'remove':
      return 'tenant removed';
  }
}

function severalFiles(documents: readonly FoundDocument[]): Flaw {
  return {
    path: '',
    message: `Several files stand for the domain: ${documents.map(({ file }) => file).join(', ')}`,
    remedy: 'Remove all but one; until then the last good policy is served',
  };
}

function noRevision(number: number): Flaw {
  return { path: 'to', message: `There is no revision ${number}`, remedy: 'Look at the list of revisions' };
}

const NEVER_SERVED: Flaw = {
  path: '',
  message: 'No policy of this document was ever served, so that there is nothing to leave by',
  remedy: 'Remove it',
};
