import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { openPublications } from '../../src/store/files/publication-file.ts';
import { openState } from '../../src/store/files/state-file.ts';
import type { NewRevision } from '../../src/tenant/store.ts';
import { readCases } from '../cases.ts';
import { Home } from '../server/server.ts';
import { policyDomain, policyOf, recording, revise } from '../tenant/revisions.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const NOW = Date.UTC(2026, 10, 22, 19, 6, 50);

interface Script {
  readonly why?: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly state?: 'none' | 'empty' | 'newer' | 'damaged';
  readonly code?: number;
  /** The whole of stdout; or pieces of it; or the JSON that it is; or a part of that JSON. */
  readonly stdout?: string;
  readonly says?: readonly string[];
  readonly json?: unknown;
  readonly matches?: object;
  readonly complains?: readonly string[];
}
const { scripts } = readCases<{ scripts: readonly Script[] }>('cli.yaml', import.meta);

// A limit for a machine that does much else: each script starts a process.
t.setTimeout(600_000);
t.jobs = 2;

for (const script of scripts) {
  t.test(`postseal ${script.args.join(' ')}${script.why ? `: ${script.why}` : ''}`, async (t) => {
    const { home, id } = homeOf(t, script);
    const told = JSON.parse(
      JSON.stringify(script).replaceAll('HOME', home.path).replaceAll('id=ID', `id=${id}`),
    );
    const { code, stdout, stderr } = run(home, told);
    t.equal(code, script.code ?? 0, stderr);
    assertStdout(t, told, stdout);
    if (told.complains === undefined) t.equal(stderr, '');
    for (const piece of told.complains ?? []) t.ok(stderr.includes(piece), `${piece}\n${stderr}`);
    t.notMatch(stderr, /^ +at /m, 'no stack');
  });
}

t.test('a reader that stops early is no error', async (t) => {
  const { home } = homeOf(t, { args: [] });
  const store = openState(home.state);
  const revisions = Array.from({ length: 5000 }, (_, index) => {
    return revise(
      policyDomain(`d${index}.example`),
      policyOf('none', 1),
      { newest: undefined, served: false },
      NOW,
    );
  });
  store.record(recording({ revisions, now: NOW }));
  store.settle('all', NOW);
  store.close();
  const child = spawn(process.execPath, [MAIN, 'records'], {
    env: home.environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  const [code] = await once(child, 'exit');
  t.equal(stderr, '');
  t.equal(code, 0);
});

function run(home: Home, { args, environment = {} }: Script) {
  const env = home.environment(environment);
  const options = { env, encoding: 'utf8', timeout: 60_000 } as const;
  const { status: code, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { code, stdout, stderr };
}

function assertStdout(t: Test, { stdout, says, json, matches }: Script, found: string): void {
  if (says !== undefined) for (const piece of says) t.ok(found.includes(piece), piece);
  else if (json !== undefined) t.strictSame(JSON.parse(found), json);
  else if (matches !== undefined) t.match(JSON.parse(found), matches);
  else t.equal(found, stdout ?? '');
}

/** As after a look from outside that found the policies of all these tenants. */
function seen(folder: string, revisions: readonly NewRevision[]): void {
  const publications = openPublications(folder);
  for (const { domain, revision } of revisions) {
    const { number, id } = revision;
    publications.change(domain, number, (course) => ({ ...course, clearedAt: NOW, due: id }));
  }
  publications.close();
}

/** Two tenants that are served, one that left, and one that no worker serves yet. */
function homeOf(t: Test, { state, file }: Script) {
  const home = new Home();
  t.teardown(() => home.remove());
  if (file !== undefined) writeFileSync(join(home.path, 'postseal.yaml'), file);
  const path = join(home.state, 'state.sqlite');
  const store = openState(home.state);
  const first = (name: string) =>
    revise(policyDomain(name), policyOf('none', 86_400), { newest: undefined, served: false }, NOW);
  const revisions = ['example.com', 'bücher.example', 'left.example'].map(first);
  store.record(recording({ revisions, now: NOW }));
  store.record(recording({ left: [policyDomain('left.example')], now: NOW }));
  store.settle('all', NOW);
  store.record(recording({ revisions: [first('new.example')], now: NOW }));
  store.close();
  seen(home.state, revisions);
  if (state === 'none') rmSync(home.state, { recursive: true });
  if (state === 'empty') writeFileSync(path, '');
  if (state === 'damaged') writeFileSync(path, 'no database '.repeat(1000));
  if (state === 'newer') {
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
  }
  return { home, id: revisions[0]?.revision.id };
}
