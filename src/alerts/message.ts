import type { News } from './telling.ts';

// Told of one by one, and in how many letters each at most: a message stays small however much is wrong.
const MOST_ALERTS = 100;
const MOST_LETTERS = 1_000;
// Lines of the text for people.
const MOST_LINES = 10;

interface ToldAlert {
  readonly state: News['state'];
  readonly kind: string;
  readonly severity: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly since: string;
  readonly why: string;
  readonly remedy: string;
}

/** What goes out, as JSON. */
export interface AlertMessage {
  /** RFC 3339. */
  readonly at: string;
  /** The service name of the server that speaks. */
  readonly service: string;
  /** All of it in a few lines for people; chat programs show it. */
  readonly text: string;
  readonly alerts: readonly ToldAlert[];
  /** How many more there are that are not told of one by one. */
  readonly more: number;
}

export function alertMessage(news: readonly News[], service: string, now: number): AlertMessage {
  const alerts = news.slice(0, MOST_ALERTS).map(toldAlert);
  const lines = alerts.slice(0, MOST_LINES).map(({ state, severity, subject, kind, why, remedy }) => {
    const todo = state === 'resolved' || remedy === '' ? '' : ` – ${remedy}`;
    return `${state}: ${subject} ${kind} (${severity}): ${why}${todo}`;
  });
  const hidden = news.length - lines.length;
  return {
    at: new Date(now).toISOString(),
    service,
    text: [`Postseal ${service}`, ...lines, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join('\n'),
    alerts,
    more: news.length - alerts.length,
  };
}

function toldAlert({ state, alert }: News): ToldAlert {
  const { kind, severity, subject, since, why, remedy } = alert;
  return {
    state,
    kind,
    severity,
    subject,
    since: new Date(since).toISOString(),
    why: why.slice(0, MOST_LETTERS),
    remedy: remedy.slice(0, MOST_LETTERS),
  };
}
