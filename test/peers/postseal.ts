import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { get } from './curl.ts';
import type { DnsRecord } from './dns-record.ts';
import type { Host } from './host.ts';
import type { Knot } from './knot.ts';
import type { Program } from './program.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface PostsealOptions {
  /** The operator's name that tenants' CNAMEs point at. A special-use one has Postseal use its local CA. */
  readonly serviceName: string;
  /** Tenant documents (YAML) by domain, there from the start. */
  readonly tenants?: ReadonlyMap<string, string>;
  /** More settings, or others, by the names of their environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The server under test, started as its users start it. */
export interface Postseal {
  readonly program: Program;
  /** Path of the local CA's root certificate (PEM). */
  readonly localRoot: string;
  readonly folders: { readonly policies: string; readonly certs: string; readonly state: string };
  /** Writes a tenant's document as editors and git do: whole, by renaming. */
  writeTenant(domain: string, document: string): Promise<void>;
  removeTenant(domain: string): Promise<void>;
  /** Runs `postseal …` with the server's settings and gives what it printed. */
  cli(...args: readonly string[]): Promise<string>;
  /** The records that the tenants given, else all, should have in DNS. */
  records(...domains: readonly string[]): Promise<DnsRecord[]>;
  /** Sets in DNS what is asked for, as the tenants do: where they lead here first, and ids once they may be announced. */
  publish(dns: Pick<Knot, 'put'>, ...domains: readonly string[]): Promise<DnsRecord[]>;
  close(): Promise<void>;
}

/** Started again on a host where one was closed, it finds that one's documents, certificates and state. */
export async function startPostseal(host: Host, options: PostsealOptions): Promise<Postseal> {
  const folder = await host.folder('postseal');
  const folders = {
    policies: join(folder, 'policies'),
    certs: join(folder, 'certs'),
    state: join(folder, 'state'),
  };
  await mkdir(folders.policies, { recursive: true });
  const metrics = `${host.address}:9464`;
  const env = {
    POSTSEAL_SERVICE_NAME: options.serviceName,
    POSTSEAL_LISTEN_HTTPS: `${host.address}:443`,
    POSTSEAL_LISTEN_HTTP: `${host.address}:80`,
    POSTSEAL_LISTEN_DNS: 'off',
    POSTSEAL_LISTEN_METRICS: metrics,
    POSTSEAL_STORE_POLICIES: folders.policies,
    POSTSEAL_STORE_CERTS: folders.certs,
    POSTSEAL_STORE_STATE: folders.state,
    POSTSEAL_WORKERS: '1',
    POSTSEAL_LOG_LEVEL: 'debug',
    ...options.env,
  };
  const tenantFile = (domain: string) => join(folders.policies, `${domain}.yaml`);
  const writeTenant = async (domain: string, document: string) => {
    const draft = join(folder, `${domain}.draft`);
    await writeFile(draft, document);
    await rename(draft, tenantFile(domain));
  };
  for (const [domain, document] of options.tenants ?? []) await writeTenant(domain, document);

  const program = host.spawn(process.execPath, [MAIN, 'serve'], { env, cwd: folder });
  const cli = (...args: readonly string[]) =>
    host.run(process.execPath, [MAIN, ...args], { env, cwd: folder });
  const records = async (...domains: readonly string[]): Promise<DnsRecord[]> =>
    JSON.parse(await cli('records', ...domains, '--json')).items;
  await program.until('readiness', async () => (await get(host, `http://${metrics}/readyz`))?.status === 200);
  return {
    program,
    localRoot: join(folders.state, 'local-ca', 'root.pem'),
    folders,
    writeTenant,
    removeTenant: (domain) => rm(tenantFile(domain)),
    cli,
    records,
    publish: async (dns, ...domains) => {
      await dns.put(...(await records(...domains)));
      const published = await program.until('the ids of all', async () => {
        const found = await records(...domains);
        const hosts = found.filter(({ name }) => name.startsWith('mta-sts.'));
        return hosts.length * 2 === found.length && found;
      });
      await dns.put(...published);
      return published;
    },
    close: () => program.stop(),
  };
}
