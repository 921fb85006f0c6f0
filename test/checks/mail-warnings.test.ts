import t from 'tap';
import type { MailHosts } from '../../src/checks/mail-hosts.ts';
import { mailWarnings } from '../../src/checks/mail-warnings.ts';
import { checkPolicy } from '../../src/policy/policy.ts';
import { goodValue, readCases } from '../cases.ts';
import { policyDomain } from '../tenant/revisions.ts';

interface Case {
  readonly why: string;
  readonly mode?: string;
  readonly mx: readonly string[];
  readonly hosts: MailHosts;
  readonly says: readonly { readonly path: string; readonly message: string }[];
}

t.test('what a policy and the MX of its domain do not agree in', async (t) => {
  for (const { why, mode = 'enforce', mx, hosts, says } of readCases<Case[]>(
    'mail-warnings.yaml',
    import.meta,
  )) {
    const policy = goodValue(checkPolicy({ mode, max_age: 86400, mx }));
    const found = mailWarnings(policyDomain('example.com'), policy, hosts);
    t.equal(found.length, says.length, why);
    for (const [index, { path, message }] of says.entries()) {
      t.equal(found[index]?.path, path, why);
      t.ok(found[index]?.message.includes(message), `${why}: ${found[index]?.message}`);
    }
  }
});
