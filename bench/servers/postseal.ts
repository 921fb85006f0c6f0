import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ready } from '../probe.ts';
import { launch } from './process.ts';
import { freePorts, type Kind } from './server.ts';

const MAIN = fileURLToPath(import.meta.resolve('../../src/cli/main.ts'));

export const postseal: Kind = {
  name: 'postseal',
  ownCertificates: true,
  async start(site) {
    const [https = 0, http = 0, metrics = 0] = await freePorts(3);
    const running = launch(site.cores, [process.execPath, MAIN, 'serve'], {
      POSTSEAL_SERVICE_NAME: 'sts.postseal.test',
      POSTSEAL_LISTEN_HTTPS: `127.0.0.1:${https}`,
      POSTSEAL_LISTEN_HTTP: `127.0.0.1:${http}`,
      POSTSEAL_LISTEN_DNS: 'off',
      POSTSEAL_LISTEN_METRICS: `127.0.0.1:${metrics}`,
      POSTSEAL_LISTEN_ADMIN: 'off',
      POSTSEAL_STORE_POLICIES: site.corpus.policies,
      POSTSEAL_STORE_CERTS: site.corpus.certs,
      POSTSEAL_STORE_STATE: join(site.folder, 'state'),
      POSTSEAL_WORKERS: String(site.workers),
      POSTSEAL_LOG_LEVEL: 'warn',
    });
    return { ...running, name: 'postseal', port: https, loaded: () => ready(metrics, running) };
  },
};
