import t, { type Test } from 'tap';
import { parseHostname, policyDomain, policyHost } from '../../src/names/hostname.ts';
import { matchesMx, parseMxPattern } from '../../src/policy/mx-pattern.ts';
import { checkPolicy, MAX_MAX_AGE, MODES, type Policy, warnings } from '../../src/policy/policy.ts';
import { nextPolicyId, parsePolicyId } from '../../src/policy/policy-id.ts';
import { formatRecord, parseRecord, selectRecord } from '../../src/policy/record.ts';
import { formatPolicyText, parsePolicyText } from '../../src/policy/text.ts';
import { goodValue } from '../cases.ts';
import { ruleTests } from './rules.ts';

const now = Date.parse('2026-11-22T19:06:50Z');
const PLAIN = ['version: STSv1', 'mode: enforce', 'mx: mail.example.com', 'max_age: 604800'];
const policy = goodValue(checkPolicy({ mode: 'enforce', max_age: 604800, mx: ['mail.example.com'] }));

/** The plain policy with some of its lines replaced by field name, or taken out, and others added. */
function text(
  changes: Readonly<Record<string, string | undefined>> = {},
  ...added: readonly string[]
): string {
  const lines = PLAIN.flatMap((line) => {
    const name = line.split(':')[0] ?? '';
    return name in changes ? (changes[name] ?? []) : line;
  });
  return [...lines, ...added].map((line) => `${line}\r\n`).join('');
}

function accepts(t: Test, policyText: string, expected: Partial<Policy> = {}): void {
  const read = goodValue(parsePolicyText(policyText));
  t.strictSame(read, { ...read, ...expected }, JSON.stringify(policyText));
}

function refuses(t: Test, ...policyTexts: readonly string[]): void {
  for (const policyText of policyTexts)
    t.equal(parsePolicyText(policyText).ok, false, JSON.stringify(policyText));
}

function readsRecord(t: Test, record: string, id: string): void {
  t.match(parseRecord(record), { ok: true, value: { id } }, record);
}

function refusesRecord(t: Test, ...records: readonly string[]): void {
  for (const record of records) t.equal(parseRecord(record).ok, false, record);
}

function selects(t: Test, txts: readonly (readonly string[])[], id: string | undefined): void {
  const found = selectRecord(txts);
  t.equal(found.found === 'record' ? found.record.id : undefined, id, JSON.stringify(txts));
}

function matches(pattern: string, host: string): boolean {
  return matchesMx(goodValue(parseMxPattern(pattern)), goodValue(parseHostname(host)));
}

