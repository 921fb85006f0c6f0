import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { askAgainAt, isDue, isUrgent, lastMoment, renewal } from '../../src/certs/renewal.ts';
import { readCases } from '../cases.ts';
import { holds } from '../property.ts';

interface Cases {
  readonly cases: readonly {
    readonly about: string;
    readonly lifetime: number;
    readonly window?: readonly [number, number];
    readonly renews: readonly [number, number];
    readonly by: string;
  }[];
  readonly asks: readonly { readonly about: string; readonly says?: number; readonly asks: number }[];
}
const { cases, asks } = readCases<Cases>('renewal.yaml', import.meta);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BEGAN = Date.UTC(2027, 0, 1);

t.test('when a certificate is renewed', async (t) => {
  for (const { about, lifetime, window, renews, by } of cases) {
    for (const host of ['mta-sts.example.com', 'mta-sts.example.net', 'mta-sts.example.org']) {
      const found = renewal(certificate(host, lifetime, window));
      const hours = (found.renewAt - BEGAN) / HOUR;
      const within = hours >= renews[0] - 1e-6 && hours <= renews[1] + 1e-6;
      t.ok(within && found.by === by, `${about}: ${found.by} at ${hours} h`);
    }
  }
});

t.test('when the CA is asked again', async (t) => {
  for (const { about, says, asks: expected } of asks) {
    const info = says === undefined ? undefined : { start: 0, end: 1, askAgain: BEGAN + says * MINUTE };
    t.equal(askAgainAt(info, BEGAN), BEGAN + expected * MINUTE, about);
  }
});

t.test('due and urgent', async (t) => {
  const plain = certificate('mta-sts.example.com', 160, undefined);
  const { renewAt } = renewal(plain);
  t.notOk(isDue(plain, renewAt - 1));
  t.ok(isDue(plain, renewAt));
  t.notOk(isUrgent(plain, renewAt));
  t.ok(isUrgent(plain, (renewAt + plain.notAfter) / 2));
  const revoked = certificate('mta-sts.example.com', 2160, [-2, -1]);
  t.ok(isDue(revoked, BEGAN) && isUrgent(revoked, BEGAN), 'a revoked certificate is urgent from the start');
  const opening = certificate('mta-sts.example.com', 2160, [100, 200]);
  t.notOk(isDue(opening, BEGAN + 99 * HOUR));
});

t.test('what fell into one hour does not fall due in one', async (t) => {
  for (const lifetime of [160, 1080, 2160]) {
    const perHour = new Map<number, number>();
    for (let index = 0; index < 20_000; index += 1) {
      const shifted = (index % 60) * MINUTE;
      const { notBefore, notAfter } = certificate('', lifetime, undefined);
      const due = { host: `mta-sts.t${index}.example`, notBefore: notBefore + shifted };
      const { renewAt } = renewal({ ...due, notAfter: notAfter + shifted, info: undefined });
      const hour = Math.floor((renewAt - BEGAN) / HOUR);
      perHour.set(hour, (perHour.get(hour) ?? 0) + 1);
    }
    const most = Math.max(...perHour.values());
    const mean = 20_000 / (lifetime / 6);
    t.comment(`${lifetime} h: at most ${most} of 20000 in an hour, ${mean.toFixed(0)} on average`);
    t.ok(most < 1.5 * mean + 20, `${most} in an hour`);
  }
});

t.test('never later than the last moment, and within the window', async (t) => {
  const times = fc.integer({ min: -400 * 24, max: 400 * 24 }).map((hours) => BEGAN + hours * HOUR);
  const infos = fc.option(fc.record({ start: times, end: times, askAgain: times }), { nil: undefined });
  const lifetimes = fc.integer({ min: 1, max: 400 * 24 }).map((hours) => hours * HOUR);
  holds(
    t,
    fc.property(fc.string(), lifetimes, infos, (host, lifetime, info) => {
      const one = { host, notBefore: BEGAN, notAfter: BEGAN + lifetime, info };
      const { renewAt, by } = renewal(one);
      assert.ok(renewAt <= lastMoment(one) && lastMoment(one) < one.notAfter);
      assert.deepEqual(renewal(one), { renewAt, by });
      if (by === 'lifetime') assert.ok(renewAt >= BEGAN + lifetime / 2);
      else assert.ok(info && (renewAt >= info.start || renewAt === lastMoment(one)) && renewAt <= info.end);
    }),
  );
});

function certificate(host: string, lifetime: number, window: readonly [number, number] | undefined) {
  const at = (hours: number) => BEGAN + hours * HOUR;
  const [start, end] = window ?? [0, 0];
  const info = window === undefined ? undefined : { start: at(start), end: at(end), askAgain: BEGAN };
  return { host, notBefore: BEGAN, notAfter: at(lifetime), info };
}
