import t from 'tap';
import { AcmeInternet } from './acme/acme-internet.ts';
import { refusedCases } from './acme/refused.ts';

// Many tenants at once, one in twenty of whom no CA can issue for, at a CA that refuses one nonce in twenty.

t.setTimeout(180_000);

const GOOD = 475;
const REFUSED = 25;
const PATIENCE_SECONDS = 150;

const internet = await AcmeInternet.start(t);
const { sender, dns } = internet;

t.test(`${GOOD + REFUSED} tenants in one go, ${REFUSED} of them broken`, async (t) => {
  const good = Array.from({ length: GOOD }, (_, index) => `tenant${index}.test`);
  const blocked = ['blocked.test'];
  const pebble = await internet.pebble({
    badNonces: 5,
    blocked: blocked.map((domain) => `mta-sts.${domain}`),
  });
  const operator = await internet.operator(pebble, {
    env: { POSTSEAL_ACME_PARALLEL: '20', POSTSEAL_LOG_LEVEL: 'info' },
  });
  const words = {
    SERVICE: operator.serviceName,
    HERE: operator.host.address,
    ELSEWHERE: sender.host.address,
    ELSEWHERE6: sender.host.ipv6[0] ?? '',
  };
  const refused = Array.from({ length: REFUSED }, (_, index) => refusedCases({ words, suffix: `-${index}` }))
    .flatMap((cases, index) => cases[index % cases.length] ?? [])
    .slice(blocked.length);
  await operator.pointHere(...good, ...blocked);
  await dns.put(...refused.flatMap(({ records }) => records));

  const began = performance.now();
  await operator.add(...good, ...blocked, ...refused.map(({ domain }) => domain));
  const { program } = operator.postseal;
  const issued = () => operator.count('certificate_issued');
  await program.until('all good ones to be issued', () => issued() > GOOD, PATIENCE_SECONDS);
  t.comment(`${GOOD} certificates in ${((performance.now() - began) / 1000).toFixed(1)} s`);

  t.same(
    (await sender.served(good, await sender.trust(pebble))).toSorted(),
    good.toSorted(),
    'all are served',
  );
  const listed = new Map((await operator.certificates()).map((state) => [state.host, JSON.stringify(state)]));
  for (const { domain, title, why } of refused) t.match(listed.get(`mta-sts.${domain}`), why, title);
  for (const domain of blocked)
    t.match(listed.get(`mta-sts.${domain}`), /rejected/i, 'a name that the CA refuses');
  t.equal(issued(), GOOD + 1, 'and no other but the service name');
});
