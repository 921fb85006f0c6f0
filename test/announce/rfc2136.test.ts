import t from 'tap';
import { rfc2136Publisher } from '../../src/announce/rfc2136.ts';
import { tsigKey } from '../../src/dns/tsig.ts';
import { startBind } from '../peers/bind.ts';
import { recordText } from '../peers/dns-record.ts';
import { startKnot } from '../peers/knot.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { keepsTheContract } from './contract.ts';
import { lookAt } from './kdig.ts';

// Dynamic updates of the real servers.

t.setTimeout(170_000);
const loopback = await startLoopback();
t.teardown(() => loopback.close());
const { host } = loopback;
const secret = Buffer.from(TSIG_KEY.secret, 'base64');
const key = tsigKey(TSIG_KEY.name, TSIG_KEY.algorithm, secret);
const ZONE = 'z.sts.test';
const domain = policyDomain('tenant.test');
const TEXT = 'v=STSv1; id=20261129T120000Z01234567;';
const { signal } = new AbortController();
const HOUR = 3600_000;

const servers = { BIND: startBind, Knot: startKnot };
for (const [name, start] of Object.entries(servers)) {
  const port = await freePort();
  const options = { address: '127.0.0.1', port, zones: ['test', ZONE], records: [], hasRoot: false };
  const running = await start(host, options);
  const at = (more: Partial<Parameters<typeof rfc2136Publisher>[0]> = {}) =>
    rfc2136Publisher({ server: { host: '127.0.0.1', port }, key, now: Date.now, ...more });
  const change = async (...commands: readonly string[]) => {
    const credentials = `${TSIG_KEY.algorithm}:${TSIG_KEY.name}:${TSIG_KEY.secret}`;
    const script = [`server 127.0.0.1 ${port}`, `zone ${ZONE}.`, ...commands, 'send', ''];
    await host.run('knsupdate', ['-y', credentials], { input: script.join('\n') });
  };
  const { held, version } = lookAt(host, port);

  keepsTheContract(name, {
    zone: ZONE,
    publisher: at(),
    withWrongSecret: at({ key: tsigKey(TSIG_KEY.name, TSIG_KEY.algorithm, Buffer.from('a guess at it')) }),
    toNobody: at({ server: { host: '127.0.0.1', port: await freePort() } }),
    secrets: [TSIG_KEY.secret, secret.toString(), 'a guess at it'],
    held,
    put: (record) => change(`update add ${recordText(record)}`),
    remove: (name) => change(`update delete ${name}. TXT`),
    version: () => version(ZONE),
  });

  t.test(`${name}: what is wrong is told in words, with the remedy`, async (t) => {
    const announcement = { domain, name: `x.${ZONE}`, text: TEXT, ttl: 60 };
    const attempt = (more: Parameters<typeof at>[0], name = announcement.name) =>
      at(more).announce({ ...announcement, name }, signal);
    const stranger = tsigKey('stranger', 'hmac-sha512', secret);
    t.match(await attempt({ key: stranger }), { outcome: 'refused', why: /BADKEY/, remedy: /key_name/ });
    const behind = { now: () => Date.now() - HOUR };
    t.match(await attempt(behind), {
      outcome: 'refused',
      why: /by (3599|3600|3601) seconds, and ours is behind \(BADTIME\)/,
      remedy: /NTP/,
    });
    const ahead = { now: () => Date.now() + HOUR };
    t.match(await attempt(ahead), { outcome: 'refused', why: /ours is ahead/ });
    t.match(await attempt({ zone: 'other.test' }), { outcome: 'refused', why: /NOTZONE|NOTAUTH/ });
    t.match(await attempt({ zone: ZONE }, 'x.test'), { outcome: 'refused', why: /NOTZONE|NOTAUTH|FORMERR/ });
    t.same(await held(announcement.name), []);
  });

  t.test(`${name}: down, and back`, async (t) => {
    const announcement = { domain, name: `back.${ZONE}`, text: TEXT, ttl: 60 };
    await running.close();
    t.match(await at().announce(announcement, signal), { outcome: 'unreachable' });
    await start(host, options);
    t.same(await at().announce(announcement, signal), { outcome: 'announced' });
    t.same(await held(announcement.name), [{ text: TEXT, ttl: 60 }]);
  });
}
