import type { MxPattern } from './mx-pattern.ts';

/** RFC 8461 section 5: `none` has no policy, `testing` only reports, `enforce` refuses. */
export const MODES = ['none', 'testing', 'enforce'] as const;
export type Mode = (typeof MODES)[number];

/** An MTA-STS policy (RFC 8461 section 3.2). Its version is always `STSv1`, so it is not a field. */
export interface Policy {
  readonly mode: Mode;
  /** Seconds, 0 to 31557600. */
  readonly max_age: number;
  /** At least one unless mode is `none`. */
  readonly mx: readonly MxPattern[];
  /** Extension fields in the order they were read (RFC 8461 section 3.2, `sts-policy-extension`). */
  readonly extensions: readonly Extension[];
}

export interface Extension {
  readonly name: string;
  readonly value: string;
}
