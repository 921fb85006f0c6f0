import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type Case, LOAD_CORE, openBench } from './bench.ts';
import { adminList } from './cases/admin-list.ts';
import { dns } from './cases/dns.ts';
import { handshake } from './cases/handshake.ts';
import { hotSet } from './cases/hot-set.ts';
import { keptAlive } from './cases/kept-alive.ts';
import { orders } from './cases/orders.ts';
import { reload } from './cases/reload.ts';
import { renewals } from './cases/renewals.ts';
import { start } from './cases/start.ts';
import { workers } from './cases/workers.ts';
import type { Figure } from './figure.ts';
import { machine } from './machine.ts';
import { type Options, optionsOf, USAGE } from './options.ts';
import { moveTo, preferSession } from './pin.ts';
import { reportOf, tableOf } from './report.ts';

const OUT = join(import.meta.dirname, 'out');
const CASES: readonly Case[] = [
  handshake,
  ...keptAlive,
  hotSet,
  workers,
  start,
  reload,
  orders,
  renewals,
  dns,
  adminList,
];

function chosen({ only, quick }: Options): readonly Case[] {
  const unknown = only.filter((name) => !CASES.some((each) => each.name === name));
  if (unknown.length > 0)
    throw new TypeError(
      `no case ${unknown.join(', ')}; there are ${CASES.map(({ name }) => name).join(', ')}`,
    );
  return CASES.filter(({ name, main }) => (only.length > 0 ? only.includes(name) : main || !quick));
}

async function figuresOf(cases: readonly Case[], options: Options): Promise<Figure[]> {
  const scratch = join(OUT, 'run', String(process.pid));
  const run = openBench(options, OUT, scratch);
  const figures: Figure[] = [];
  try {
    for (const each of cases) {
      console.error(`${each.name} …`);
      figures.push(...(await each.run(run)));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return figures;
}

/** Gives the exit code: 1 where anything answered wrongly. */
async function bench(options: Options): Promise<number> {
  const cases = chosen(options);
  if (cpus().length < 2) throw new TypeError('the bench needs two processors');
  const facts = machine();
  // The bench's own process must not take time from the servers.
  moveTo(LOAD_CORE, process.pid);
  preferSession(process.pid);
  mkdirSync(OUT, { recursive: true });
  const figures = await figuresOf(cases, options);
  const report = reportOf(facts, figures);
  const json = options.json ?? join(OUT, `${facts.at.replaceAll(':', '')}.json`);
  writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`${tableOf(report)}\n\n${json}`);
  return figures.some(({ errors }) => errors > 0) ? 1 : 0;
}

try {
  process.exitCode = await bench(optionsOf(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
