import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import type { Publisher } from '../../src/announce/publisher.ts';
import { readConfig } from '../../src/app/config/config.ts';
import { SECRET_VARIABLES } from '../../src/app/config/environment.ts';
import { configuredPublisher } from '../../src/app/publications/publisher.ts';
import { WebhookStandIn } from '../announce/stand-ins/webhook.ts';
import { goodValue } from '../cases.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { policyDomain } from '../tenant/revisions.ts';

// The guide is followed: its files make the real servers take what is announced.

t.setTimeout(120_000);
const GUIDE = readFileSync(new URL('../../docs/dns.md', import.meta.url), 'utf8');
const blocks = [...GUIDE.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const ZONE = 'z.sts.example.net';
const SCHEMA = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql';
const { signal } = new AbortController();
const announcement = {
  domain: policyDomain('example.com'),
  name: `example.com._mta-sts.${ZONE}`,
  text: 'v=STSv1; id=20261129T115958Z5f3a9c1e;',
  ttl: 300,
};
const nobody: Publisher = { announce: async () => ({ outcome: 'unreachable', why: 'nobody' }) };
const loopback = await startLoopback();
t.teardown(() => loopback.close());
const { host } = loopback;

t.test('each configuration in the guide is a good one', async (t) => {
  const secret = Buffer.from('a secret of enough octets').toString('base64');
  const secrets = Object.fromEntries(
    SECRET_VARIABLES.filter((name) => name.startsWith('POSTSEAL_DNS_') && !name.includes('TRANSFER')).map(
      (name) => [name, secret],
    ),
  );
  const folder = temporaryFolder(t);
  const yaml = blocks.filter(({ language }) => language === 'yaml');
  t.ok(yaml.length >= 5);
  for (const [index, { text }] of yaml.entries()) {
    const file = join(folder, `${index}.yaml`);
    await writeFile(file, text);
    const config = readConfig(secrets, file);
    t.ok(config.ok, JSON.stringify(config));
    if (config.ok) t.match(text, `announce: ${config.value.dns.publisher.by}`);
  }
  for (const { text } of blocks.filter(({ language }) => language === 'json')) t.ok(JSON.parse(text));
});

t.test('BIND', async (t) => {
  const folder = await host.folder('bind-of-the-guide');
  const key = await host.run('sh', ['-c', shell('tsig-keygen').replace(/ > .*/, '')]);
  await writeFile(join(folder, 'postseal.key'), key);
  await writeFile(join(folder, `${ZONE}.zone`), zoneText());
  const port = await freePort();
  const options = `directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile "${folder}/s"; recursion no;`;
  const text = `options { ${options} };\ncontrols { };\n${block('// in named.conf')}`;
  await writeFile(join(folder, 'named.conf'), text.replaceAll(/"\/(etc|var\/lib)\/bind\//g, `"${folder}/`));
  const program = host.spawn('named', ['-g', '-n', '1', '-c', join(folder, 'named.conf')]);
  await program.line(/ running$/);
  const [, secret = ''] = /secret "(.*)"/.exec(key) ?? [];
  t.same(await announce(port, secret), { outcome: 'announced' });
});

t.test('Knot', async (t) => {
  const folder = await host.folder('knot-of-the-guide');
  await mkdir(join(folder, 'database'));
  const key = await host.run('sh', ['-c', shell('keymgr -t')]);
  await writeFile(join(folder, `${ZONE}.zone`), zoneText());
  const port = await freePort();
  const server = `server:\n    rundir: "${folder}"\n    listen: 127.0.0.1@${port}\n    user: root:root\nlog:\n  - target: stderr\n    any: info\n`;
  const database = `database:\n    storage: "${folder}/database"\ntemplate:\n  - id: default\n    storage: "${folder}"\n`;
  await writeFile(join(folder, 'knot.conf'), `${server}${database}${key}\n${block('# in knot.conf')}`);
  const program = host.spawn('knotd', ['-c', join(folder, 'knot.conf')]);
  await program.line(/server started/);
  const [, secret = ''] = /secret: (\S+)/.exec(key) ?? [];
  t.same(await announce(port, secret), { outcome: 'announced' });
});

t.test('PowerDNS', async (t) => {
  const folder = await host.folder('powerdns-of-the-guide');
  const database = new DatabaseSync(join(folder, 'zones.db'));
  database.exec(readFileSync(SCHEMA, 'utf8'));
  database.close();
  const [port, apiPort] = [await freePort(), await freePort()];
  const own = `launch=gsqlite3\ngsqlite3-database=${folder}/zones.db\nlocal-address=127.0.0.1\nlocal-port=${port}\nsocket-dir=${folder}\nwebserver-port=${apiPort}\n`;
  const updates = 'dnsupdate=yes\n';
  await writeFile(join(folder, 'pdns.conf'), `${own}${updates}${block('# in pdns.conf')}`);
  const commands = blocks.flatMap(({ text }) =>
    text.split('\n').filter((line) => line.startsWith('pdnsutil ')),
  );
  t.equal(commands.length, 6);
  for (const command of commands) {
    const local = command
      .replace('192.0.2.7/32', '127.0.0.1/32')
      .replace('pdnsutil', `pdnsutil --config-dir=${folder}`);
    await host.run('sh', ['-c', local]);
  }
  const program = host.spawn('pdns_server', [`--config-dir=${folder}`, '--daemon=no', '--guardian=no']);
  await host.waitForPort(apiPort, program);
  await host.waitForPort(port, program);
  const { dns } = goodValue(
    readConfig({
      POSTSEAL_DNS_ANNOUNCE: 'powerdns',
      POSTSEAL_DNS_POWERDNS_URL: `http://127.0.0.1:${apiPort}`,
      POSTSEAL_DNS_POWERDNS_API_KEY: 'a-long-random-text',
    }),
  );
  const byApi = configuredPublisher(dns.publisher, { own: nobody, manual: nobody, now: Date.now });
  t.same(await byApi.announce(announcement, signal), { outcome: 'announced' });
  const listed = await host.run('pdnsutil', [`--config-dir=${folder}`, 'list-tsig-keys']);
  const [, secret = ''] = /hmac-sha256\.? (\S+)/.exec(listed) ?? [];
  t.same(await announce(port, secret, `other.${announcement.name}`), { outcome: 'announced' });
});

