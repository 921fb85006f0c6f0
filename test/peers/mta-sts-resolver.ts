import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stringify } from 'yaml';
import type { Host } from './host.ts';
import { querySocketmap } from './socketmap.ts';

// Far more than the usual 4, so that a busy machine does not look like a failing server.
const PATIENCE_SECONDS = 20;

/** A policy as the resolver has read and kept it. */
interface CachedPolicy {
  readonly id: string;
  readonly policy: {
    readonly version: string;
    readonly mode: string;
    readonly max_age: number;
    readonly mx: readonly string[];
  };
}

/** Debian's postfix-mta-sts-resolver: an MTA-STS sender's half that is not ours. */
export interface MtaStsResolver {
  /** What Postfix is told for a domain: `OK secure match=… servername=hostname`, or `NOTFOUND `. */
  query(domain: string): Promise<string>;
  /** What it holds for a domain: modes that ask for nothing are seen only here. */
  cached(domain: string): CachedPolicy | undefined;
  /** Value for Postfix's `smtp_tls_policy_maps`. */
  readonly policyMap: string;
  close(): Promise<void>;
}

/** @param trustedRoots path of a PEM file: the only roots that the resolver trusts. */
export async function startMtaStsResolver(host: Host, trustedRoots: string): Promise<MtaStsResolver> {
  const folder = await host.folder('mta-sts-resolver');
  const socket = join(folder, 'socket');
  const database = join(folder, 'cache.sqlite');
  const config = join(folder, 'mta-sts-daemon.yml');
  await writeFile(config, configText(socket, database));
  const program = host.spawn('mta-sts-daemon', ['-c', config], {
    env: { SSL_CERT_FILE: trustedRoots, SSL_CERT_DIR: '/nonexistent' },
  });
  await program.line(/Server started/);
  return {
    query: (domain) => querySocketmap(socket, 'postfix', domain),
    cached: (domain) => readCache(database, domain),
    policyMap: `socketmap:unix:${socket}:postfix`,
    close: () => program.stop(),
  };
}

function configText(socket: string, database: string): string {
  return stringify({
    path: socket,
    // Postfix's smtp client asks as its own user.
    mode: 0o666,
    shutdown_timeout: 1,
    // Without grace it looks at the TXT record for each question.
    cache_grace: 0,
    cache: { type: 'sqlite', options: { filename: database } },
    default_zone: { strict_testing: false, timeout: PATIENCE_SECONDS },
  });
}

function readCache(path: string, domain: string): CachedPolicy | undefined {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const row = database
      .prepare('select pol_id, pol_body from sts_policy_cache where domain = ?')
      .get(domain);
    return row && { id: String(row.pol_id), policy: JSON.parse(String(row.pol_body)) };
  } finally {
    database.close();
  }
}
