import t from 'tap';
import { stepFor } from '../../src/announce/held.ts';
import { readCases } from '../cases.ts';
import { policyDomain } from '../tenant/revisions.ts';

interface Cases {
  readonly cases: readonly {
    why?: string;
    held: readonly string[];
    ttl?: number;
    alias?: string;
    strange?: string;
    text?: string;
    isOurName?: boolean;
    earlier?: readonly string[];
    does: 'nothing' | 'replace' | 'leave';
  }[];
}

const OURS = 'v=STSv1; id=20261129T120000Z0123abcd;';
const written = (text: string) => (text === 'OURS' ? OURS : text);

t.test('what is done about what is there', async (t) => {
  for (const given of readCases<Cases>('held.yaml', import.meta).cases) {
    const { held, ttl = 60, alias, strange, text, isOurName = false, earlier = [], does } = given;
    const step = stepFor(
      { texts: held.map((each) => ({ text: written(each), ttl })), alias, strange },
      {
        domain: policyDomain('example.com'),
        name: '_mta-sts.example.com',
        text: text === undefined ? undefined : written(text),
        ttl: 60,
        isOurName,
        earlier,
      },
    );
    t.equal(step.do, does, given.why ?? JSON.stringify(given));
    if (step.do === 'leave') t.ok(step.why !== '' && step.remedy !== '');
  }
});