t.test('what the webhook is told is what the guide shows', async (t) => {
  const standIn = await new WebhookStandIn().start(t);
  const { dns } = goodValue(
    readConfig({
      POSTSEAL_DNS_ANNOUNCE: 'webhook',
      POSTSEAL_DNS_WEBHOOK_URL: standIn.url,
      POSTSEAL_DNS_WEBHOOK_SECRET: standIn.secret,
    }),
  );
  const now = () => Date.UTC(2026, 10, 29, 12);
  await configuredPublisher(dns.publisher, { own: nobody, manual: nobody, now }).announce(
    announcement,
    signal,
  );
  const shown = blocks.find(({ text }) => text.includes('dns.txt.set'))?.text ?? '';
  t.strictSame(JSON.parse(standIn.asked[0]?.body ?? ''), JSON.parse(shown));
});

/** Announces with the key of the guide, as its configuration says. */
async function announce(port: number, secret: string, name = announcement.name) {
  const { dns } = goodValue(
    readConfig({
      POSTSEAL_DNS_ANNOUNCE: 'rfc2136',
      POSTSEAL_DNS_RFC2136_SERVER: `127.0.0.1:${port}`,
      POSTSEAL_DNS_RFC2136_KEY_NAME: 'postseal',
      POSTSEAL_DNS_RFC2136_KEY_SECRET: secret,
    }),
  );
  const publisher = configuredPublisher(dns.publisher, { own: nobody, manual: nobody, now: Date.now });
  return publisher.announce({ ...announcement, name }, signal);
}

/** The block that begins with a line. */
function block(first: string): string {
  const found = blocks.find(({ text }) => text.startsWith(`${first}\n`));
  if (found === undefined) throw new Error(`the guide has no block "${first}"`);
  return found.text;
}

/** The line of a command. */
function shell(command: string): string {
  const lines = blocks.flatMap(({ text }) => text.split('\n'));
  return lines.find((line) => line.startsWith(command)) ?? '';
}

function zoneText(): string {
  return `$TTL 60\n@ SOA ns1.example.net. root.example.net. 1 3600 600 86400 60\n@ NS ns1.example.net.\n`;
}
