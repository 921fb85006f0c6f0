import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startClock } from '../peers/clock.ts';
import { get } from '../peers/curl.ts';
import { AcmeInternet } from './acme/acme-internet.ts';
import { AlertListener } from './acme/alert-listener.ts';

// Who is told when renewals fail: a webhook on another host, a program, and the log.

t.setTimeout(120_000);

const HOUR = 3600_000;
const DAY = 24 * HOUR;

const internet = await AcmeInternet.start(t);
const host = await internet.edge();
const clock = await startClock(host);
const listener = await AlertListener.start(internet.sender.host);
const pebble = await internet.pebble();
const heard = join(await host.folder('alerts'), 'heard');
const program = join(await host.folder('alerts'), 'program');
await writeFile(program, `#!/bin/sh\ncat >> ${heard}\necho >> ${heard}\n`);
await chmod(program, 0o755);
const env = {
  ...clock.env,
  POSTSEAL_ACME_PROFILE: 'classic',
  POSTSEAL_ALERTS_WEBHOOK: listener.url,
  POSTSEAL_ALERTS_WEBHOOK_SECRET: listener.secret,
  POSTSEAL_ALERTS_COMMAND: program,
};
const operator = await internet.operator(pebble, { host, env });
const domains = ['one.test', 'two.test'];
const hosts = [...domains.map((domain) => `mta-sts.${domain}`), operator.serviceName].toSorted();

t.test('each is told once, then daily, and when it became worse', async (t) => {
  await operator.pointHere(...domains);
  await operator.add(...domains);
  for (const name of hosts) await operator.hostEvent('certificate_issued', name);
  await pebble.close();
  await clock.setAhead(65 * DAY);
  await operator.postseal.program.until('a first message', () => listener.messages.length > 0);
  // What has not failed by then comes in a later message.
  await clock.setAhead(65 * DAY + HOUR);
  await listener.heard('raised warning', hosts);
  t.match(listener.messages[0], {
    service: operator.serviceName,
    alerts: [{ kind: 'certificate-not-renewed', why: /^The certificate ends at / }],
  });
  await operator.postseal.program.until('it to be remembered', async () => {
    const told = /^postseal_alert_messages_total\{channel="webhook",outcome="told"\} (\d+)$/m;
    return Number(told.exec(await metrics())?.[1]) === listener.messages.length;
  });

  await operator.postseal.program.stop('SIGKILL');
  await operator.start({ env });
  await clock.setAhead(66.5 * DAY);
  await listener.heard('continues warning', hosts);
  await clock.setAhead(91 * DAY);
  await listener.heard('raised critical', hosts);
  for (const how of ['raised warning', 'raised critical'])
    for (const name of hosts)
      t.equal(listener.news.filter((news) => news === `${how} ${name}`).length, 1, `${how} ${name}`);
  const text = await metrics();
  t.match(text, /^postseal_alerts\{kind="certificate-not-renewed"\} 3$/m);
  for (const name of hosts)
    t.match(text, new RegExp(`^postseal_certificate_not_after_seconds\\{host="${name}"\\} \\d{10}$`, 'm'));
});

t.test('and when it is over', async (t) => {
  await pebble.restart();
  await clock.setAhead(0);
  for (const domain of domains) await operator.renew(domain);
  for (const domain of domains) await operator.event('certificate_issued', domain);
  await listener.heard('resolved critical', hosts);
  t.pass();
});

t.test('the program and the log heard the same', async (t) => {
  const inFile = async () => (await readFile(heard, 'utf8')).trim().split('\n');
  const isAll = async () => (await inFile()).length === listener.messages.length;
  await operator.postseal.program.until('the program to have heard all', isAll);
  t.same(
    (await inFile()).map((line) => JSON.parse(line).text),
    listener.messages.map(({ text }) => text),
  );
  const logged = operator.events('alert').map(({ state, subject }) => `${state} ${subject}`);
  t.same(
    logged.filter((line) => line.startsWith('resolved')).toSorted(),
    hosts.map((name) => `resolved ${name}`),
  );
  t.notMatch(operator.postseal.program.lines.join('\n'), /s3cret|for tests only/, 'and nothing secret');
});

t.test('what is configured can be tried', async (t) => {
  const told = 'webhook has taken the test alert\ncommand has taken the test alert\n';
  t.equal(await operator.postseal.cli('alerts', 'test'), told);
  t.match(listener.messages.at(-1), { alerts: [{ kind: 'test', subject: operator.serviceName }] });
});

async function metrics(): Promise<string> {
  return (await get(host, `http://${host.address}:9464/metrics`))?.body ?? '';
}
