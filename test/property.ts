import fc from 'fast-check';
import type { Test } from 'tap';

/** Asserts that a property holds. Its predicate throws where it does not: use node:assert, not `t`. */
export function holds<Inputs>(t: Test, property: fc.IProperty<Inputs>): void {
  t.doesNotThrow(() => fc.assert(property));
}
