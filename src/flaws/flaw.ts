/** One thing that is wrong with what somebody wrote, told so that they can mend it. */
export interface Flaw {
  /** Where: a field path such as `policy.mx[2]`, or `line 3` in a policy text. Empty for the whole. */
  readonly path: string;
  /** What is wrong, as one sentence without a final full stop. */
  readonly message: string;
  /** What to do about it, as one sentence without a final full stop. */
  readonly remedy: string;
  /** The rule's source, such as `RFC 8461 section 3.2`, where a rule stands behind it. */
  readonly rfc?: string;
  /** 1-based place in the document, where the flaw came from a file. */
  readonly line?: number;
  readonly column?: number;
}

/** A parsed value, or every flaw that kept it from being one. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly flaws: readonly Flaw[] };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function flawed(...flaws: readonly Flaw[]): Parsed<never> {
  return { ok: false, flaws };
}
