import t, { type Test } from 'tap';
import { parseHostname } from '../../src/names/hostname.ts';
import { goodValue } from '../cases.ts';
import { type Defect, SimulatedCa } from './simulated-ca.ts';
import { SimulatedYear, STEP } from './simulated-year.ts';

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const BEGAN = Date.UTC(2027, 0, 1);
const ENDED = BEGAN + 365 * DAY;
const DEFECTS: readonly Defect[] = ['dns', 'challenge', 'caa', 'rejected', 'paused', 'silence'];

// `most` bounds the busiest quiet day against the average one; where the CA names windows, it sets that.
// The longest outage leaves time to catch up before the first certificate that fell due in it ends.
const years = [
  { about: '160 hours', tenants: 1_000, lifetime: 160 * HOUR, ari: false, longest: 36 * HOUR, most: 4 },
  { about: '90 days', tenants: 1_000, lifetime: 90 * DAY, ari: false, longest: 7 * DAY, most: 6 },
  { about: '160 hours with ARI', tenants: 400, lifetime: 160 * HOUR, ari: true, longest: 36 * HOUR, most: 5 },
  { about: '90 days with ARI', tenants: 400, lifetime: 90 * DAY, ari: true, longest: 7 * DAY, most: 12 },
];

for (const { about, tenants, lifetime, ari, longest, most } of years) {
  t.test(`a year of ${tenants} tenants at ${about}`, async (t) => {
    const random = lots(lifetime + (ari ? 1 : 0));
    const hosts = Array.from({ length: tenants }, (_, index) =>
      // Some customers have many domains below one that they registered.
      goodValue(parseHostname(`mta-sts.t${index}${index < 80 ? `.customer${index % 4}` : ''}.net`)),
    );
    const defects = new Map(
      hosts.flatMap((host, index) => (index % 20 === 7 ? [[host, defect(index)]] : [])),
    );
    const outages = Array.from({ length: 5 }, (_, index) => {
      const from = BEGAN + (20 + index * 66 + random() * 40) * DAY;
      return { from, to: from + (0.3 + 0.7 * random()) * longest };
    });
    const ca = new SimulatedCa({ lifetime, hasRenewalInfo: ari, outages, defects, random });
    const year = new SimulatedYear(ca, defects);
    const revoked = hosts.slice(100, 300);
    for (let now = BEGAN; now < ENDED; now += STEP) {
      if (now === BEGAN) for (const host of hosts) year.add(host, now);
      if (now === BEGAN + 10 * DAY) for (const host of revoked) ca.revoke(host, now);
      year.step(now);
    }

    const good = hosts.filter((host) => !defects.has(host)).map((host) => ({ host, life: life(year, host) }));
    const gaps = good.filter(
      ({ life, host }) => life.gap > 0 || (year.certificateOf(host)?.notAfter ?? 0) < ENDED,
    );
    t.same(
      gaps.map(({ host }) => host),
      [],
      'no good tenant is ever without a certificate',
    );
    const slowest = Math.max(...good.map(({ life }) => (life.firstAt ?? ENDED) - BEGAN));
    t.ok(slowest < DAY, `the last first certificate came after ${(slowest / HOUR).toFixed(1)} h`);
    const bad = [...defects.keys()].filter((host) => life(year, host).issuedAt.length > 0);
    t.same(bad, [], 'a broken tenant gets none');
    t.equal(ca.refused, 0, 'the CA never has to refuse for a limit');
    if (ari) {
      const replaced = revoked.filter((host) => !defects.has(host)).map((host) => replacedAfter(year, host));
      t.ok(Math.max(...replaced) < 2 * DAY, 'what was revoked is replaced when the CA tells of it');
    }
    t.comment(
      `${ca.taken} orders, ${ca.exempt} of them exempt; at most ${year.entries} entries in the ledger`,
    );
    t.comment(
      `at least ${(100 * Math.min(...good.map(({ life }) => life.closest))).toFixed(0)}% of a lifetime left`,
    );
    const issuedAt = good.flatMap(({ life }) => life.issuedAt);
    const busiest = showLoad(t, issuedAt, outages);
    t.ok(busiest < most, `the busiest quiet day has ${busiest.toFixed(1)} times the average load`);
  });
}

/** The first day, with all the first certificates, and the days in and after an outage or a revocation are told apart. */
function showLoad(
  t: Test,
  issuedAt: readonly number[],
  outages: readonly { from: number; to: number }[],
): number {
  const days = new Array<number>(365).fill(0);
  for (const at of issuedAt)
    days[Math.floor((at - BEGAN) / DAY)] = (days[Math.floor((at - BEGAN) / DAY)] ?? 0) + 1;
  const revocation = [10, 11];
  const isQuiet = (day: number) => {
    const at = BEGAN + day * DAY;
    return (
      day > 0 &&
      !revocation.includes(day) &&
      !outages.some(({ from, to }) => at + DAY > from && at < to + DAY)
    );
  };
  const quiet = days.filter((_, day) => isQuiet(day));
  const others = days.filter((_, day) => day > 0 && !isQuiet(day));
  const mean = (issuedAt.length - (days[0] ?? 0)) / 364;
  const width = Math.ceil(Math.max(...days.slice(1)) / 12);
  t.comment(
    `certificates a day: ${mean.toFixed(1)} on average, days by how many (and those around an outage)`,
  );
  for (let from = 0; from <= Math.max(...days.slice(1)); from += width) {
    const count = (some: readonly number[]) =>
      some.filter((load) => load >= from && load < from + width).length;
    const bar = '#'.repeat(Math.ceil(count(quiet) / 4)) + '+'.repeat(Math.ceil(count(others) / 4));
    t.comment(`${String(from).padStart(5)} ${String(count(quiet)).padStart(4)} (${count(others)}) ${bar}`);
  }
  t.comment(
    `quiet max/mean ${(Math.max(...quiet) / mean).toFixed(2)}, around outages ${(Math.max(...others) / mean).toFixed(2)}`,
  );
  return Math.max(...quiet) / mean;
}

function life(year: SimulatedYear, host: string) {
  return year.lives.get(host) ?? { firstAt: undefined, gap: 0, closest: 1, issuedAt: [] };
}

function replacedAfter(year: SimulatedYear, host: string): number {
  const revokedAt = BEGAN + 10 * DAY;
  return (life(year, host).issuedAt.find((at) => at >= revokedAt) ?? ENDED) - revokedAt;
}

function defect(index: number): Defect {
  return DEFECTS[Math.floor(index / 20) % DEFECTS.length] ?? 'dns';
}

/** Lots that are the same in every run (xorshift). */
function lots(seed: number): () => number {
  let state = seed % 4294967296 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}
