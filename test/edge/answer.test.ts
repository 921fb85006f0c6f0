import t from 'tap';
import { answer, POLICY_PATH, type PolicyStatus } from '../../src/edge/answer.ts';
import { readCases } from '../cases.ts';

interface Case {
  readonly about: string;
  readonly method?: string;
  readonly target?: string;
  readonly host?: string | null;
  readonly sni?: string | null;
  readonly status: PolicyStatus;
}

const HOST = 'mta-sts.example.test';
const policy = Buffer.from('version: STSv1\r\n');

for (const { about, method = 'GET', target = POLICY_PATH, host = HOST, sni = HOST, status } of readCases<
  readonly Case[]
>('answer.yaml', import.meta)) {
  t.test(about, async (t) => {
    const request = { method, target, authority: host ?? undefined, serverName: sni ?? undefined };
    const found = answer(request, (asked) => (asked === HOST ? policy : undefined));
    t.strictSame(found, status === 200 ? { status, policy } : { status });
  });
}