await ruleTests(t, 'pure', {
  '3.1-version-first'(t) {
    t.ok(formatRecord(nextPolicyId({ text: 'a', now })).startsWith('v=STSv1'));
    refusesRecord(t, ' v=STSv1; id=1;', 'v=stsv1; id=1;', 'id=1; v=STSv1;', '"v=STSv1; id=1;"');
  },
  '3.1-version-delimiter'(t) {
    t.ok(formatRecord(nextPolicyId({ text: 'a', now })).startsWith('v=STSv1;'));
    readsRecord(t, 'v=STSv1 ; id=1;', '1');
    selects(t, [['v=STSv1 ; id=1;']], undefined);
  },
  '3.1-id-required'(t) {
    refusesRecord(t, 'v=STSv1;', 'v=STSv1; a=b;', 'v=STSv1; id=;');
  },
  '3.1-id-alphabet'(t) {
    t.ok(parsePolicyId('aZ09'.repeat(8)).ok);
    for (const id of ['', 'a'.repeat(33), 'a-b', 'ä']) t.notOk(parsePolicyId(id).ok);
    t.ok(parsePolicyId(nextPolicyId({ text: 'a', now })).ok);
  },
  '3.1-id-unique'(t) {
    const first = nextPolicyId({ text: 'a', now });
    const second = nextPolicyId({ text: 'b', now, last: first });
    const again = nextPolicyId({ text: 'a', now, last: second });
    t.equal(new Set([first, second, again]).size, 3, 'also within a second, and back to the earlier text');
  },
  '3.1-id-unordered'(t) {
    const last = goodValue(parsePolicyId('zzz'));
    t.not(nextPolicyId({ text: 'a', now, last }), last);
    readsRecord(t, 'v=STSv1; id=0;', '0');
  },
  '3.1-fields-delimited'(t) {
    readsRecord(t, 'v=STSv1;id=1;a=b', '1');
    readsRecord(t, 'v=STSv1\t;  id=1 ; \ta=b; ', '1');
    refusesRecord(t, 'v=STSv1, id=1', 'v=STSv1; id=1 a=b', 'v=STSv1;; id=1');
  },
  '3.1-field-case'(t) {
    refusesRecord(t, 'v=STSv1; ID=1;', 'V=STSv1; id=1;');
  },
  '3.1-extension-grammar'(t) {
    readsRecord(t, `v=STSv1; id=1; ${'a'.repeat(32)}=!:<~`, '1');
    refusesRecord(t, `v=STSv1; id=1; ${'a'.repeat(33)}=b`, 'v=STSv1; id=1; a=b=c', 'v=STSv1; id=1; a=b c');
    refusesRecord(t, 'v=STSv1; id=1; a=', 'v=STSv1; id=1; _a=b', 'v=STSv1; id=1; a=ä');
  },
  '3.1-discard-others'(t) {
    selects(t, [['v=spf1 -all'], ['v=STSv1; id=1;'], ['v=STSv2; id=2;']], '1');
  },
  '3.1-exactly-one'(t) {
    selects(t, [], undefined);
    selects(t, [['v=STSv1; id=1;'], ['v=STSv1; id=2;']], undefined);
  },
  '3.1-invalid-is-none'(t) {
    selects(t, [['v=STSv1; id=a-b;']], undefined);
  },
  '3.1-strings-joined'(t) {
    selects(t, [['v=STSv1', '; id=12', '34;']], '1234');
  },
  '3.2-policy-host'(t) {
    t.equal(policyHost(goodValue(parseHostname('Example.com'))), 'mta-sts.example.com');
  },
  '3.2-separators'(t) {
    accepts(t, text(), policy);
    accepts(t, text().replaceAll('\r\n', '\n'), policy);
    refuses(t, text().replaceAll('\r\n', '\r'));
    t.equal(formatPolicyText(policy), text(), 'we write CRLF');
  },
  '3.2-final-separator'(t) {
    accepts(t, text().trimEnd(), policy);
    refuses(t, `${text()}\r\n`);
  },
  '3.2-no-blank-lines'(t) {
    refuses(t, `\r\n${text()}`, text({ mode: '' }), text({}, '# comment'), `\ufeff${text()}`);
    t.notMatch(formatPolicyText(policy), /^\s|\n\s|[^ -~\r\n]/);
  },
  '3.2-white-space'(t) {
    accepts(t, text({ mode: 'mode:\t enforce \t', mx: 'mx:mail.example.com' }), policy);
    refuses(t, text({ mode: 'mode : enforce' }), text({ mode: ' mode: enforce' }));
  },
  '3.2-field-order'(t) {
    accepts(t, [...PLAIN].reverse().join('\n'), policy);
  },
  '3.2-field-case'(t) {
    refuses(t, text({ mode: 'Mode: enforce' }), text({ mode: 'mode: Enforce' }));
    refuses(
      t,
      text({ version: 'version: stsv1' }),
      text({ max_age: 'Max_Age: 1' }),
      text({ mx: 'MX: a.example' }),
    );
  },
  '3.2-version'(t) {
    refuses(
      t,
      text({ version: undefined }),
      text({ version: 'version: STSv2' }),
      text({ version: 'version:' }),
    );
    t.match(formatPolicyText(policy), /^version: STSv1\r\n/);
  },
  '3.2-mode'(t) {
    refuses(t, text({ mode: undefined }), text({ mode: 'mode: report' }), text({ mode: 'mode:' }));
  },
  '3.2-max-age'(t) {
    accepts(t, text({ max_age: 'max_age: 0' }), { max_age: 0 });
    accepts(t, text({ max_age: `max_age: ${MAX_MAX_AGE}` }), { max_age: 31557600 });
    refuses(
      t,
      text({ max_age: undefined }),
      text({ max_age: 'max_age: 31557601' }),
      text({ max_age: 'max_age: -1' }),
    );
  },
  '3.2-max-age-digits'(t) {
    accepts(t, text({ max_age: 'max_age: 0000000001' }), { max_age: 1 });
    refuses(t, text({ max_age: 'max_age: 00000000001' }), text({ max_age: 'max_age: 1.0' }));
    t.match(formatPolicyText(goodValue(checkPolicy({ mode: 'none', max_age: 1 }))), /max_age: 1\r\n/);
  },
  '3.2-max-age-weeks'(t) {
    const daily = goodValue(checkPolicy({ mode: 'enforce', max_age: 3600, mx: ['mail.postseal.de'] }));
    t.match(warnings(daily), [{ path: 'max_age' }]);
    t.same(warnings({ ...daily, max_age: 1209600 }), []);
  },
  '3.2-mx-required'(t) {
    refuses(t, text({ mx: undefined }), text({ mx: undefined, mode: 'mode: testing' }));
    t.notOk(checkPolicy({ mode: 'testing', max_age: 1, mx: [] }).ok);
  },
  '3.2-mx-repeatable'(t) {
    accepts(t, text({}, 'mx: *.example.net'), {
      ...policy,
      mx: [...policy.mx, goodValue(parseMxPattern('*.example.net'))],
    });
    refuses(
      t,
      text({ mx: 'mx: a.example.com, b.example.com' }),
      text({ mx: 'mx: a.example.com b.example.com' }),
    );
  },
  '3.2-mx-grammar'(t) {
    accepts(t, text({ mx: 'mx: *.example.com' }), { mx: [goodValue(parseMxPattern('*.example.com'))] });
    for (const mx of ['*', '*.*.example.com', 'mx.*.example.com', 'mx*.example.com', 'a..b', 'a_b.example']) {
      refuses(t, text({ mx: `mx: ${mx}` }));
      t.notOk(parseMxPattern(mx).ok);
    }
  },
  '3.2-mx-a-labels'(t) {
    refuses(t, text({ mx: 'mx: bücher.example' }));
    const written = goodValue(checkPolicy({ mode: 'enforce', max_age: 1, mx: ['bücher.example'] }));
    t.match(formatPolicyText(written), /mx: xn--bcher-kva\.example\r\n/);
  },
  '3.2-unknown-fields'(t) {
    accepts(t, text({}, 'later: something'), { mode: 'enforce', mx: policy.mx });
    readsRecord(t, 'v=STSv1; later=something; id=1;', '1');
  },
  '3.2-repeated-fields'(t) {
    accepts(t, text({}, 'version: STSv2', 'mode: none', 'max_age: 1'), policy);
    accepts(t, text({}, 'x: 1', 'x: 2'), { extensions: [{ name: 'x', value: '1' }] });
    refuses(t, text({ mode: 'mode: nonsense' }, 'mode: enforce'));
    readsRecord(t, 'v=STSv1; id=1; id=2;', '1');
    refusesRecord(t, 'v=STSv1; id=a-b; id=2;');
  },
  '3.2-extension-grammar'(t) {
    accepts(t, text({}, `${'a'.repeat(32)}: ä: b`), {
      extensions: [{ name: 'a'.repeat(32), value: 'ä: b' }],
    });
    refuses(t, text({}, `${'a'.repeat(33)}: b`), text({}, '-a: b'), text({}, 'a:'), text({}, 'a: b\tc'));
  },
  '3.2-utf-8'(t) {
    const octets = new TextEncoder().encode(text({}, 'a: ä'));
    t.ok(parsePolicyText(octets).ok);
    t.notOk(parsePolicyText(Buffer.from(text({}, 'a: ä'), 'latin1')).ok);
  },
  '3.3-size'(t) {
    refuses(t, text({}, `a: ${'b'.repeat(65536)}`));
    const mx = Array.from({ length: 5000 }, (_, index) => `mx${index}.example.com`);
    t.notOk(checkPolicy({ mode: 'enforce', max_age: 1, mx }).ok);
  },
  '3.4-subdomains-apart'(t) {
    t.equal(policyDomain('mta-sts.example.com'), 'example.com');
    t.equal(policyDomain('mta-sts.mail.example.com'), 'mail.example.com');
    t.equal(policyDomain('mail.mta-sts.example.com'), undefined);
  },
  '4.1-mx-exact'(t) {
    t.ok(matches('mail.example.com', 'MAIL.Example.com'));
    t.notOk(matches('example.com', 'mail.example.com'));
    t.notOk(matches('mail.example.com', 'example.com'));
  },
  '4.1-mx-wildcard'(t) {
    t.ok(matches('*.example.com', 'mail.example.com'));
    t.notOk(matches('*.example.com', 'example.com'));
    t.notOk(matches('*.example.com', 'a.b.example.com'));
    t.notOk(matches('*.example.com', 'mailexample.com'));
  },
  '4.1-mx-any'(t) {
    const { mx } = goodValue(
      checkPolicy({ mode: 'enforce', max_age: 1, mx: ['a.example.com', '*.example.net'] }),
    );
    const isAllowed = (host: string) =>
      mx.some((pattern) => matchesMx(pattern, goodValue(parseHostname(host))));
    t.same(['a.example.com', 'a.example.net', 'b.example.com'].map(isAllowed), [true, true, false]);
  },
  '5-modes'(t) {
    t.same([...MODES].sort(), ['enforce', 'none', 'testing']);
    for (const mode of MODES) accepts(t, text({ mode: `mode: ${mode}` }), { mode });
  },
  '5-none-without-mx'(t) {
    accepts(t, text({ mode: 'mode: none', mx: undefined }), { mode: 'none', mx: [] });
    accepts(t, text({ mode: 'mode: none' }), { mode: 'none', mx: policy.mx });
    t.ok(checkPolicy({ mode: 'none', max_age: 86400 }).ok);
  },
  '8.1-new-id'(t) {
    const last = nextPolicyId({ text: formatPolicyText(policy), now });
    t.not(nextPolicyId({ text: formatPolicyText({ ...policy, max_age: 1 }), now, last }), last);
    t.not(
      nextPolicyId({ text: formatPolicyText(policy), now: 0, last }),
      last,
      'also with the clock set back',
    );
  },
  '8.3-removal-policy'(t) {
    const leaving = goodValue(checkPolicy({ mode: 'none', max_age: 86400 }));
    t.same(warnings(leaving), []);
    t.equal(formatPolicyText(leaving), 'version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n');
    t.match(warnings({ ...leaving, max_age: 604800 }), [{ path: 'max_age' }]);
  },
  '10.4-wide-wildcard'(t) {
    const wide = goodValue(
      checkPolicy({ mode: 'enforce', max_age: 604800, mx: ['*.postseal.de', '*.com', '*.mx.postseal.de'] }),
    );
    t.match(warnings(wide), [{ path: 'mx[0]' }, { path: 'mx[1]' }]);
    t.equal(warnings(wide).length, 2);
  },
});
