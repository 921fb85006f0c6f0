import t from 'tap';
import type { MailRouting } from '../../src/checks/mail-hosts.ts';
import type { Addresses, Answer } from '../../src/checks/observation.ts';
import { propose } from '../../src/checks/proposal.ts';
import { checkPolicy } from '../../src/policy/policy.ts';
import { readCases } from '../cases.ts';
import { policyDomain } from '../tenant/revisions.ts';

interface Case {
  readonly why: string;
  readonly mx: readonly (readonly [preference: number, exchange: string])[] | string;
  readonly addresses?: readonly string[] | string;
  readonly nowhere?: readonly string[];
  readonly patterns?: readonly string[];
  readonly findings?: readonly string[];
  readonly pointless?: string;
  readonly unclear?: string;
}
const { proposals } = readCases<{ proposals: readonly Case[] }>('proposal.yaml', import.meta);

for (const { why, patterns, findings = [], pointless, unclear, ...seen } of proposals) {
  t.test(why, async (t) => {
    const proposal = propose(routingOf(seen));
    if (proposal.outcome !== 'proposed') {
      t.equal(proposal.outcome, pointless === undefined ? 'unclear' : 'pointless');
      t.ok(proposal.finding.message.includes(pointless ?? unclear ?? '?'), proposal.finding.message);
      return;
    }
    t.same(proposal.policy, { mode: 'testing', max_age: 604_800, mx: patterns });
    t.ok(checkPolicy(proposal.policy).ok);
    t.equal(proposal.findings.length, findings.length);
    for (const [index, says] of findings.entries()) {
      const { message = '' } = proposal.findings[index] ?? {};
      t.ok(message.includes(says), message);
    }
  });
}

function routingOf({ mx, addresses, nowhere = [] }: Omit<Case, 'why'>): MailRouting {
  const records =
    typeof mx === 'string' ? mx : mx.map(([preference, exchange]) => ({ preference, exchange }));
  const names = typeof mx === 'string' ? [] : mx.map(([, exchange]) => exchange);
  const own = (name: string) => addressesOf(nowhere.includes(name) ? [] : ['192.0.2.9']);
  return {
    domain: policyDomain('example.com'),
    mx: answerOf(records),
    own: addressesOf(addresses ?? []),
    hosts: new Map(names.map((name) => [name, own(name)])),
  };
}

function addressesOf(ipv4: readonly string[] | string): Addresses {
  return { ipv4: answerOf(ipv4), ipv6: answerOf<string>([]) };
}

function answerOf<T>(records: readonly T[] | string): Answer<T> {
  if (typeof records === 'string') return { outcome: 'failed', why: records };
  return records.length > 0 ? { outcome: 'found', records } : { outcome: 'none' };
}
