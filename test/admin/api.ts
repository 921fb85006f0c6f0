import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Test } from 'tap';
import { type KeptToken, tokenHash, tokenId } from '../../src/access/token.ts';
import type { Parts } from '../../src/admin/parts.ts';
import { createAdminServer } from '../../src/admin/server.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { openAccess } from '../../src/store/files/access-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { MemoryDesk } from './memory-desk.ts';

export const ADMIN = `postseal_${'a'.repeat(43)}`;

export const policy = { mode: 'testing', max_age: 604800, mx: ['mail.example.com'] };

export interface ApiOptions {
  readonly perMinute?: number;
  readonly proxies?: readonly string[];
}

/** The admin API over a desk in memory and a real state file; nothing listens. */
export class Api {
  readonly desk = new MemoryDesk();
  readonly access;
  readonly server: FastifyInstance;
  readonly log: object[] = [];
  /** Milliseconds by which its clock is ahead of the machine's. */
  ahead = 0;

  constructor(t: Test, { perMinute = 1_000_000, proxies = [] }: ApiOptions = {}) {
    this.access = openAccess(temporaryFolder(t));
    const parts: Parts = {
      ...this.access,
      desk: this.desk,
      history: this.desk,
      publication: () => undefined,
      records: () => [],
      now: () => Date.now() + this.ahead,
    };
    const ending = new AbortController();
    const log = { error: (line: object) => this.log.push(line), warn: (line: object) => this.log.push(line) };
    const configured = configuredToken();
    this.server = createAdminServer({
      ...{ parts, configured, perMinute, proxies, log, ending: ending.signal },
    });
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
  readonly headers?: Readonly<Record<string, string>>;
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
