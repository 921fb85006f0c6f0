import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AcmeInternet } from '../../test/e2e/acme/acme-internet.ts';
import type { Operator } from '../../test/e2e/acme/operator.ts';
import { type Bench, type Case, LOAD_CORE, SERVER_CORE } from '../bench.ts';
import type { Corpus } from '../corpus.ts';
import { cpuSecondsOf } from '../cpu.ts';
import { type Figure, median } from '../figure.ts';
import type { Outcome } from '../load/generator.ts';
import { moveTo, preferSession } from '../pin.ts';
import { microsecondsEach, notesOf } from '../rounds.ts';
import { postseal } from '../servers/postseal.ts';
import { family } from '../servers/process.ts';
import { domainOf, HOT } from '../tenants.ts';

const PATIENCE_SECONDS = 900;
const PORT = 8443;

/**
 * What a request costs the workers while the primary replaces every certificate: looked at, ordered at a real CA, written
 * durably and taken into use. Postseal has the one processor; the CA, DNS and the load have the other.
 */
export const renewals: Case = {
  name: 'renewals',
  main: false,
  async run(bench) {
    const internet = await AcmeInternet.open('example');
    try {
      const corpus = bench.corpus(Math.min(HOT, bench.options.tenants));
      return figuresOf(corpus.tenants, await replaceAll(bench, internet, corpus));
    } finally {
      await internet.close();
    }
  },
};

interface Seen {
  readonly quiet: Outcome[];
  readonly busy: Outcome[];
  /** Why an order failed, of each that did. */
  readonly failures: string[];
  /** Certificates that were replaced while the load was measured, in so many seconds of load and primary. */
  replaced: number;
  seconds: number;
  primarySeconds: number;
  /** Tenants that are not served with a new certificate of their own in the end. */
  unserved: number;
}

async function replaceAll(bench: Bench, internet: AcmeInternet, corpus: Corpus): Promise<Seen> {
  const seen: Seen = {
    quiet: [],
    busy: [],
    failures: [],
    replaced: 0,
    seconds: 0,
    primarySeconds: 0,
    unserved: 0,
  };
  const pebble = await internet.pebble({ badNonces: 5 });
  const operator = await startWith(internet, pebble, corpus, copyOf(corpus, bench.scratch));
  const domains = Array.from({ length: corpus.tenants }, (_, index) => domainOf(index));
  await operator.pointHere(...domains);
  // Each tenant's certificate comes into memory, so that no window pays for what is loaded once.
  await fetch(bench, operator, corpus, { answers: 3 * corpus.tenants });
  const size = Math.ceil(domains.length / bench.options.rounds);
  for (let first = 0; first < domains.length; first += size) {
    seen.quiet.push(await fetch(bench, operator, corpus));
    await replace(bench, operator, corpus, domains.slice(first, first + size), seen);
  }
  seen.failures.push(...operator.events('certificate_failed').map(({ why }) => String(why)));
  const served = await internet.sender.served(domains, await internet.sender.trust(pebble));
  seen.unserved = domains.length - served.length;
  return seen;
}

/** Hard links: Postseal puts new files in their places, and the old ones stay for the next run. */
function copyOf({ certs }: Corpus, scratch: string): string {
  const folder = join(scratch, 'renewals');
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(certs)) linkSync(join(certs, file), join(folder, file));
  return folder;
}

async function startWith(
  internet: AcmeInternet,
  pebble: Awaited<ReturnType<AcmeInternet['pebble']>>,
  { policies, tenants }: Corpus,
  certs: string,
): Promise<Operator> {
  const host = await internet.edge();
  const env = {
    POSTSEAL_LISTEN_HTTPS: `${host.address}:443,127.0.0.1:${PORT}`,
    POSTSEAL_STORE_POLICIES: policies,
    POSTSEAL_STORE_CERTS: certs,
    POSTSEAL_LOG_LEVEL: 'info',
  };
  const operator = await internet.operator(pebble, { host, env });
  const { program } = operator.postseal;
  const found = () => operator.count('certificate_found') === tenants;
  await program.until('the certificates that are there', found, PATIENCE_SECONDS);
  await operator.hostEvent('certificate_issued', operator.serviceName);
  for (const pid of family(program.pid ?? 0)) moveTo(SERVER_CORE, pid);
  for (const pid of family(process.pid)) preferSession(pid);
  return operator;
}

/** Asks for new certificates as operators do, and measures the load for as long as they come. */
async function replace(
  bench: Bench,
  operator: Operator,
  corpus: Corpus,
  domains: readonly string[],
  seen: Seen,
): Promise<void> {
  const { program, cli } = operator.postseal;
  const issued = () => operator.count('certificate_issued');
  const ended = () => issued() + operator.count('certificate_failed');
  const all = ended() + domains.length;
  const primary = () => cpuSecondsOf([program.pid ?? 0]);
  const asked = cli('cert', 'renew', ...domains);
  for (const end = performance.now() + PATIENCE_SECONDS * 1000; ended() < all && performance.now() < end; ) {
    const before = { issued: issued(), primary: primary(), at: performance.now() };
    const outcome = await fetch(bench, operator, corpus);
    const replaced = issued() - before.issued;
    // A window before the first one comes is quiet, and the last may be so in part: it counts where there is no other.
    if (replaced === 0 || (ended() === all && seen.busy.length > 0)) continue;
    seen.busy.push(outcome);
    seen.replaced += replaced;
    seen.primarySeconds += primary() - before.primary;
    seen.seconds += (performance.now() - before.at) / 1000;
  }
  await asked;
}

function fetch(
  { load, options: { seconds } }: Bench,
  { host, postseal: { program } }: Operator,
  { tenants }: Corpus,
  { answers = 0 } = {},
): Promise<Outcome> {
  const workers = family(program.pid ?? 0).filter((pid) => pid !== program.pid);
  const length =
    answers > 0 ? { warmUp: 0, seconds: 60, answers } : { warmUp: Math.min(1, seconds), seconds };
  const { enter } = host;
  return load({ kind: 'close', port: PORT, tenants, pids: workers, cores: LOAD_CORE, enter, ...length });
}

function figuresOf(tenants: number, { quiet, busy, failures, ...seen }: Seen): Figure[] {
  const name = `renewals, ${tenants} certificates`;
  const figure = (who: string, outcomes: readonly Outcome[]): Figure => {
    const rounds = outcomes.filter(({ answers }) => answers > 0).map(microsecondsEach);
    return {
      case: name,
      server: `${postseal.name}, ${who}`,
      what: "workers' processor time per request",
      unit: 'µs',
      value: median(rounds),
      rounds,
      errors: outcomes.reduce((sum, { errors }) => sum + errors, 0),
      notes: notesOf(outcomes),
      baseline: `${postseal.name}, quiet`,
    };
  };
  const alone = { case: name, server: `${postseal.name}, replacing`, rounds: [], errors: 0, notes: [] };
  return [
    figure('quiet', quiet),
    figure('replacing', busy),
    {
      ...alone,
      what: 'certificates replaced',
      unit: '/min',
      value: (seen.replaced / seen.seconds) * 60,
      errors: seen.unserved,
      notes: ['looked at, from Pebble, at the pace of renewals in no hurry', ...failures],
    },
    {
      ...alone,
      what: "primary's processor time per certificate",
      unit: 'ms',
      value: (seen.primarySeconds / seen.replaced) * 1000,
    },
  ];
}
