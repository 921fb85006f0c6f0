import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { CHALLENGE_TYPES, type ChallengeType } from '../../src/certs/issuer.ts';
import type { Pebble } from '../peers/pebble.ts';
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
const TENANTS_PER_STEP = 2;
const LONGEST_DELAY_MILLISECONDS = 40;
const READING_PAUSE_MILLISECONDS = 10;
const CHALLENGE_URL = /http:\/\/\S+\/\.well-known\/acme-challenge\/\S+/g;

const internet = await AcmeInternet.start(t);
const { sender } = internet;

for (const type of CHALLENGE_TYPES) t.test(`with ${type}`, (t) => killAtEveryStep(t, type));

async function killAtEveryStep(t: Test, type: ChallengeType): Promise<void> {
  const env = { POSTSEAL_ACME_CHALLENGES: type };
  const pebble = await internet.pebble({ badNonces: 5 });
  const operator = await internet.operator(pebble, { env });
  const domains = STEPS.flatMap((_, step) =>
    Array.from({ length: TENANTS_PER_STEP }, (_, index) => `${type}-${step}-${index}.test`),
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
    from = pebble.program.lines.length;
    const orphans = challengeUrls(pebble);
    await operator.start({ env });
    t.same(await sender.answering(orphans), [], 'no challenge of before is answered');
  }
  const wanted = [operator.serviceName, ...domains.map((domain) => `mta-sts.${domain}`)].toSorted();
  const isAll = async () => (await readKeyPairs(certs)).length === wanted.length;
  await operator.postseal.program.until('all certificates', isAll);
  t.same(await reader.stop(), [], 'every file was whole at every moment');
  const files = (await readdir(certs)).toSorted();
  t.same(
    files,
    wanted.map((host) => `${host}.pem`),
    'a file for each host, and nothing else',
  );
  const root = await sender.trust(pebble);
  const shown = async () => (await sender.served(domains, root)).length === domains.length;
  await operator.postseal.program.until('all to be served', shown);
  t.same(await sender.answering(challengeUrls(pebble)), [], 'no challenge is left over HTTP');
  for (const domain of domains) t.notOk(await sender.takesChallenge(domain), `${domain}: nor over TLS`);
}

/** All that the CA asked for over HTTP. */
function challengeUrls({ program }: Pebble): string[] {
  return [...new Set(program.lines.flatMap((line) => line.match(CHALLENGE_URL) ?? []))];
}

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
