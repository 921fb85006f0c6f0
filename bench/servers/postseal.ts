import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ready } from '../probe.ts';
import { launch } from './process.ts';
import { freePorts, type Kind, type Server, type Site } from './server.ts';

const MAIN = fileURLToPath(import.meta.resolve('../../src/cli/main.ts'));

export const postseal: Kind = {
  name: 'postseal',
  ownCertificates: true,
  start: (site) => startPostseal(site),
};

/** With a token for the admin API its port is that of the API, which is off else. */
export async function startPostseal(site: Site, token?: string): Promise<Server> {
  const [https = 0, http = 0, metrics = 0, admin = 0] = await freePorts(4);
  const running = launch(site.cores, [process.execPath, MAIN, 'serve'], {
    POSTSEAL_SERVICE_NAME: 'sts.postseal.test',
    POSTSEAL_LISTEN_HTTPS: `127.0.0.1:${https}`,
    POSTSEAL_LISTEN_HTTP: `127.0.0.1:${http}`,
    POSTSEAL_LISTEN_DNS: 'off',
    POSTSEAL_LISTEN_METRICS: `127.0.0.1:${metrics}`,
    POSTSEAL_LISTEN_ADMIN: token === undefined ? 'off' : `127.0.0.1:${admin}`,
    POSTSEAL_STORE_POLICIES: site.corpus.policies,
    POSTSEAL_STORE_CERTS: site.corpus.certs,
    POSTSEAL_STORE_STATE: join(site.folder, 'state'),
    POSTSEAL_WORKERS: String(site.workers),
    POSTSEAL_LOG_LEVEL: 'warn',
    ...(token !== undefined && { POSTSEAL_ADMIN_TOKEN: token, POSTSEAL_LIMITS_REQUESTS: '1000000' }),
  });
  const port = token === undefined ? https : admin;
  return { ...running, name: 'postseal', port, loaded: () => ready(metrics, running) };
}
