import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { AcmeInternet } from './acme/acme-internet.ts';
import { type KeyPairFile, readKeyPairs } from './acme/key-pair-file.ts';

// The whole server is killed at every step of its orders, while a few tenants more come each time.

t.setTimeout(120_000);

/** Lines of the CA's log, each the moment of one kill, in the order of an order; the first kill is at the start. */
const STEPS = [
  /ACME directory available/,
  /POST \/order-plz/,
  /POST \/chalZ\//,
  /Starting 3 validations/,
  /set VALID/,
  /POST \/finalize-order\//,
  /Issued certificate/,
  /POST \/certZ\//,
] as const;
const TENANTS_PER_STEP = 4;
const LONGEST_DELAY_MILLISECONDS = 40;
const READING_PAUSE_MILLISECONDS = 10;
const CHALLENGE_URL = /http:\/\/\S+\/\.well-known\/acme-challenge\/\S+/g;

const internet = await AcmeInternet.start(t);
const { sender } = internet;

t.test('killed at every step of an order', async (t) => {
  const pebble = await internet.pebble({ badNonces: 5 });
  const operator = await internet.operator(pebble);
  const domains = STEPS.flatMap((_, step) =>
    Array.from({ length: TENANTS_PER_STEP }, (_, index) => `tenant${step}-${index}.test`),
  );
  await operator.pointHere(...domains);
  const { certs } = operator.postseal.folders;
  const reader = readAllTheTime(certs);
  let from = 0;
  for (const [step, line] of STEPS.entries()) {
    await operator.add(...domains.slice(step * TENANTS_PER_STEP, (step + 1) * TENANTS_PER_STEP));
    await pebble.program.line(line, from);
    const delay = Math.floor(Math.random() * LONGEST_DELAY_MILLISECONDS);
    await sleep(delay);
    await operator.postseal.program.stop('SIGKILL');
    t.comment(`killed ${delay} ms after ${line}, with ${(await readKeyPairs(certs)).length} certificates`);
    const orphans = challengeUrls();
    // Each type of challenge in turn.
    const type = step % 2 === 0 ? 'tls-alpn-01' : 'http-01';
    await operator.start({ env: { POSTSEAL_ACME_CHALLENGES: type } });
    t.same(await sender.answering(orphans), [], 'no challenge of before is answered');
    from = pebble.program.lines.length;
  }
  const wanted = [operator.serviceName, ...domains.map((domain) => `mta-sts.${domain}`)].toSorted();
  const pairs = await operator.postseal.program.until('all certificates', async () => {
    t.comment(
      'X',
      (await readKeyPairs(certs)).length,
      JSON.stringify((await operator.certificates()).filter(({ state }) => state !== 'valid')),
    );
    const found = await readKeyPairs(certs);
    return found.length === wanted.length && found;
  });
  t.same(pairs.map(({ host }) => host).toSorted(), wanted);
  t.same(await reader.stop(), [], 'every file was whole at every moment');
  t.same(
    (await readdir(certs)).toSorted(),
    wanted.map((host) => `${host}.pem`),
    'and nothing else is left',
  );
  const served = await sender.served(domains, await sender.trust(pebble));
  t.same(served.toSorted(), domains.toSorted(), 'all are served');
  t.same(await sender.answering(challengeUrls()), [], 'no challenge is left over HTTP');
  for (const domain of domains) t.notOk(await sender.takesChallenge(domain), `${domain}: nor over TLS`);

  function challengeUrls(): string[] {
    return [...new Set(pebble.program.lines.flatMap((line) => line.match(CHALLENGE_URL) ?? []))];
  }
});

/** Reads the certificates all the time, and tells which were no good. */
function readAllTheTime(folder: string): { stop(): Promise<readonly (KeyPairFile | Error)[]> } {
  const ending = new AbortController();
  const flawed: (KeyPairFile | Error)[] = [];
  const reading = (async () => {
    while (!ending.signal.aborted) {
      const pairs = await readKeyPairs(folder).catch((error: Error) => [error]);
      flawed.push(...pairs.filter((pair) => pair instanceof Error || !pair.isWhole));
      await sleep(READING_PAUSE_MILLISECONDS);
    }
  })();
  return {
    stop: async () => {
      ending.abort();
      await reading;
      return flawed;
    },
  };
}
