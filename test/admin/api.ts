import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Test } from 'tap';
import { type KeptToken, tokenHash, tokenId } from '../../src/access/token.ts';
import { Listeners } from '../../src/admin/listeners.ts';
import type { CertificateDesk, Parts } from '../../src/admin/parts.ts';
import { createAdminServers } from '../../src/admin/server.ts';
import { Happenings } from '../../src/app/operations/happenings.ts';
import { Adopting } from '../../src/app/tenants/adopting.ts';
import { openPublicDns } from '../../src/checks/public-dns.ts';
import { type Hostname, policyHost } from '../../src/names/hostname.ts';
import { openAccess } from '../../src/store/files/access-file.ts';
import type { Publication } from '../../src/tenant/publication.ts';
import { type RecordScheme, tenantRecords } from '../../src/tenant/records.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { MemoryDesk } from './memory-desk.ts';

export const ADMIN = `postseal_${'a'.repeat(43)}`;

const SCHEME: RecordScheme = { serviceName: 'sts.example.net', zone: undefined, reports: [], ttl: 300 };

export const policy = { mode: 'testing', max_age: 604800, mx: ['mail.example.com'] };

export interface ApiOptions {
  readonly perMinute?: number;
  readonly proxies?: readonly string[];
  /** Neither the state file nor the desk can be read. */
  readonly isBroken?: boolean;
}

/** The admin API over a desk in memory and a real state file; nothing listens. */
export class Api {
  readonly desk = new MemoryDesk();
  readonly folder: string;
  readonly access;
  readonly happenings: Happenings;
  readonly publications = new Map<string, Publication>();
  readonly certificates: CertificateDesk & { isHere: boolean } = {
    isHere: true,
    state: (domain) => ({
      ...{
        host: policyHost(domain),
        state: 'none',
        issuer: undefined,
        notAfter: undefined,
        renewAt: undefined,
      },
      ...{ why: 'It leads elsewhere', remedy: 'Set the record' },
    }),
    renew: () => (this.certificates.isHere ? 'asked' : 'not-here'),
  };
  /** Nobody can be looked at from here: it takes what it is told. */
  readonly adoption = new Adopting({
    desk: this.desk,
    store: new MemoryStore(),
    look: {
      dns: openPublicDns({ servers: ['127.0.0.1:1'], timeout: 100 }),
      policyOf: async () => ({ found: 'nothing', why: 'nobody looks' }),
    },
    scheme: SCHEME,
    isIssuing: true,
    now: Date.now,
  });
  readonly server: FastifyInstance;
  readonly log: object[] = [];
  readonly ending = new AbortController();
  /** Milliseconds by which its clock is ahead of the machine's. */
  ahead = 0;

  constructor(t: Test, { perMinute = 1_000_000, proxies = [], isBroken = false }: ApiOptions = {}) {
    this.folder = temporaryFolder(t);
    const { folder } = this;
    if (isBroken) writeFileSync(join(folder, 'state.sqlite'), 'nonsense'.repeat(1000));
    this.desk.isBroken = isBroken;
    this.access = openAccess(folder);
    const clock = () => Date.now() + this.ahead;
    const log = { error: (line: object) => this.log.push(line), warn: (line: object) => this.log.push(line) };
    this.happenings = new Happenings({ store: this.access.happenings, log, now: clock });
    const parts: Parts = {
      ...this.access,
      desk: this.desk,
      adoption: this.adoption,
      history: this.desk,
      certificates: this.certificates,
      publication: (domain) => this.desk.view(domain) && this.publications.get(domain),
      records: (domain) => ({ domain, records: tenantRecords(domain, SCHEME, undefined), ttl: SCHEME.ttl }),
      listen: (heard) => this.happenings.listen(heard),
      listeners: new Listeners(),
      now: clock,
    };
    const { ending } = this;
    const configured = configuredToken();
    const [server] = createAdminServers(1, {
      ...{ parts, configured, perMinute, proxies, log, ending: ending.signal },
    });
    if (server === undefined) throw new Error('There is no server');
    this.server = server;
    t.teardown(async () => {
      ending.abort();
      await this.server.close();
      this.access.close();
    });
  }

  /** Asks with the first admin's token, or with another one, or with none (`''`). */
  ask(
    method: NonNullable<InjectOptions['method']>,
    path: string,
    { token = ADMIN, body, ...options }: Asking = {},
  ): Promise<LightMyRequestResponse> {
    const authorization = token === '' ? {} : { authorization: `Bearer ${token}` };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { ...authorization, ...type, ...options.headers };
    const payload = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    return this.server.inject({
      ...{ method, url: path.startsWith('/api/') ? path : `/api/v1${path}`, headers },
      ...(payload !== undefined && { payload }),
      ...(options.address !== undefined && { remoteAddress: options.address }),
    });
  }

  /** Creates a token. @returns what it says. */
  async token(name: string, scope: string, only?: object): Promise<string> {
    const answer = await this.ask('POST', '/tokens', { body: { name, scope, ...(only && { only }) } });
    return answer.json<{ secret: string }>().secret;
  }

  /** Creates a tenant. @returns its tag, as a header has it. */
  async tenant(domain: string, labels: object = {}): Promise<string> {
    const answer = await this.ask('POST', '/tenants', { body: { domain, policy, labels } });
    return String(answer.headers.etag);
  }
}

export interface Asking {
  readonly token?: string;
  /** A value for JSON, or text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly address?: string;
}

function configuredToken(): KeptToken {
  const hash = tokenHash(ADMIN);
  return {
    ...{ id: tokenId(hash), hash, name: 'configured', scope: 'admin', only: undefined, createdAt: 0 },
    ...{ createdBy: 'configuration', expiresAt: undefined, lastUsedAt: undefined, revokedAt: undefined },
  };
}

export function hostname(text: string): Hostname {
  return text as Hostname;
}
