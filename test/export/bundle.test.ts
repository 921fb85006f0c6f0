import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runCli } from '../cli/run-cli.ts';
import type { Host } from '../peers/host.ts';
import { Network } from '../peers/network.ts';
import { startNginx } from '../peers/nginx.ts';
import { fetchPolicy } from '../server/request.ts';
import { Home, Server } from '../server/server.ts';
import { TestCa } from '../server/test-ca.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

const POLICIES = {
  'enforced.test': { mode: 'enforce', max_age: 1_209_600, mx: ['mx1.enforced.test', '*.mx.example.net'] },
  'xn--bcher-kva.test': { mode: 'testing', max_age: 604_800, mx: ['mail.example.com'] },
  'leaving.test': { mode: 'none', max_age: 86_400 },
} as const;
const DOMAINS = Object.keys(POLICIES);

const home = new Home();
const ca = await TestCa.create();
for (const [domain, policy] of Object.entries(POLICIES)) {
  home.write(domain, policy);
  home.writeCertificate(`mta-sts.${domain}`, await ca.issue(`mta-sts.${domain}`));
}
const server = await Server.start(home);
const network = await Network.start();
t.teardown(async () => {
  await network.close();
  await server.stop();
  home.remove();
});
const bundle = join(home.path, 'bundle');

t.test('beside a running server, all that is served is exported', async (t) => {
  const { code, stdout, stderr } = await runCli(home, ['export', bundle]);
  t.equal(code, 0, stderr);
  t.match(stdout, `3 tenants exported to ${bundle}`);
  for (const domain of DOMAINS) {
    const document = readFileSync(join(bundle, 'documents', `${domain}.yaml`), 'utf8');
    t.equal(document, readFileSync(join(home.policies, `${domain}.yaml`), 'utf8'), 'to the byte');
  }
  const ledger = JSON.parse(readFileSync(join(bundle, 'ledger.json'), 'utf8'));
  t.same(ledger.domains.map(({ domain }: { domain: string }) => domain).sort(), DOMAINS.toSorted());
  const exposed = Date.parse(ledger.domains[0].exposed_until) - Date.parse(ledger.exported_at);
  t.equal(exposed, POLICIES['enforced.test'].max_age * 1000, 'what is served now may be held from now on');
});

t.test(
  'nginx with the example serves the same bytes to a strict sender, and strangers nothing',
  async (t) => {
    const web = await network.host('web', 20);
    const nginx = await startNginx(web, `include ${bundle}/nginx.conf;`);
    const roots = join(home.path, 'root.pem');
    await writeFile(roots, ca.root);
    for (const domain of DOMAINS) {
      const ours = await fetchPolicy(server.https, { name: `mta-sts.${domain}`, root: ca.root });
      const theirs = await fetchFrom(web, `mta-sts.${domain}`, roots);
      t.equal(theirs.body, ours.body, domain);
      t.match(theirs.head, /^HTTP\/2 200/);
      t.match(theirs.head, /^content-type: text\/plain; charset=utf-8\r$/im);
    }
    const [domain = ''] = DOMAINS;
    t.match((await fetchFrom(web, `mta-sts.${domain}`, roots, '/ledger.json')).head, /^HTTP\/2 404/);
    await t.rejects(fetchFrom(web, 'mta-sts.stranger.test', roots), /SSL|alert|handshake/i, 'no certificate');
    await nginx.stop();
  },
);

t.test('Knot loads the zone, and tells each id that is announced', async (t) => {
  const dns = await network.host('dns', 21);
  const folder = await dns.folder('knot');
  const config = join(folder, 'knot.conf');
  await writeFile(config, knotConfig(folder, dns.address, join(bundle, 'announcements.zone')));
  const knot = dns.spawn('knotd', ['-c', config]);
  await knot.line(/server started/);
  for (const { name, value } of (await home.records()).filter(({ type }) => type === 'TXT')) {
    const domain = name.slice('_mta-sts.'.length);
    const asked = `${domain}._mta-sts.z.sts.postseal.test`;
    const answer = await dns.run('kdig', [`@${dns.address}`, '+short', asked, 'TXT']);
    t.equal(answer.trim(), JSON.stringify(value), domain);
  }
  t.notOk(
    knot.lines.some((line) => /error|warning/i.test(line)),
    knot.lines.join('\n'),
  );
  await knot.stop();
});

t.test('nothing is written over, and nothing is left behind', async (t) => {
  const before = readdirSync(home.path).sort();
  const again = await runCli(home, ['export', bundle]);
  t.equal(again.code, 4);
  t.match(again.stderr, /Something is there already/);
  const below = await runCli(home, ['export', join(home.path, 'root.pem', 'x')]);
  t.equal(below.code, 4);
  t.match(below.stderr, /ENOTDIR/);
  t.same(readdirSync(home.path).sort(), before);
});

async function fetchFrom(host: Host, name: string, roots: string, path = '/.well-known/mta-sts.txt') {
  const to = `${name}:443:${host.address}:443`;
  const args = ['-sS', '-i', '--cacert', roots, '--connect-to', to, `https://${name}${path}`];
  const answer = await host.run('curl', args);
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
  return { head: `${head}\r\n`, body };
}

function knotConfig(folder: string, address: string, zoneFile: string): string {
  return `
server:
    rundir: "${folder}"
    listen: [ "${address}@53" ]
    user: "root:root"
log:
  - target: stderr
    any: info
database:
    storage: "${folder}"
zone:
  - domain: "z.sts.postseal.test."
    file: "${zoneFile}"
    zonefile-sync: -1
`;
}
