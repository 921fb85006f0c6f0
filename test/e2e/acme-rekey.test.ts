import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { AcmeInternet } from './acme/acme-internet.ts';

// Another account key, asked for by the command line beside the running server, which is killed at every step of it.

t.setTimeout(150_000);

const LONGEST_DELAY_MILLISECONDS = 25;
const PATIENCE_SECONDS = 60;
/** Lines of the CA's log, each the moment of a kill. */
const STEPS = [/POST \/sign-me-up/, /POST \/rollover-account-key/] as const;

const internet = await AcmeInternet.start(t);
const pebble = await internet.pebble({ badNonces: 5 });
const operator = await internet.operator(pebble);
await operator.pointHere('keyed.test');
await operator.add('keyed.test');
await operator.event('certificate_issued', 'keyed.test');
const folder = join(operator.postseal.folders.state, 'acme');
const key = () => readFile(join(folder, 'ca.test.pem'), 'utf8');

t.test('a running server takes up the new key', async (t) => {
  const before = await key();
  t.equal(await operator.postseal.cli('cert', 'rekey'), 'ca.test knows the new account key\n');
  t.not(await key(), before);
  await isWhole();
});

t.test('wherever the server is killed, the account works', async (t) => {
  for (const step of STEPS) {
    const before = await key();
    const from = pebble.program.lines.length;
    const asked = operator.postseal.cli('cert', 'rekey');
    await pebble.program.line(step, from);
    const delay = Math.floor(Math.random() * LONGEST_DELAY_MILLISECONDS);
    await sleep(delay);
    await operator.postseal.program.stop('SIGKILL');
    t.comment(`killed ${delay} ms after ${step}, with ${(await readdir(folder)).join(' ')}`);
    await operator.start();
    t.equal(await asked, 'ca.test knows the new account key\n', 'who asked is told');
    t.not(await key(), before);
    await isWhole();
  }
});

t.test('a CA that is away is waited for', async (t) => {
  const before = await key();
  await pebble.close();
  const asked = operator.postseal.cli('cert', 'rekey');
  await operator.hostEvent('account_key_not_changed');
  t.equal(await key(), before);
  await pebble.restart();
  await asked.catch(() => {});
  await operator.postseal.program.until(
    'the new key',
    async () => (await key()) !== before,
    PATIENCE_SECONDS,
  );
  await isWhole();
});

/** The one account of before has one key, and orders with it. */
async function isWhole(): Promise<void> {
  const issued = operator.events('certificate_issued', 'mta-sts.keyed.test').length;
  await operator.renew('keyed.test');
  await operator.event('certificate_issued', 'keyed.test', issued);
  t.same(await readdir(folder), ['ca.test.pem']);
  const accounts = pebble.program.lines.flatMap(
    (line) => /now (\d+) accounts in memory/.exec(line)?.[1] ?? [],
  );
  t.same(new Set(accounts), new Set(['1']), 'no second account was made');
}
