import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readCases } from '../cases.ts';
import { cycles, unlisted, wrongWays } from './rules.ts';
import { readSource } from './source.ts';

/** The folders of `src/`. Imports go from a later one to an earlier one. */
const ORDER = [
  ...[
    'bytes',
    'flaws',
    'names',
    'alerts',
    'policy',
    'senders',
    'tlsrpt',
    'dns',
    'tenant',
    'access',
    'rollout',
    'acme',
    'certs',
    'checks',
    'store',
  ],
  ...['edge', 'intake', 'announce', 'admin', 'console', 'app', 'cli'],
];

/** All files that do I/O or read the clock, randomness or the environment. The rest is pure. */
const IMPURE = [
  'acme/account-key.ts',
  'acme/https-client.ts',
  'admin/event-stream.ts',
  'admin/mint.ts',
  'admin/seal.ts',
  'admin/server.ts',
  'alerts/command.ts',
  'alerts/webhook.ts',
  'announce/dns-exchange.ts',
  'announce/dns-listeners.ts',
  'announce/dns-process.ts',
  'announce/dns-server.ts',
  'announce/http-api.ts',
  'announce/notifier.ts',
  'announce/own-dns.ts',
  'announce/rfc2136.ts',
  'announce/route53.ts',
  'announce/tcp-connection.ts',
  'announce/udp-socket.ts',
  'announce/webhook.ts',
  'app/admin.ts',
  'app/config/alert-config.ts',
  'app/operations/alert-job.ts',
  'app/config/authorities.ts',
  'app/certificates/certificate-job.ts',
  'app/certificates/certificates.ts',
  'app/tenants/claims.ts',
  'app/config/config.ts',
  'app/tenants/document-edits.ts',
  'app/operations/dns-metrics.ts',
  'app/operations/metrics.ts',
  'app/operations/operations.ts',
  'app/publications/outlook.ts',
  'app/tenants/policy-job.ts',
  'app/tenants/policy-loop.ts',
  'app/publications/publication-job.ts',
  'app/operations/publication-metrics.ts',
  'app/publications/publications.ts',
  'app/tenants/replaced-documents.ts',
  'app/start.ts',
  'certs/acme-order.ts',
  'certs/certificate-request.ts',
  'certs/local-ca.ts',
  'certs/tls-alpn.ts',
  'checks/http-path.ts',
  'checks/own-path.ts',
  'checks/policy-fetch.ts',
  'checks/public-dns.ts',
  'checks/tls-path.ts',
  'cli/access-commands.ts',
  'cli/access.ts',
  'cli/alerts.ts',
  'cli/api-client.ts',
  'cli/asking.ts',
  'cli/audit.ts',
  'cli/cert-list.ts',
  'cli/cert.ts',
  'cli/check-node.js',
  'cli/commands.ts',
  'cli/config.ts',
  'cli/events.ts',
  'cli/export.ts',
  'cli/follow.ts',
  'cli/main.ts',
  'cli/printing.ts',
  'cli/records-remote.ts',
  'cli/redrawing.ts',
  'cli/rekey.ts',
  'cli/serve.ts',
  'cli/tenant-adopt.ts',
  'cli/tenant-commands.ts',
  'cli/tenant-history.ts',
  'cli/tenant-import-bundle.ts',
  'cli/tenant-import.ts',
  'cli/tenant-leave.ts',
  'cli/tenant-list.ts',
  'cli/tenant-plan.ts',
  'cli/tenant-remove.ts',
  'cli/tenant-show.ts',
  'cli/terminal.ts',
  'cli/token-local.ts',
  'cli/token.ts',
  'edge/certificates.ts',
  'edge/challenge-table.ts',
  'edge/connections.ts',
  'edge/edge-challenges.ts',
  'edge/http.ts',
  'edge/https.ts',
  'edge/issuing.ts',
  'edge/listeners.ts',
  'edge/live-policies.ts',
  'edge/processes.ts',
  'edge/worker.ts',
  'store/files/account-keys.ts',
  'store/files/bundle-folder.ts',
  'store/files/ca-folder.ts',
  'store/files/document-folder.ts',
  'store/files/document-writer.ts',
  'store/files/durable.ts',
  'store/files/folder-watch.ts',
  'store/files/pem.ts',
  'store/files/state-database.ts',
  'store/files/tenant-files.ts',
];

/** All files that read the environment. */
const ENVIRONMENT = ['cli/config.ts'];

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.[jt]s$/.test(file))
  .sort()
  .map((file) => readSource(file, readFileSync(join(SRC, file), 'utf8')));

t.test('imports go from a later room to an earlier one', async (t) => {
  t.ok(sources.length > 50);
  t.same(wrongWays(sources, ORDER), []);
});

t.test('no file imports itself by a detour', async (t) => t.same(cycles(sources), []));

t.test('what touches the world outside is known by name', async (t) => t.same(unlisted(sources, IMPURE), []));

t.test('the environment is read in one place', async (t) => {
  const readers = sources.filter(({ readsEnvironment }) => readsEnvironment).map(({ file }) => file);
  t.same(readers, ENVIRONMENT);
});

interface Cases {
  readonly sources: readonly {
    text: string;
    imports?: readonly string[];
    effects?: readonly string[];
    environment?: boolean;
  }[];
  readonly wholes: readonly {
    why: string;
    files: Readonly<Record<string, string>>;
    listed?: readonly string[];
    wrongWays?: readonly string[];
    cycles?: readonly string[];
    unlisted?: readonly string[];
  }[];
}
const cases = readCases<Cases>('cases.yaml', import.meta);

t.test('what a source tells of itself', async (t) => {
  for (const { text, imports = [], effects = [], environment = false } of cases.sources) {
    const source = readSource('policy/a.ts', text);
    t.same(source, { file: 'policy/a.ts', imports, effects, readsEnvironment: environment }, text);
  }
  t.throws(() => readSource('policy/a.ts', "await import('./' + name)"), 'a computed import');
});

t.test('each of these rules can be broken', async (t) => {
  for (const { why, files, listed = [], ...expected } of cases.wholes) {
    const whole = Object.entries(files).map(([file, text]) => readSource(file, text));
    t.same(wrongWays(whole, ORDER), expected.wrongWays ?? [], `${why}: ways`);
    t.same(cycles(whole), expected.cycles ?? [], `${why}: cycles`);
    t.same(unlisted(whole, listed), expected.unlisted ?? [], `${why}: effects`);
  }
});
