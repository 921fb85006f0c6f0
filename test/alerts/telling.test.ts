import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Alert } from '../../src/alerts/alert.ts';
import { alertMessage } from '../../src/alerts/message.ts';
import { newsOf, type Told, toldAfter } from '../../src/alerts/telling.ts';
import { readCases } from '../cases.ts';
import { holds } from '../property.ts';

const HOUR = 3600_000;
const DAY = 24 * HOUR;

interface Case {
  readonly about: string;
  readonly now: number;
  readonly current: readonly string[];
  readonly told: Readonly<Record<string, number>>;
  readonly news: readonly string[];
}
const { cases } = readCases<{ cases: readonly Case[] }>('telling.yaml', import.meta);

t.test('what is news', async (t) => {
  for (const { about, now, current, told, news } of cases) {
    const before = Object.entries(told).map(([name, at]): Told => ({ alert: alertOf(name), at: at * HOUR }));
    const found = newsOf(current.map(alertOf), before, now * HOUR);
    t.same(
      found.map(({ state, alert }) => `${state} ${nameOf(alert)}`),
      news,
      about,
    );
  }
});

t.test('whatever happens, each alert is told once, then about daily, and once when it is over', async (t) => {
  const names = fc.subarray(['a', 'b', 'c', 'd!']);
  const steps = fc.array(fc.record({ pause: fc.integer({ min: 0, max: 30 }), names }), { maxLength: 60 });
  holds(
    t,
    fc.property(steps, (list) => {
      let told: readonly Told[] = [];
      let now = 0;
      for (const step of list) {
        now += step.pause * HOUR;
        const current = step.names.map(alertOf);
        const news = newsOf(current, told, now);
        const subjects = news.map(({ alert }) => alert.subject);
        assert.equal(new Set(subjects).size, subjects.length);
        for (const { state, alert } of news) {
          const before = told.find((each) => each.alert.subject === alert.subject);
          assert.equal(state === 'raised', before === undefined);
          if (state === 'continues') assert.ok(before && now - before.at >= DAY * 0.75);
          assert.equal(state === 'resolved', !current.some(({ subject }) => subject === alert.subject));
        }
        told = toldAfter(current, told, news, now);
        assert.deepEqual(
          told.map(({ alert }) => alert.subject).sort(),
          current.map(({ subject }) => subject).sort(),
        );
        assert.ok(told.every(({ at }) => now - at < DAY));
        assert.deepEqual(newsOf(current, told, now), [], 'what was told is no news');
      }
    }),
  );
});

t.test('a message stays small however much is wrong', async (t) => {
  const news = Array.from({ length: 5_000 }, (_, index) => {
    const alert = { ...alertOf(`host${index}`), why: 'w'.repeat(3_000) };
    return { state: 'raised', alert } as const;
  });
  const message = alertMessage(news, 'sts.example.net', Date.UTC(2027, 0, 1));
  t.match(message, { at: '2027-01-01T00:00:00.000Z', service: 'sts.example.net', more: 4_900 });
  t.equal(message.alerts.length, 100);
  t.match(message.text, /^Postseal sts\.example\.net\nraised: host0 .*\nand 4990 more$/s);
  t.ok(JSON.stringify(message).length < 250_000);
});

function alertOf(name: string): Alert {
  const severity = name.endsWith('!') ? 'critical' : 'warning';
  const subject = name.replace('!', '');
  return { kind: 'certificate-not-renewed', severity, subject, since: 0, why: 'for a test', remedy: 'none' };
}

function nameOf({ subject, severity }: Alert): string {
  return severity === 'critical' ? `${subject}!` : subject;
}
