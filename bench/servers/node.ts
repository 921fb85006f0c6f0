import { fileURLToPath } from 'node:url';
import { firstPolicy } from '../probe.ts';
import { launch } from './process.ts';
import { freePorts, type Kind } from './server.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('./bare-node.ts'));

/** A plain `https.createServer`, on one processor. */
export const bareNode: Kind = {
  name: 'node:https',
  ownCertificates: true,
  async start(site) {
    const [port = 0] = await freePorts(1);
    const { certs, tenants } = site.corpus;
    const running = launch(site.cores, [process.execPath, PROGRAM, String(port), certs, String(tenants)]);
    return { ...running, name: 'node:https', port, loaded: () => firstPolicy(port, site.corpus, running) };
  },
};
