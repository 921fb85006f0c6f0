import fc from 'fast-check';
import t from 'tap';
import { SENDERS } from '../../src/senders/agreement.ts';
import { mailauth } from '../../src/senders/mailauth.ts';
import { postfixMtaStsResolver } from '../../src/senders/postfix-mta-sts-resolver.ts';
import type { Reading, Sender, Served } from '../../src/senders/sender.ts';
import { CASES, usualWith } from './cases.ts';
import { type RealReading, readByMailauth, readByPostfixMtaStsResolver } from './real.ts';

for (const sender of SENDERS) {
  t.test(`the model of ${sender.name} reads every case as recorded`, (t) => {
    for (const { name, served, reading } of CASES) {
      t.same(withoutReason(sender.read(served)), reading(sender.name), name);
    }
    t.end();
  });
}

const REAL: readonly (readonly [Sender, (all: readonly Served[]) => Promise<RealReading[]>])[] = [
  [postfixMtaStsResolver, async (all) => readByPostfixMtaStsResolver(all)],
  [mailauth, readByMailauth],
];

for (const [sender, read] of REAL) {
  t.test(`the real ${sender.name} reads every case as recorded`, async (t) => {
    const readings = await read(CASES.map(({ served }) => served));
    t.equal(readings.length, CASES.length);
    for (const [index, { name, reading }] of CASES.entries()) {
      t.same(readings[index], reading(sender.name), name);
    }
  });

  t.test(`the real ${sender.name} reads any mixture of lines as its model does`, async (t) => {
    const batch = fc.array(mixture(), { minLength: 300, maxLength: 300 });
    const property = fc.asyncProperty(batch, async (all) => {
      const modelled = all.map((served) => ({ served, reading: withoutReason(sender.read(served)) }));
      const real = await read(all);
      const seen = all.map((served, index) => ({ served, reading: real[index] }));
      return t.same(modelled, seen);
    });
    // One process reads a batch; to shrink it would start hundreds.
    await fc.assert(property, { numRuns: 1, endOnFailure: true });
  });
}

/** Mostly lawful lines with a few that are not, so that both outcomes are common. */
function mixture(): fc.Arbitrary<Served> {
  const lawful = fc.constantFrom(
    'version: STSv1',
    'mode: enforce',
    'mode: none',
    'mx: a.example',
    'max_age: 1',
  );
  const odd = fc
    .array(
      fc.constantFrom('mx', 'Mode', 'max_age', ':', ' ', '\t', '\r', '\f', 'testing', '31557601', '=', 'é'),
    )
    .map((pieces) => pieces.join(''));
  const line = fc.oneof({ weight: 6, arbitrary: lawful }, { weight: 1, arbitrary: odd });
  const end = fc.oneof(
    { weight: 9, arbitrary: fc.constant('\r\n') },
    { weight: 1, arbitrary: fc.constantFrom('\n', '\r') },
  );
  return fc
    .array(fc.tuple(line, end), { minLength: 3, maxLength: 9 })
    .map((lines) => usualWith(`version: STSv1\r\n${lines.flat().join('')}`));
}

function withoutReason(reading: Reading): RealReading {
  return reading.read === 'refused' ? { read: 'refused' } : reading;
}
