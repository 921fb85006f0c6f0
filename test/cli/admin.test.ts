import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readCases } from '../cases.ts';
import { startKnot } from '../peers/knot.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { Home, Server } from '../server/server.ts';
import { type CliOutcome, runCli } from './run-cli.ts';

// Each command starts a program, and the machine may be busy.
t.setTimeout(300_000);

interface Step {
  readonly why?: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly code?: number;
  /** The whole of stdout; pieces of it; how each of its lines begins; or a part of the JSON that it is. */
  readonly stdout?: string;
  readonly says?: readonly string[];
  readonly lines?: readonly string[];
  readonly matches?: object;
  readonly complains?: readonly string[];
  /** A member of the JSON, kept as SECRET for the steps that follow. */
  readonly keep?: string;
}
const { steps } = readCases<{ steps: readonly Step[] }>('admin.yaml', import.meta);

const TOKEN = 'a-token-of-the-configuration-that-nobody-guesses';

const { host, close } = await startLoopback();
const dnsPort = await freePort();
const dns = await startKnot(host, {
  address: '127.0.0.1',
  port: dnsPort,
  zones: ['test'],
  records: [
    { name: 'new.test', type: 'MX', value: '10 mx1.new.test.' },
    { name: 'new.test', type: 'MX', value: '20 mx2.new.test.' },
    { name: 'mx1.new.test', type: 'A', value: '192.0.2.1' },
    { name: 'nomail.test', type: 'MX', value: '0 .' },
    ...['a', 'b', 'c'].map((name) => {
      return { name: 'farm.test', type: 'MX', value: `10 ${name}.in.mail.bigmail.test.` } as const;
    }),
  ],
});
const home = new Home();
home.write(
  'example.test',
  { mode: 'testing', max_age: 604_800, mx: ['mail.example.test'] },
  { labels: { customer: '42' } },
);
home.write('other.test', { mode: 'enforce', max_age: 86_400, mx: ['mail.other.test'] });
const documents = join(home.path, 'documents');
mkdirSync(documents);
const policy = { mode: 'testing', max_age: 86_400, mx: ['mail.doc.test'] };
writeFileSync(join(documents, 'doc.test.yaml'), JSON.stringify({ domain: 'doc.test', policy }));
writeFileSync(join(documents, 'bad.test.yaml'), 'domain: bad.test\npolicy:\n  mode: strict\n  max_age: 1\n');
const port = await freePort();
const environment = {
  POSTSEAL_LISTEN_ADMIN: `127.0.0.1:${port}`,
  POSTSEAL_ADMIN_TOKEN: TOKEN,
  POSTSEAL_DNS_RESOLVER: `127.0.0.1:${dnsPort}`,
};
const server = await Server.start(home, environment);
t.teardown(async () => {
  await server.stop();
  await dns.close();
  await close();
  home.remove();
});

let secret = '';
for (const step of steps) {
  const { why, args } = step;
  t.test(`postseal ${args.join(' ')}${why === undefined ? '' : `: ${why}`}`, async (t) => {
    const told = filled(step);
    const outcome = await runCli(home, told.args, { ...environment, ...told.environment }, told.input);
    judge(t, told, outcome);
    if (step.keep !== undefined) secret = JSON.parse(outcome.stdout)[step.keep];
  });
}

function filled(step: Step): Step {
  const text = JSON.stringify(step)
    .replaceAll('HOME', home.path)
    .replaceAll('SERVER"', `http://127.0.0.1:${port}"`)
    .replaceAll('SECRET', secret);
  return JSON.parse(text) as Step;
}

function judge(t: Test, step: Step, { code, stdout, stderr }: CliOutcome): void {
  t.equal(code, step.code ?? 0, stderr);
  const { says, lines, matches } = step;
  if (matches !== undefined) t.match(JSON.parse(stdout), patterns(matches));
  else if (lines !== undefined) {
    const found = stdout.split('\n').filter((line) => line !== '');
    t.equal(found.length, lines.length, stdout);
    for (const [index, line] of lines.entries()) t.ok(found[index]?.startsWith(line), stdout);
  } else if (says !== undefined)
    for (const piece of says) t.ok(stdout.includes(piece), `${piece}\n${stdout}`);
  else t.equal(stdout, step.stdout ?? '');
  for (const piece of step.complains ?? []) t.ok(stderr.includes(piece), `${piece}\n${stderr}`);
  t.notMatch(stderr, /^ +at /m, 'no stack');
  t.notOk(stderr.includes(TOKEN), 'no token is told');
}

/** Texts such as `/^20/` are patterns. */
function patterns(value: unknown): unknown {
  if (typeof value === 'string') {
    const pattern = /^\/(.*)\/$/.exec(value)?.[1];
    return pattern === undefined ? value : new RegExp(pattern);
  }
  if (Array.isArray(value)) return value.map(patterns);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, patterns(each)]));
}
