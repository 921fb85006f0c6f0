import { Resolver } from 'node:dns/promises';
import t from 'tap';
import { FACTS, queryFor } from '../dns/zone.ts';
import { eventually } from '../peers/eventually.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { type StartSecondary, startBindSecondary, startKnotSecondary } from '../peers/secondary.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import { ask, DnsSite } from './dns-site.ts';

// Knot and BIND copy our zone by AXFR and IXFR, and come at once when they are told of a change.

t.setTimeout(240_000);
const loopback = await startLoopback();
t.teardown(() => loopback.close());
const { host } = loopback;
const MANY = 500;
const SECONDS = 60;

interface Peer {
  readonly start: StartSecondary;
  /** What it logs after a transfer of either kind. */
  readonly whole: RegExp;
  readonly steps: RegExp;
  readonly refused: RegExp;
}
const peers: Readonly<Record<string, Peer>> = {
  Knot: {
    start: startKnotSecondary,
    whole: /AXFR, incoming,.* finished/,
    steps: /IXFR, incoming,.* finished/,
    refused: /AXFR, incoming,.*NOTAUTH|refresh, remote .*NOTAUTH|TSIG|failed/i,
  },
  BIND: {
    start: startBindSecondary,
    whole: /Transfer completed: \d+ messages, 50\d records/,
    steps: /Transfer completed: 1 messages, [5-9] records/,
    refused: /NOTAUTH|tsig|expected a TSIG|BADKEY|bad key/i,
  },
};

for (const [name, { start, whole, steps, refused }] of Object.entries(peers)) {
  t.test(`${name} copies the zone, and each change as soon as it is there`, async (t) => {
    const port = await freePort();
    const address = '127.0.0.1';
    const site = await DnsSite.start(t, { secondaries: [{ host: address, port }] });
    await Promise.all(
      Array.from({ length: MANY }, (_, index) => site.announce(`n${index}.test._mta-sts`, `text ${index}`)),
    );
    const primary = { address, port: site.port };
    const secondary = await start(host, { address, port, zone: FACTS.name, primary, key: TSIG_KEY });
    const resolver = new Resolver({ timeout: 5_000, tries: 3 });
    resolver.setServers([`${address}:${port}`]);
    const copied = (what: string, record: string, value: string | undefined) =>
      eventually(
        what,
        async () => {
          const found = await resolver.resolveTxt(`${record}.${FACTS.name}`).catch(() => undefined);
          return found?.[0]?.join('') === value;
        },
        SECONDS,
      );
    await copied('the first copy', `n${MANY - 1}.test._mta-sts`, `text ${MANY - 1}`);
    await secondary.line(whole, 0, SECONDS);
    const soa = await resolver.resolveSoa(FACTS.name);
    t.match(soa, { nsname: FACTS.nameservers[0], hostmaster: FACTS.mailbox, serial: site.serials.at(-1) });
    const line = secondary.lines.length;
    await site.announce('n1.test._mta-sts', 'changed');
    await copied('a change', 'n1.test._mta-sts', 'changed');
    await secondary.line(steps, line, SECONDS);
    await site.announce('n1.test._mta-sts', undefined);
    await copied('what was taken out', 'n1.test._mta-sts', undefined);
    t.equal((await resolver.resolveSoa(FACTS.name)).serial, site.serials.at(-1));
    await eventually('an answer to each NOTIFY', () => site.notifier.problems.length === 0, SECONDS);
    const { transfers } = await site.processes.metrics();
    t.ok((transfers.axfr ?? 0) >= 1 && (transfers.ixfr ?? 0) >= 2, JSON.stringify(transfers));
    await secondary.stop();
  });

  t.test(`${name} gets nothing with another key`, async (t) => {
    const port = await freePort();
    const address = '127.0.0.1';
    const site = await DnsSite.start(t, { secondaries: [{ host: address, port }], notifyWaits: [200, 200] });
    const primary = { address, port: site.port };
    const wrong = { ...TSIG_KEY, secret: Buffer.alloc(32, 7).toString('base64') };
    const secondary = await start(host, { address, port, zone: FACTS.name, primary, key: wrong });
    await secondary.line(refused, 0, SECONDS);
    await eventually('the refusal in the metrics', async () => {
      const { answers } = await site.processes.metrics();
      return (answers['udp NOTAUTH'] ?? 0) + (answers['tcp NOTAUTH'] ?? 0) > 0;
    });
    t.same((await site.processes.metrics()).transfers, {});
    await site.announce('a.test._mta-sts', 'a');
    await eventually('trouble with the NOTIFY', () => site.notifier.problems.length === 1);
    t.match(site.notifier.problems, [/^The secondary 127\.0\.0\.1 port \d+ did not answer/]);
    t.ok(site.log.some(({ event }) => event === 'secondary_silent'));
    await secondary.stop();
  });
}

t.test('a transfer that is asked for over UDP comes over TCP', async (t) => {
  const site = await DnsSite.start(t, { count: 1 });
  const [serial = 0] = site.serials;
  await site.announce('a.test._mta-sts', 'a');
  const key = `${TSIG_KEY.algorithm}:${TSIG_KEY.name}:${TSIG_KEY.secret}`;
  const dig = (...query: readonly string[]) =>
    host.run('dig', ['@127.0.0.1', '-p', `${site.port}`, '-y', key, FACTS.name, ...query, '+onesoa']);
  const steps = await dig(`IXFR=${serial}`, '+notcp');
  t.match(steps, /a\.test\._mta-sts\.z\.sts\.example\.net\.\s+300\s+IN\s+TXT\s+"a"/);
  t.match(steps, /TSIG.*NOERROR/);
  t.match(await dig('SOA', '+notcp'), /status: NOERROR.*TSIG.*NOERROR/s, 'a signed query is answered signed');
  t.notMatch(steps, /verify failure|BADSIG/i);
});

t.test('a signature of nobody is told so, and a NOTIFY to us is not for us', async (t) => {
  const site = await DnsSite.start(t, { count: 1 });
  const notify = await ask(site.port, queryFor({ name: FACTS.name, type: 'SOA', opcode: 4 }));
  t.equal((notify?.readUInt16BE(2) ?? 0) & 0xf, 4, 'NOTIMP');
});
