import { AcmeInternet } from '../../test/e2e/acme/acme-internet.ts';
import type { Operator } from '../../test/e2e/acme/operator.ts';
import type { Pebble } from '../../test/peers/pebble.ts';
import { BOTH_CORES, type Case, LOAD_CORE } from '../bench.ts';
import { cpuSecondsOf } from '../cpu.ts';
import { type Figure, median } from '../figure.ts';
import { moveTo, preferSession } from '../pin.ts';
import { postseal } from '../servers/postseal.ts';
import { family } from '../servers/process.ts';

const PATIENCE_SECONDS = 600;
const BAD_NONCES = 5;
const MOST_ROUNDS = 3;

/**
 * Certificates for tenants who come all at once to a Postseal that has none, from a real CA, through real DNS, with
 * every look that comes before an order. Whoever takes part shares the two processors.
 */
export const orders: Case = {
  name: 'orders',
  main: true,
  async run({ options }) {
    moveTo(BOTH_CORES, process.pid);
    const internet = await AcmeInternet.open();
    try {
      const rounds: Round[] = [];
      while (rounds.length < Math.min(MOST_ROUNDS, options.rounds))
        rounds.push(await onboard(internet, options.orders));
      return figuresOf(options.orders, rounds);
    } finally {
      await internet.close();
      moveTo(LOAD_CORE, process.pid);
    }
  },
};

interface Round {
  readonly perMinute: number;
  /** Milliseconds of processor time per order, ours and the CA's. */
  readonly ours: number;
  readonly theirs: number;
  /** Tenants that are not served with a certificate of their own. */
  readonly unserved: number;
}

/** One round, with a Postseal and a CA that are new. */
async function onboard(internet: AcmeInternet, count: number): Promise<Round> {
  const pebble = await internet.pebble({ badNonces: BAD_NONCES });
  const operator = await internet.operator(pebble, { env: SETTINGS });
  await operator.hostEvent('certificate_issued', operator.serviceName);
  const domains = Array.from({ length: count }, (_, index) => `tenant${index}.test`);
  await operator.pointHere(...domains);
  for (const pid of family(process.pid)) preferSession(pid);
  const began = firstOrder(pebble, operator);
  await operator.add(...domains);
  const before = await began;
  const { program } = operator.postseal;
  const issued = () => operator.count('certificate_issued') > count;
  await program.until('the last certificate', issued, PATIENCE_SECONDS);
  const after = moment(pebble, operator);
  const served = await internet.sender.served(domains, await internet.sender.trust(pebble));
  await Promise.all([operator.postseal.close(), pebble.close()]);
  const each = (key: 'ours' | 'theirs') => ((after[key] - before[key]) / count) * 1000;
  return {
    perMinute: (count / (after.at - before.at)) * 60_000,
    ours: each('ours'),
    theirs: each('theirs'),
    unserved: count - served.length,
  };
}

const SETTINGS = { POSTSEAL_LOG_LEVEL: 'info', POSTSEAL_WORKERS: 'auto' };

/** The clock, and the processor time that was taken by then. */
interface Moment {
  readonly at: number;
  readonly ours: number;
  readonly theirs: number;
}

async function firstOrder(pebble: Pebble, operator: Operator): Promise<Moment> {
  const before = pebble.orders;
  await pebble.program.until('the first order', () => pebble.orders > before);
  return moment(pebble, operator);
}

function moment(pebble: Pebble, operator: Operator): Moment {
  const cpuOf = ({ pid = 0 }: Pebble['program']) => cpuSecondsOf(family(pid));
  return { at: performance.now(), ours: cpuOf(operator.postseal.program), theirs: cpuOf(pebble.program) };
}

function figuresOf(count: number, rounds: readonly Round[]): Figure[] {
  const about = { case: `orders, ${count} tenants`, errors: 0, notes: [] };
  const of = (key: keyof Round) => {
    const values = rounds.map((round) => round[key]);
    return { value: median(values), rounds: values };
  };
  const errors = rounds.reduce((sum, { unserved }) => sum + unserved, 0);
  const notes = [
    `Pebble refuses ${BAD_NONCES}% of nonces, and sends no Retry-After`,
    'looks at DNS and own paths included',
  ];
  const cost = { ...about, what: 'processor time per order', unit: 'ms' } as const;
  return [
    {
      ...about,
      server: postseal.name,
      what: 'certificates',
      unit: '/min',
      ...of('perMinute'),
      errors,
      notes,
    },
    { ...cost, server: postseal.name, ...of('ours') },
    { ...cost, server: 'pebble', ...of('theirs') },
  ];
}
