import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { type KeptToken, tokenHash, tokenId } from '../access/token.ts';
import { Listeners } from '../admin/listeners.ts';
import { mintToken } from '../admin/mint.ts';
import type { CertificateDesk, Parts } from '../admin/parts.ts';
import { createAdminServers } from '../admin/server.ts';
import { ListenError } from '../edge/listeners.ts';
import type { ListenAddress } from '../edge/messages.ts';
import type { AccessFile } from '../store/files/access-file.ts';
import type { AdoptionDesk } from '../tenant/adopting.ts';
import type { TenantDesk } from '../tenant/desk.ts';
import { tenantRecords } from '../tenant/records.ts';
import type { TenantStore } from '../tenant/store.ts';
import type { Config } from './config/config.ts';
import { schemeOf } from './config/scheme.ts';
import { Secret } from './config/secret.ts';
import type { Happenings } from './operations/happenings.ts';
import type { Publications } from './publications/publications.ts';

export interface AdminOptions {
  readonly config: Config;
  readonly access: AccessFile;
  readonly happenings: Happenings;
  readonly desk: TenantDesk;
  readonly adoption: AdoptionDesk;
  readonly store: TenantStore;
  readonly certificates: CertificateDesk;
  readonly publications: Pick<Publications, 'due'>;
  readonly log: Logger;
  now(): number;
}

export interface Admin {
  /** Throws a {@link ListenError} where it can't. */
  listen(): Promise<readonly ListenAddress[]>;
  /** A token of scope admin, made where nobody could come in else: none was ever made, and none is configured. */
  firstToken(): Secret | undefined;
  /** Stops accepting, lets what is under way come to its end for a while, and ends the rest. */
  close(): Promise<void>;
}

// How long requests that are under way may take at the end, in milliseconds.
const PATIENCE = 5_000;

/** The admin API, with a listener for each of its addresses. */
export function openAdmin(options: AdminOptions): Admin {
  const { config, log } = options;
  const addresses = config.listen.admin;
  const ending = new AbortController();
  const servers = createAdminServers(addresses.length, {
    parts: partsOf(options),
    configured: configuredToken(config.admin.token),
    perMinute: config.limits.requests,
    proxies: config.admin.proxies,
    ending: ending.signal,
    log,
  });
  let listening: Promise<unknown> = Promise.resolve();
  return {
    listen: () => {
      const all = Promise.all(addresses.map((address, index) => listen(servers[index], address)));
      listening = all.catch(() => undefined);
      return all;
    },
    firstToken: () => (addresses.length > 0 ? makeFirstToken(options) : undefined),
    close: async () => {
      ending.abort();
      // A server that is closed while it begins to listen would never be closed.
      await listening;
      const cut = setTimeout(() => {
        for (const { server } of servers) server.closeAllConnections();
      }, PATIENCE);
      await Promise.all(servers.map((server) => server.close()));
      clearTimeout(cut);
    },
  };
}

function partsOf(options: AdminOptions): Parts {
  const { config, access, happenings, desk, adoption, store, certificates, publications, now } = options;
  const scheme = schemeOf(config);
  return {
    ...access,
    desk,
    adoption,
    history: store,
    certificates,
    records: (domain) => {
      const records = tenantRecords(domain, scheme, publications.due(domain));
      return { domain, records, ttl: scheme.ttl };
    },
    listen: (heard) => happenings.listen(heard),
    listeners: new Listeners(),
    now,
  };
}

/** The token of the configuration, which is kept nowhere else and so is gone when it is taken out there. */
function configuredToken(secret: Secret | undefined): KeptToken | undefined {
  return (
    secret && adminToken(secret.reveal(), { name: 'configured', createdBy: 'configuration', createdAt: 0 })
  );
}

function adminToken(text: string, created: Pick<KeptToken, 'name' | 'createdBy' | 'createdAt'>): KeptToken {
  const hash = tokenHash(text);
  const rest = { only: undefined, expiresAt: undefined, lastUsedAt: undefined, revokedAt: undefined };
  return { ...created, ...rest, id: tokenId(hash), hash, scope: 'admin' };
}

function makeFirstToken({ config, access, log, now }: AdminOptions): Secret | undefined {
  if (config.admin.token !== undefined) return undefined;
  try {
    if (!access.tokens.isEmpty()) return undefined;
    const text = mintToken();
    const at = now();
    const token = adminToken(text, { name: 'first', createdBy: 'start', createdAt: at });
    const by = { name: 'start', address: '' };
    const entry = { at, by, action: 'token.create', domain: undefined, before: undefined, after: undefined };
    return access.tokens.add(token, { ...entry, cause: token.name }) ? new Secret(text) : undefined;
  } catch (error) {
    log.error({ event: 'first_token_not_made', err: error });
    return undefined;
  }
}

async function listen(instance: FastifyInstance | undefined, address: ListenAddress): Promise<ListenAddress> {
  if (instance === undefined) throw new Error('There is a server for each address');
  try {
    await instance.listen({ ...address });
  } catch (error) {
    throw new ListenError(error, address);
  }
  return { host: address.host, port: (instance.server.address() as AddressInfo).port };
}
