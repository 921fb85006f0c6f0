import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { type CaaAnswer, type CaaRecord, caaNames, mayIssue } from '../../src/certs/caa.ts';
import { parseIssueValue } from '../../src/certs/caa-value.ts';
import { parseHostname } from '../../src/names/hostname.ts';
import { goodValue, readCases } from '../cases.ts';
import { holds } from '../property.ts';

interface Case {
  readonly about: string;
  readonly host: string;
  readonly zone: Readonly<Record<string, readonly string[] | 'failed'>>;
  readonly at?: Readonly<Record<string, string>>;
  readonly issuers?: readonly string[];
  readonly account?: 'none';
  readonly may?: readonly string[];
  readonly why?: string;
  readonly record?: string;
}
const { cases } = readCases<{ cases: readonly Case[] }>('caa.yaml', import.meta);
const ACCOUNT = 'https://ca1.example.net/acct/1';

t.test('whether a CA may issue', async (t) => {
  for (const { about, host, zone, at, issuers = ['ca1.example.net'], account, may, why, record } of cases) {
    const lookUp = (name: string) => answer(zone[name] ?? [], at?.[name]);
    const ca = { issuers, account: account === 'none' ? undefined : ACCOUNT };
    const verdict = mayIssue(goodValue(parseHostname(host)), lookUp, ca);
    if (verdict.may) t.same({ challenges: verdict.challenges }, { challenges: may }, about);
    else t.same({ why: verdict.why, record: verdict.record }, { why, record }, about);
  }
});

t.test('the names to look up, in order', async (t) => {
  const host = goodValue(parseHostname('mta-sts.a.example.com'));
  t.same(caaNames(host), ['mta-sts.a.example.com', 'a.example.com', 'example.com', 'com']);
});

t.test('a record that we tell people to set lets us issue', async (t) => {
  for (const { host, zone, at, issuers = ['ca1.example.net'], record } of cases) {
    if (record === undefined || / (?:128|1) tbs /.test(record)) continue;
    const [owner, , , ...rest] = record.split(' ');
    const lookUp = (name: string) => {
      const found = answer(zone[name] ?? [], at?.[name]);
      if (found === 'failed' || `${found.owner ?? name}.` !== owner) return found;
      return { records: [...found.records, parseRecord(rest.join(' '))] };
    };
    // The account that the record names is not there yet in one case, and set from then on.
    const ca = { issuers, account: ACCOUNT };
    t.ok(mayIssue(goodValue(parseHostname(host)), lookUp, ca).may, record);
  }
});

t.test('any value is read or refused, in little time', async (t) => {
  const pieces = fc.constantFrom(
    'a',
    '-',
    '.',
    ';',
    '=',
    ' ',
    '\t',
    'ca1.example.net',
    'ü',
    '%',
    '\0',
    '\n',
    '"',
  );
  holds(
    t,
    fc.property(fc.string({ unit: pieces }), (text) => {
      const value = parseIssueValue(text);
      assert.ok(value === undefined || text.toLowerCase().includes(value.issuer));
    }),
  );
  t.equal(parseIssueValue(`a${'-'.repeat(4000)}`), undefined);
  t.equal(parseIssueValue('a.'.repeat(5000)), undefined);
});

function answer(lines: readonly string[] | 'failed', owner: string | undefined): CaaAnswer {
  if (lines === 'failed') return 'failed';
  const records = lines.map(parseRecord);
  return owner === undefined ? { records } : { records, owner };
}

function parseRecord(line: string): CaaRecord {
  const [, flags, tag, value] = /^(\d+) (\S+) "(.*)"$/s.exec(line) ?? [];
  if (flags === undefined || tag === undefined || value === undefined) throw new Error(`no record: ${line}`);
  return { flags: Number(flags), tag, value };
}
