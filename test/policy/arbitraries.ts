import fc from 'fast-check';
import type { Hostname } from '../../src/names/hostname.ts';
import type { Extension } from '../../src/policy/extension.ts';
import { type MxPattern, parseMxPattern } from '../../src/policy/mx-pattern.ts';
import { MAX_MAX_AGE, MODES, type Mode, type Policy } from '../../src/policy/policy.ts';
import { goodValue } from '../cases.ts';
import { hostnames } from '../names/arbitraries.ts';

/** Patterns, every other one with a wildcard. */
export function mxPatterns(): fc.Arbitrary<MxPattern> {
  return fc.tuple(hostnames(), fc.boolean()).map(([host, wild]) => patternOf(host, wild));
}

function patternOf(host: Hostname, wild: boolean): MxPattern {
  return goodValue(parseMxPattern(wild ? `*.${host}` : host));
}

/** Extension fields of a policy text: any name that the grammar allows, values in ASCII or beyond. */
function extensions(): fc.Arbitrary<Extension[]> {
  const name = fc
    .stringMatching(/^[A-Za-z\d][A-Za-z\d_.-]{0,31}$/)
    .filter((text) => !['version', 'mode', 'max_age', 'mx'].includes(text));
  const value = fc
    .oneof(fc.string({ minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 }))
    .filter((text) => /^[^\p{Cc} ]([^\p{Cc}]*[^\p{Cc} ])?$/u.test(text) && text.isWellFormed());
  return fc.uniqueArray(fc.record({ name, value }, { noNullPrototype: true }), {
    maxLength: 3,
    selector: (extension) => extension.name,
  });
}

/** Policies, with all extensions that a policy text can have. */
export function policies(): fc.Arbitrary<Policy> {
  return fc.constantFrom(...MODES).chain((mode) =>
    fc.record(
      {
        mode: fc.constant<Mode>(mode),
        max_age: fc.integer({ min: 0, max: MAX_MAX_AGE }),
        mx: fc.uniqueArray(mxPatterns(), { minLength: mode === 'none' ? 0 : 1, maxLength: 5 }),
        extensions: extensions(),
      },
      { noNullPrototype: true },
    ),
  );
}
