import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { Journal } from '../../src/dns/journal.ts';
import { readQuery } from '../../src/dns/query.ts';
import type { RecordSet } from '../../src/dns/record-set.ts';
import { incrementalTransfer, type Transfer, wholeTransfer } from '../../src/dns/transfer.ts';
import { Zone } from '../../src/dns/zone.ts';
import { holds } from '../property.ts';
import { FACTS, queryFor, shown, zoneWith } from './zone.ts';

const SOA = '300 SOA sts.example.net hostmaster.sts.example.net';
const TIMES = '900 300 1209600 60';
const soa = (serial: number) => `z.sts.example.net ${SOA} ${serial} ${TIMES}`;

function transfer(zone: Zone, from?: number): Transfer {
  const message = queryFor({ name: FACTS.name, type: from === undefined ? 'AXFR' : 'TXT' });
  const reading = readQuery(message);
  if (reading.outcome !== 'query') throw new Error(reading.outcome);
  if (from === undefined) return wholeTransfer(zone, message, reading.query);
  return incrementalTransfer(zone, message, { ...reading.query, serial: from });
}

function linesOf({ messages }: Transfer): string[] {
  return [...messages].flatMap((message) => shown(message).answers);
}

const one: RecordSet = { name: 'a.test._mta-sts', values: ['one'], ttl: 5 };
const oneLine = 'a.test._mta-sts.z.sts.example.net 5 TXT one';

t.test('the whole zone stands between its SOA', async (t) => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ ...one, name: `n${index}.test._mta-sts` }));
  const found = transfer(zoneWith(many, 7));
  const lines = linesOf(found);
  t.equal(lines.length, 1003);
  t.same([lines[0], lines.at(-1)], [soa(7), soa(7)]);
  t.equal(lines[1], 'z.sts.example.net 3600 NS sts.example.net');
  t.equal(lines[2], 'n0.test._mta-sts.z.sts.example.net 5 TXT one');
  const messages = [...transfer(zoneWith(many, 7)).messages];
  t.ok(messages.length > 1);
  for (const message of messages) t.ok(message.length < 17_000);
});

t.test('a change made while a transfer is under way is not in it', async (t) => {
  const zone = zoneWith([one], 7);
  const messages = transfer(zone).messages[Symbol.iterator]();
  const first = messages.next();
  zone.apply({ serial: 8, sets: [{ ...one, values: ['two'] }] });
  const lines = shown(first.value as Buffer).answers;
  t.same(lines, [soa(7), 'z.sts.example.net 3600 NS sts.example.net', oneLine, soa(7)]);
});

t.test('what changed since a serial, step by step', async (t) => {
  const zone = zoneWith([one], 7);
  zone.apply({ serial: 8, sets: [{ ...one, values: ['two', 'three'] }] });
  zone.apply({ serial: 9, sets: [{ ...one, values: [] }] });
  const two = ['two', 'three'].map((value) => oneLine.replace('one', value));
  const steps = [soa(7), oneLine, soa(8), ...two, soa(8), ...two, soa(9)];
  t.same(linesOf(transfer(zone, 7)), [soa(9), ...steps, soa(9)]);
  t.same(linesOf(transfer(zone, 8)), [soa(9), ...steps.slice(5), soa(9)]);
  for (const serial of [9, 10]) t.same(linesOf(transfer(zone, serial)), [soa(9)], 'nothing newer');
  const whole = [soa(9), 'z.sts.example.net 3600 NS sts.example.net', soa(9)];
  t.same(linesOf(transfer(zone, 5)), whole, 'the whole zone, where the steps are not known');
});

t.test('the journal forgets its oldest steps, and the zone is sent as a whole', async (t) => {
  const zone = new Zone(FACTS, new Journal(1000));
  for (let serial = 1; serial <= 50; serial += 1) {
    zone.apply({ serial, sets: [{ ...one, values: [`${serial}`] }] });
  }
  t.equal(transfer(zone, 49).kind, 'ixfr');
  t.equal(transfer(zone, 3).kind, 'axfr');
});

const sets = fc.array(
  fc.record({
    name: fc.nat(6).map((number) => `n${number}.test._mta-sts`),
    values: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
    ttl: fc.constantFrom(1, 2),
  }),
  { maxLength: 4 },
);

t.test('from any serial the steps lead to what the zone is', async (t) => {
  holds(
    t,
    fc.property(fc.array(sets, { minLength: 1, maxLength: 12 }), (changes) => {
      const zone = zoneWith([], 1);
      const copies = [new Map([[1, recordsOf(zone)]])];
      for (const [index, sets] of changes.entries()) {
        zone.apply({ serial: index + 2, sets });
        copies.push(new Map([[index + 2, recordsOf(zone)]]));
      }
      for (const [serial, records] of copies.flatMap((copy) => [...copy])) {
        assert.deepEqual(followed(records, linesOf(transfer(zone, serial))), recordsOf(zone));
      }
    }),
  );
});

/** The TXT records of the zone, as a whole transfer has them. */
function recordsOf(zone: Zone): Set<string> {
  return new Set(linesOf(transfer(zone)).filter((line) => line.includes(' TXT ')));
}

/** What a secondary makes of the steps, as RFC 1995 section 4 says. */
function followed(records: ReadonlySet<string>, lines: readonly string[]): Set<string> {
  const copy = new Set(records);
  let soas = 0;
  for (const line of lines) {
    if (line.includes(' SOA ')) soas += 1;
    else if (soas % 2 === 0) assert.ok(copy.delete(line), `${line} is there to be removed`);
    else copy.add(line);
  }
  return copy;
}
