import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import t from 'tap';
import { isNewer } from '../../src/dns/serial.ts';
import { FACTS } from '../dns/zone.ts';
import { eventually } from '../peers/eventually.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { DnsSite } from './dns-site.ts';

t.setTimeout(240_000);
t.jobs = 2;

const NAME = 'example.com._mta-sts';
const QUICK = ['+tries=5', '+time=5'];

/** What a client from Debian prints. */
async function said(program: 'dig' | 'kdig' | 'drill', ...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, [...args])).stdout;
}

async function texts({ port }: DnsSite, name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 5_000, tries: 5 });
  resolver.setServers([`127.0.0.1:${port}`]);
  const found = await resolver.resolveTxt(`${name}.${FACTS.name}`).catch(({ code }) => [[String(code)]]);
  return found.map((strings) => strings.join(''));
}

t.test('what is announced is what every process answers', async (t) => {
  const site = await DnsSite.start(t);
  for (const text of ['v=STSv1; id=1;', 'v=STSv1; id=2;', 'x'.repeat(600)]) {
    t.same(await site.announce(NAME, text), { outcome: 'announced' });
    // Each query has a port of its own, by which the kernel chooses the process.
    for (let turn = 0; turn < 8; turn += 1) t.same(await texts(site, NAME), [text]);
  }
  t.same(await site.announce(NAME, undefined), { outcome: 'announced' });
  for (let turn = 0; turn < 8; turn += 1) t.same(await texts(site, NAME), ['ENOTFOUND']);
});

t.test('dig, kdig and drill read it, over UDP and TCP', async (t) => {
  const listen = ['127.0.0.1', '::1'].map((host) => ({ host, port: 0 }));
  const site = await DnsSite.start(t, { listen });
  await site.announce(NAME, 'v=STSv1; id=1;');
  const name = `${NAME}.${FACTS.name}`;
  for (const { host, port } of site.addresses) {
    for (const transport of ['+notcp', '+tcp']) {
      const dig = await said('dig', `@${host}`, '-p', `${port}`, name, 'TXT', transport, ...QUICK);
      t.match(dig, /status: NOERROR.*\n;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1/);
      t.match(dig, /300\s+IN\s+TXT\s+"v=STSv1; id=1;"/);
      t.notMatch(dig, /WARNING: (?!recursion)|malformed|FORMERR/i);
      const kdig = await said(
        'kdig',
        `@${host}`,
        '-p',
        `${port}`,
        name,
        'TXT',
        transport,
        '+edns',
        '+nocookie',
      );
      t.match(kdig, /status: NOERROR.*"v=STSv1; id=1;"/s);
      t.notMatch(kdig, /WARNING|malformed/i);
    }
    const drill = await said('drill', '-p', `${port}`, name, 'TXT', `@${host}`);
    t.match(drill, /rcode: NOERROR.*"v=STSv1; id=1;"/s);
    const upper = await said('dig', `@${host}`, '-p', `${port}`, name.toUpperCase(), 'TXT', ...QUICK);
    t.match(upper, new RegExp(`^${name.toUpperCase()}\\.\\s+300`, 'm'), 'in the letter case of the question');
    const version = ['version.bind', 'CH', 'TXT', ...QUICK];
    t.match(await said('dig', `@${host}`, '-p', `${port}`, ...version), /status: REFUSED/);
    const axfr = await said('dig', `@${host}`, '-p', `${port}`, FACTS.name, 'AXFR', ...QUICK);
    t.match(axfr, /; Transfer failed\./);
  }
});

t.test('what is so already is no change; what is wished for together is one', async (t) => {
  const site = await DnsSite.start(t);
  await site.announce(NAME, 'a');
  const before = site.serials.length;
  t.same(await site.announce(NAME, 'a'), { outcome: 'announced' });
  t.equal(site.serials.length, before);
  const names = Array.from({ length: 200 }, (_, index) => `n${index}.test._mta-sts`);
  const outcomes = await Promise.all(names.map((name) => site.announce(name, 'together')));
  t.ok(outcomes.every(({ outcome }) => outcome === 'announced'));
  t.ok(site.serials.length - before <= 2, 'hardly more than one serial');
  for (const [index, serial] of site.serials.entries()) {
    if (index > 0) t.ok(isNewer(serial, site.serials[index - 1] ?? 0));
  }
  for (const name of names.slice(0, 5)) t.same(await texts(site, name), ['together']);
});

