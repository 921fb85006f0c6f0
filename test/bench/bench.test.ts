import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cpuSeconds, cpuSecondsOf } from '../../bench/cpu.ts';
import type { Report } from '../../bench/report.ts';

const BENCH = join(import.meta.dirname, '../../bench');
const TENANTS = ['--tenants', '5', '--some', '10', '--many', '20', '--orders', '5'];
const TINY = [...TENANTS, '--seconds', '0.3', '--rounds', '1'];
const SERVERS = ['nginx stock', 'nginx tuned', 'postseal'];

t.setTimeout(180_000);

function bench(t: Test, ...args: string[]): Report {
  const json = join(t.testdir(), 'report.json');
  const ran = spawnSync(process.execPath, [join(BENCH, 'main.ts'), ...TINY, '--json', json, ...args], {
    encoding: 'utf8',
  });
  t.equal(ran.status, 0, 'the bench ends well', { stdout: ran.stdout, stderr: ran.stderr });
  return JSON.parse(readFileSync(json, 'utf8')) as Report;
}

function checkFigures(t: Test, { figures }: Report): void {
  for (const { case: name, server, what, value, errors, notes } of figures) {
    const about = `${name}: ${server}: ${what}`;
    t.equal(errors, 0, `${about}: no errors`, { notes });
    if (!notes.some((note) => note.startsWith('not run'))) t.ok((value ?? 0) > 0, `${about}: has a figure`);
  }
}

t.test('a quick run compares all servers in the main cases', async (t) => {
  const report = bench(t, '--quick');
  checkFigures(t, report);
  for (const name of ['handshake', 'http1', 'http2', 'http2-20'])
    for (const server of SERVERS)
      t.ok(
        report.figures.some((figure) => figure.case === name && figure.server === server),
        `${name} has ${server}`,
      );
  const ours = report.figures.find(({ server }) => server === 'postseal');
  t.type(ours?.ratio, 'number', 'ours has a ratio to stock nginx');
  t.type(ours?.ratioToTuned, 'number', 'ours has a ratio to tuned nginx');
  t.match(report.machine, { processor: /./, nginx: /^nginx/, node: process.version });
});

t.test('the cases of certificates from a CA', async (t) => {
  const report = bench(t, '--only', 'orders', '--only', 'renewals');
  checkFigures(t, report);
  const whats = report.figures.map(({ case: name, server, what }) => `${name}: ${server}: ${what}`);
  t.same(whats, [
    'orders, 5 tenants: postseal: certificates',
    'orders, 5 tenants: postseal: processor time per order',
    'orders, 5 tenants: pebble: processor time per order',
    "renewals, 5 certificates: postseal, quiet: workers' processor time per request",
    "renewals, 5 certificates: postseal, replacing: workers' processor time per request",
    'renewals, 5 certificates: postseal, replacing: certificates replaced',
    "renewals, 5 certificates: postseal, replacing: primary's processor time per certificate",
  ]);
  t.type(report.figures[4]?.ratio, 'number', 'replacing has a ratio to quiet');
});

t.test('the case of DNS', async (t) => {
  const report = bench(t, '--only', 'dns');
  checkFigures(t, report);
  t.same(
    report.figures.map(({ case: name, server, what }) => `${name}: ${server}: ${what}`),
    ['knot', 'bind', 'postseal'].map((server) => `dns, 5 tenants: ${server}: queries per processor second`),
  );
  t.type(report.figures[2]?.ratio, 'number', 'ours has a ratio to Knot');
});

t.test('the processor time of a process', async (t) => {
  const fields = 'S 1 4242 4242 0 -1 4194304 5000 0 12 0 250 75 9 9 20 0 11 0 123456 1000000 4000';
  t.equal(cpuSeconds(`4242 (node) ${fields}`), 3.25, 'of the process alone, without its children');
  t.equal(cpuSeconds(`4242 (a) b (c) ${fields}`), 3.25, 'a name with brackets and spaces');
  const before = cpuSecondsOf([process.pid]);
  t.ok(cpuSecondsOf([process.pid, process.pid]) >= 2 * before, 'it grows, and several are added up');
});

t.test('the cases of many tenants', async (t) => {
  const only = ['hot-set', 'workers', 'start', 'reload', 'admin-list'];
  const report = bench(t, ...only.flatMap((name) => ['--only', name]));
  checkFigures(t, report);
  for (const name of only)
    t.ok(
      report.figures.some((figure) => figure.case.startsWith(name)),
      `${name} was run`,
    );
});

t.test('arguments that mean nothing are refused', async (t) => {
  for (const args of [['--only', 'nonsense'], ['--rounds', '0'], ['--nonsense']]) {
    const ran = spawnSync(process.execPath, [join(BENCH, 'main.ts'), ...args], { encoding: 'utf8' });
    t.equal(ran.status, 2, args.join(' '));
    t.match(ran.stderr, /npm run bench/);
  }
});
