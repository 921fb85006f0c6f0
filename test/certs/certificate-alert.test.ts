import t from 'tap';
import { accountAlert, alertableFrom, certificateAlert } from '../../src/certs/certificate-alert.ts';
import { GOOD_STANDING } from '../../src/certs/standing.ts';
import { renewable } from '../../src/certs/upkeep.ts';
import { readCases } from '../cases.ts';
import { at, casIn, type Situation, upkeepIn } from './situation.ts';

interface Case extends Situation {
  readonly about: string;
  readonly now: number;
  readonly alert?: readonly [string, number];
  readonly why?: string;
}
const { cases } = readCases<{ cases: readonly Case[] }>('certificate-alert.yaml', import.meta);

t.test('when somebody is told of a certificate', async (t) => {
  for (const one of cases) {
    const standings = casIn(one).map(({ standing }) => standing);
    const upkeep = upkeepIn(one);
    const alert = certificateAlert(upkeep, standings, at(one.now));
    const [severity, since] = one.alert ?? [];
    t.equal(alert?.severity, severity, one.about);
    if (alert === undefined || since === undefined) continue;
    t.match(alert, { kind: 'certificate-not-renewed', subject: upkeep.host, remedy: /\w/ });
    t.ok(
      Math.abs(alert.since - at(since)) < 360_000,
      `${one.about}: since ${(alert.since - at(0)) / 3600_000}`,
    );
    t.ok(alert.why.endsWith(one.why ?? 'Z'), alert.why);
    const held = renewable(upkeep);
    t.ok(held && alertableFrom(held) <= at(one.now), 'the store finds it');
  }
});

t.test('an account that is refused', async (t) => {
  t.equal(accountAlert('ca.test', GOOD_STANDING), undefined);
  const trouble = { ...GOOD_STANDING, since: 7, why: 'agree to the terms' };
  t.equal(accountAlert('ca.test', { ...trouble, trouble: 'unreachable' }), undefined);
  t.match(accountAlert('ca.test', { ...trouble, trouble: 'account-refused' }), {
    kind: 'ca-account-refused',
    subject: 'ca.test',
    since: 7,
    why: 'agree to the terms',
  });
});
