import Type from 'typebox';
import type { CertificateState } from '../../certs/certificate-state.ts';
import type { Publication } from '../../tenant/publication.ts';
import { formatRecords, RECORD_FORMATS } from '../../tenant/record-format.ts';
import { JSON_TYPE, ok } from '../answer.ts';
import { actorOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { certificateExample, publicationExample, recordsExample } from '../examples.ts';
import { notFound, problem } from '../problem.ts';
import { ChangeQuery, NoQuery } from '../shapes/paging.ts';
import { CertificateShape, PublicationShape, RecordsShape } from '../shapes/standing.ts';
import { iso, isoOrNull } from '../tell-tenant.ts';

const tag = 'tenants';
const TEXT = 'text/plain';

const RecordsQuery = Type.Object(
  {
    format: Type.Optional(
      Type.Enum([...RECORD_FORMATS], { description: `one of ${RECORD_FORMATS.join(', ')}; else by Accept` }),
    ),
  },
  { additionalProperties: false },
);

export const getRecords = endpoint({
  id: 'getRecords',
  tag,
  method: 'GET',
  path: '/tenants/{domain}/records',
  needs: 'viewer',
  summary: 'Look at the records that the tenant needs in DNS',
  query: RecordsQuery,
  answers: {
    200: {
      description: 'The records, as JSON or as the lines of a file.',
      content: {
        [JSON_TYPE]: { schema: RecordsShape, example: recordsExample },
        [TEXT]: {
          schema: Type.String(),
          example: 'mta-sts.example.com. IN CNAME sts.example.net.\n',
        },
      },
    },
  },
  handle({ desk, records }, { domain, query, type }) {
    if (desk.view(domain) === undefined) return notFound('tenant');
    const format = query.format ?? (type === TEXT ? 'zone' : 'json');
    const tenant = records(domain);
    if (format === 'json') return ok({ items: tenant.records });
    return { status: 200, type: TEXT, body: formatRecords([tenant], format, tenant.ttl) };
  },
});

export const getPublication = endpoint({
  id: 'getPublication',
  tag,
  method: 'GET',
  path: '/tenants/{domain}/publication',
  needs: 'viewer',
  summary: 'Look how far the newest revision has come',
  description:
    'accepted, then certified (its host has a certificate), serving (every worker answers with it), announced (its id is in DNS) and observed (we saw both from outside).',
  query: NoQuery,
  answers: {
    200: {
      description: 'The stage, and what the next one waits for.',
      content: { [JSON_TYPE]: { schema: PublicationShape, example: publicationExample } },
    },
  },
  handle({ publication }, { domain }) {
    const found = publication(domain);
    return found === undefined ? notFound('tenant') : ok(tellPublication(found));
  },
});

const certificate = (description: string) => ({
  description,
  content: { [JSON_TYPE]: { schema: CertificateShape, example: certificateExample } },
});

export const getCertificate = endpoint({
  id: 'getCertificate',
  tag,
  method: 'GET',
  path: '/tenants/{domain}/certificate',
  needs: 'viewer',
  summary: "Look at the certificate of the tenant's policy host",
  query: NoQuery,
  answers: { 200: certificate('Its state, and what is wrong.') },
  handle({ desk, certificates }, { domain }) {
    if (desk.view(domain) === undefined) return notFound('tenant');
    return ok(tellCertificate(certificates.state(domain)));
  },
});

export const renewCertificate = endpoint({
  id: 'renewCertificate',
  tag,
  method: 'POST',
  path: '/tenants/{domain}/certificate/renew',
  needs: 'operator',
  summary: 'Ask for a new certificate now',
  description: 'Whatever pauses are of our own making; the limits of the CA stand.',
  query: ChangeQuery,
  answers: {
    200: certificate('The state as it is (dry_run).'),
    202: certificate('It is asked for; events tell what comes of it.'),
  },
  problems: ['not-here'],
  handle({ desk, certificates, audit, now }, { caller, domain, query }) {
    if (desk.view(domain) === undefined) return notFound('tenant');
    if (query.dry_run === true) return ok(tellCertificate(certificates.state(domain)));
    if (certificates.renew(domain) === 'not-here') {
      const detail =
        'No CA is set (acme.directory): certificates come from their folder, or from the local CA.';
      return problem('not-here', { detail });
    }
    const entry = { at: now(), by: actorOf(caller), domain, before: undefined, after: undefined };
    audit.append({ ...entry, action: 'certificate.renew', cause: 'asked for' });
    return { status: 202, body: tellCertificate(certificates.state(domain)) };
  },
});

function tellCertificate({ host, state, issuer, notAfter, renewAt, why, remedy }: CertificateState) {
  const times = { not_after: isoOrNull(notAfter), renew_at: isoOrNull(renewAt) };
  return { host, state, issuer: issuer ?? null, ...times, why, remedy };
}

function tellPublication({ number, id, stage, reached, waiting }: Publication) {
  const times = Object.entries(reached).map(([name, at]) => [name, iso(at)] as const);
  const told = waiting && { ...waiting, since: iso(waiting.since), next: iso(waiting.next) };
  return { number, id, stage, reached: Object.fromEntries(times), waiting: told ?? null };
}
