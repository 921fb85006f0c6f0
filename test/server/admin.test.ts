import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../peers/eventually.ts';
import { Home, MAIN } from './server.ts';

const home = new Home();
const file = join(home.policies, 'example.test.yaml');
const DOCUMENT = `# kept by hand
domain: example.test # ours
policy:
  mode: testing
  max_age: 604800
  mx: [mail.example.test]
`;
writeFileSync(file, DOCUMENT);

interface Started {
  readonly program: ChildProcess;
  readonly said: { out: string; log: string };
  readonly base: string;
}

/** Started as its users start it, with what it prints. */
async function start(): Promise<Started> {
  const program = spawn(process.execPath, [MAIN, 'serve'], { env: home.environment() });
  const said = { out: '', log: '' };
  program.stdout.on('data', (part) => {
    said.out += part;
  });
  program.stderr.on('data', (part) => {
    said.log += part;
  });
  await eventually('the welcome', () => said.out.includes('records '));
  const base = `http://${/^admin +http +(\S+)$/m.exec(said.out)?.[1]}/api/v1`;
  return { program, said, base };
}

async function stop({ program }: Started): Promise<void> {
  program.kill('SIGTERM');
  await once(program, 'exit');
}

t.teardown(() => home.remove());

t.test('the first start prints a token once, and it is good ever after', async (t) => {
  const first = await start();
  const token = /^token +(postseal_[\w-]{43})$/m.exec(first.said.out)?.[1] ?? '';
  t.ok(token, first.said.out);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const url = (path: string, { base }: Started = first) => `${base}/tenants/example.test${path}`;
  const seen = await fetch(url(''), { headers });
  t.equal(seen.status, 200);
  const etag = seen.headers.get('etag') ?? '';
  const put = (policy: object, match: string) =>
    fetch(url('/policy'), {
      method: 'PUT',
      headers: { ...headers, 'if-match': match },
      body: JSON.stringify({ mode: 'testing', max_age: 604800, mx: ['mail.example.test'], ...policy }),
    });
  const changed = await put({ mode: 'enforce' }, etag);
  t.equal(changed.status, 200, await changed.clone().text());
  t.equal(readFileSync(file, 'utf8'), DOCUMENT.replace('testing', 'enforce'), 'comments stay');
  t.equal((await put({ max_age: 86400 }, etag)).status, 412, 'the race is lost');
  const byHand = DOCUMENT.replace('604800', '1209600');
  writeFileSync(file, byHand);
  await eventually('the edit by hand', async () => {
    const { revision } = (await (await fetch(url(''), { headers })).json()) as {
      revision: { number: number };
    };
    return revision.number === 3;
  });
  const conflict = await put({ max_age: 86400 }, changed.headers.get('etag') ?? '');
  t.equal(conflict.status, 409);
  const both = (await conflict.json()) as { yours: string; theirs: string };
  t.equal(both.theirs, byHand);
  t.match(both.yours, /max_age: 86400/);
  t.equal(readFileSync(file, 'utf8'), byHand, 'what was edited by hand is not overwritten');
  await stop(first);
  const second = await start();
  t.notMatch(second.said.out, /postseal_/, 'a second start prints none');
  t.equal((await fetch(url('', second), { headers })).status, 200);
  await stop(second);
  for (const { said } of [first, second]) t.notOk(said.log.includes(token), 'the log never has it');
  for (const name of readdirSync(home.state).filter((name) => name.startsWith('state.'))) {
    t.notOk(readFileSync(join(home.state, name), 'latin1').includes(token.slice(9)), `nor has ${name}`);
  }
});