t.test('challenges stand beside each other, and go with the next start', async (t) => {
  const site = await DnsSite.start(t);
  const domain = policyDomain('mta-sts.example.com');
  const name = 'mta-sts.example.com._acme-challenge';
  for (const value of ['one', 'two', 'one']) await site.own.putChallenge(domain, value);
  t.same((await texts(site, name)).toSorted(), ['one', 'two']);
  await site.own.removeChallenge(domain, 'one');
  t.same(await texts(site, name), ['two']);
  await site.announce(NAME, 'stays');
  const again = await DnsSite.start(t, { state: site.state });
  t.same(await texts(again, name), ['ENOTFOUND']);
  t.same(await texts(again, NAME), ['stays']);
  t.ok(isNewer(again.serials.at(-1) ?? 0, site.serials.at(-1) ?? 0));
});

t.test('what can be no record of ours is refused', async (t) => {
  const site = await DnsSite.start(t, { count: 1 });
  const signal = new AbortController().signal;
  const domain = policyDomain('example.com');
  const outside = { domain, name: '_mta-sts.example.com', text: 'a', ttl: 1 };
  t.match(await site.own.announce(outside, signal), { outcome: 'refused', why: /no name in the zone/ });
  for (const name of ['a..b', `${'a'.repeat(64)}.b`, 'a b.c', 'UPPER.case']) {
    t.match(await site.announce(name, 'a'), { outcome: 'refused' }, name);
  }
  for (const text of ['é', 'a\nb', 'x'.repeat(2001)]) {
    t.match(await site.announce(NAME, text), { outcome: 'refused' }, text.slice(0, 10));
  }
  const aborted = AbortSignal.abort(new Error('no longer'));
  await t.rejects(site.own.announce({ ...outside, name: `${NAME}.${FACTS.name}` }, aborted), {
    message: 'no longer',
  });
});

t.test('a process that is killed is replaced, and another answers meanwhile', async (t) => {
  const site = await DnsSite.start(t);
  await site.announce(NAME, 'before');
  const [killed = 0] = site.processes.pids;
  process.kill(killed, 'SIGKILL');
  await eventually('its end', () => !site.processes.pids.includes(killed));
  t.same(await site.announce(NAME, 'meanwhile'), { outcome: 'announced' });
  for (let turn = 0; turn < 8; turn += 1) t.same(await texts(site, NAME), ['meanwhile']);
  await site.ready(2);
  for (let turn = 0; turn < 8; turn += 1) t.same(await texts(site, NAME), ['meanwhile']);
  t.equal(site.processes.restarts, 1);
  t.match(site.log, [{ event: 'dns_process_exited', pid: killed, reason: 'SIGKILL' }]);
});

t.test('a process that hangs is killed, and what it did not answer is announced without it', async (t) => {
  const site = await DnsSite.start(t, { processesTimes: { answer: 500 } });
  const [hanging = 0] = site.processes.pids;
  process.kill(hanging, 'SIGSTOP');
  t.same(await site.announce(NAME, 'a'), { outcome: 'announced' });
  t.notOk(site.processes.pids.includes(hanging));
  await site.ready(2);
  for (let turn = 0; turn < 8; turn += 1) t.same(await texts(site, NAME), ['a']);
});

t.test('what cannot be written down is not announced, and is once it can', async (t) => {
  const site = await DnsSite.start(t);
  await site.announce(NAME, 'before');
  const lock = new DatabaseSync(`${site.state}/state.sqlite`);
  lock.exec("CREATE TRIGGER no BEFORE INSERT ON announced BEGIN SELECT RAISE(ABORT, 'full'); END");
  const outcome = await site.announce(NAME, 'after');
  t.match(outcome, { outcome: 'unreachable', why: /can't be written/ });
  t.match(site.own.problem, /can't be written/);
  t.same(await texts(site, NAME), ['before']);
  lock.exec('DROP TRIGGER no');
  t.same(await site.announce(NAME, 'after'), { outcome: 'announced' });
  t.equal(site.own.problem, undefined);
  t.same(await texts(site, NAME), ['after']);
  lock.close();
});
