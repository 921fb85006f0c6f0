import { type Alert, alertKey } from './alert.ts';

const HOUR = 3600_000;

// What lasts is told of again after this time; what is nearly due goes along, so that all come in one message.
const REPEAT = 24 * HOUR;
const GOES_ALONG = 18 * HOUR;

/** An alert as it was told of last, and when. */
export interface Told {
  readonly alert: Alert;
  readonly at: number;
}

/** What is to be told of an alert. */
export interface News {
  readonly state: 'raised' | 'continues' | 'resolved';
  readonly alert: Alert;
}

const STATES: readonly News['state'][] = ['raised', 'continues', 'resolved'];

/**
 * What is to be told now, given what lasts and what was told before: an alert once, again when it has become worse, then
 * daily, and once when it is over. The worst comes first.
 */
export function newsOf(current: readonly Alert[], told: readonly Told[], now: number): readonly News[] {
  const before = new Map(told.map((each) => [alertKey(each.alert), each]));
  const raised = current.filter((alert) => isNew(alert, before.get(alertKey(alert))));
  const known = current.filter((alert) => !raised.includes(alert));
  const age = (alert: Alert) => ageOf(before.get(alertKey(alert)), now);
  const isAnyDue = known.some((alert) => age(alert) >= REPEAT);
  const continuing = isAnyDue ? known.filter((alert) => age(alert) >= GOES_ALONG) : [];
  const lasting = new Set(current.map(alertKey));
  const over = told.map(({ alert }) => alert).filter((alert) => !lasting.has(alertKey(alert)));
  return [...as('raised', raised), ...as('continues', continuing), ...as('resolved', over)].sort(byWeight);
}

/** What was told of all that lasts, once the news were told at `now`. */
export function toldAfter(
  current: readonly Alert[],
  told: readonly Told[],
  news: readonly News[],
  now: number,
): readonly Told[] {
  const before = new Map(told.map((each) => [alertKey(each.alert), each]));
  const fresh = new Set(news.map(({ alert }) => alertKey(alert)));
  return current.flatMap((alert) => {
    const key = alertKey(alert);
    return fresh.has(key) ? { alert, at: now } : (before.get(key) ?? []);
  });
}

function isNew({ severity }: Alert, before: Told | undefined): boolean {
  return before === undefined || (severity === 'critical' && before.alert.severity === 'warning');
}

/** What was told in the future was told by a clock that has been set back since. */
function ageOf(told: Told | undefined, now: number): number {
  const age = now - (told?.at ?? now);
  return age < -REPEAT ? REPEAT : age;
}

function as(state: News['state'], alerts: readonly Alert[]): News[] {
  return alerts.map((alert) => ({ state, alert }));
}

function byWeight(one: News, other: News): number {
  return weight(one) - weight(other) || one.alert.since - other.alert.since;
}

function weight({ state, alert }: News): number {
  return 2 * STATES.indexOf(state) + (alert.severity === 'critical' ? 0 : 1);
}
