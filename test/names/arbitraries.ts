import fc from 'fast-check';
import { type Hostname, parseHostname } from '../../src/names/hostname.ts';
import { goodValue } from '../cases.ts';

const label = fc
  .stringMatching(/^[a-z\d](?:[a-z\d-]{0,14}[a-z\d])?$/)
  .filter((text) => !text.startsWith('xn--'));
const idnLabel = fc.constantFrom('bücher', 'straße', 'пример', '例え', 'a-ñ-b');
const topLabel = fc.stringMatching(/^[a-z]{2,10}$/);

/** Host names, some internationalized, of two to six labels. */
export function hostnames(): fc.Arbitrary<Hostname> {
  const labels = fc.array(fc.oneof({ weight: 4, arbitrary: label }, idnLabel), {
    minLength: 1,
    maxLength: 5,
  });
  return fc
    .tuple(labels, topLabel)
    .map(([below, top]) => goodValue(parseHostname([...below, top].join('.'))));
}
