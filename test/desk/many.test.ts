import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Hostname } from '../../src/names/hostname.ts';
import { formatPolicyText } from '../../src/policy/text.ts';
import { understand } from '../../src/store/files/document-folder.ts';
import { goodValue } from '../cases.ts';
import { eventually } from '../peers/eventually.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { OpenDesk, policyWith } from './open-desk.ts';

// Longer by hand: POSTSEAL_TEST_SECONDS=60.
const SECONDS = Number(process.env.POSTSEAL_TEST_SECONDS ?? 15);
const CLIENTS = 50;
const DOMAINS = Array.from({ length: 20 }, (_, index) => policyDomain(`t${index}.test`));

t.setTimeout(SECONDS * 1000 + 120_000);

/** Whoever changes tenants; each change has a max_age of its own, by which it is known again. */
class Crowd {
  readonly at: OpenDesk;
  readonly until = performance.now() + SECONDS * 1000;
  /** By their max_age, with the domain and the number of the revision that was told. */
  readonly accepted = new Map<number, { domain: Hostname; number: number | undefined }>();
  readonly outcomes: Record<string, number> = {};
  byHand = 0;
  #last = 0;

  constructor(at: OpenDesk) {
    this.at = at;
  }

  /** One who reads, changes what was read, and reads again where somebody was quicker. */
  async overApi(client: number): Promise<void> {
    for (let turn = client; performance.now() < this.until; turn += 7) {
      const domain = DOMAINS[turn % DOMAINS.length] as Hostname;
      const etag = this.at.tenants.view(domain)?.etag;
      await pause(turn % 5);
      const max_age = this.#next();
      const policy = policyWith('testing', max_age, `c${client}.test`);
      const outcome = await this.at.edit(
        domain,
        { do: 'replace', policy },
        { ...(etag && { ifMatch: etag }) },
      );
      this.outcomes[outcome.outcome] = (this.outcomes[outcome.outcome] ?? 0) + 1;
      if (outcome.outcome === 'done')
        this.accepted.set(max_age, { domain, number: outcome.revision?.number });
    }
  }

  async inFiles(client: number): Promise<void> {
    for (let turn = client; performance.now() < this.until; turn += 3) {
      const file = this.at.file(`${DOMAINS[turn % DOMAINS.length]}.yaml`);
      await pause(200 + (turn % 50));
      const text = readFileSync(file, 'utf8');
      writeFileSync(`${file}.${client}`, text.replace(/max_age: \d+/, `max_age: ${this.#next()}`));
      renameSync(`${file}.${client}`, file);
      this.byHand += 1;
    }
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }
}

t.test('50 clients change 20 tenants at once, over the API and in files', async (t) => {
  const at = await OpenDesk.open(t);
  for (const domain of DOMAINS) {
    await at.edit(domain, { do: 'create', policy: policyWith('testing', 31_557_600, 'mx.test') });
  }
  const crowd = new Crowd(at);
  const clients = Array.from({ length: CLIENTS }, (_, client) =>
    client % 2 === 0 ? crowd.overApi(client) : crowd.inFiles(client),
  );
  await Promise.all(clients);
  // A file that was written just now may be held for half written for a moment.
  await eventually('the documents', () =>
    DOMAINS.every((domain) => at.store.newest(domain)?.text === textIn(at, domain)),
  );
  const { accepted, outcomes, byHand } = crowd;
  t.comment(
    `${SECONDS} s: ${accepted.size} changes accepted, ${byHand} files written, ${JSON.stringify(outcomes)}`,
  );
  t.ok(accepted.size > 0 && byHand > 0);
  t.same(
    Object.keys(outcomes).filter((outcome) => !['done', 'conflict'].includes(outcome)),
    [],
  );
  const wrong: string[] = [];
  for (const domain of DOMAINS) {
    const revisions = at.store.revisions(domain);
    const ids = revisions.map(({ id }) => id);
    if (ids.some((id, index) => index > 0 && id <= (ids[index - 1] ?? ''))) wrong.push(`${domain}: ids`);
    if (revisions.some(({ number }, index) => number !== index + 1)) wrong.push(`${domain}: numbers`);
    for (const [max_age, { domain: of, number }] of accepted) {
      if (of !== domain) continue;
      const found = revisions.filter(({ text }) => text.includes(`max_age: ${max_age}\r\n`));
      const [only] = found;
      if (found.length !== 1 || only?.number !== number)
        wrong.push(`${domain}: ${max_age} ${found.length} times`);
      if (only?.actor !== 'token:alice') wrong.push(`${domain}: ${max_age} is told to be of ${only?.actor}`);
    }
    const text = textIn(at, domain);
    if (at.store.newest(domain)?.text !== text || at.served.get(domain) !== text)
      wrong.push(`${domain}: end`);
  }
  t.same(wrong, [], 'each accepted change is in the history once, ids increase, and files and desk agree');
});

/** What is to be served by the document. */
function textIn(at: OpenDesk, domain: Hostname): string {
  const tenant = goodValue(understand(readFileSync(at.file(`${domain}.yaml`)), domain));
  return formatPolicyText(tenant.policy);
}
