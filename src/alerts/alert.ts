/** What somebody may have to be told of. Whoever finds something new adds its kind here. */
export const ALERT_KINDS = ['certificate-not-renewed', 'ca-account-refused', 'test'] as const;

/** Something that somebody has to see to, for as long as it lasts. There is one for each kind and subject. */
export interface Alert {
  readonly kind: (typeof ALERT_KINDS)[number];
  /** `critical` where senders notice already. */
  readonly severity: 'warning' | 'critical';
  /** What it is about, such as a host. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly why: string;
  /** What to do about it; empty where nobody but time can help. */
  readonly remedy: string;
}

/** Gives all alerts that last, each time it is asked. Throws where they can't be known: then none counts as over. */
export type AlertSource = (now: number) => Iterable<Alert>;

/** The same for two alerts about the same. */
export function alertKey({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}
