import { readdirSync } from 'node:fs';
import t from 'tap';
import { CLAIM_LIFE, MOST_CLAIMS } from '../../src/tenant/claim.ts';
import type { Actor, EditOutcome } from '../../src/tenant/desk.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { ALICE, OpenDesk, policyWith } from './open-desk.ts';

t.setTimeout(120_000);

const NAME = 'example.test';
const DOMAIN = policyDomain(NAME);
const SERVICE = 'sts.example.net';

/** Somebody with a token that is bound to a customer's tenants. */
function customer(name: string): Actor {
  return { name: `token:${name}`, address: '192.0.2.9', only: { domains: [], labels: { customer: name } } };
}
const X = customer('x');
const Y = customer('y');

function create(at: OpenDesk, by: Actor, name = NAME): Promise<EditOutcome> {
  const [[key, value] = []] = Object.entries(by.only?.labels ?? {});
  const labels = key === undefined ? {} : { [key]: value };
  return at.edit(name, { do: 'create', policy: policyWith('testing', 86400, 'mx.test'), labels }, { by });
}

function challengeOf(at: OpenDesk, by: Actor): string {
  return at.tenants.claims(by).find(({ domain }) => domain === DOMAIN)?.challenge ?? '';
}

t.test('a claim is served once its text is in DNS, and by no other text', async (t) => {
  const at = await OpenDesk.open(t);
  const told = await create(at, X);
  t.match(told, {
    outcome: 'unproven',
    flaws: [{ path: `_postseal-challenge.${NAME}`, record: /IN TXT "/ }],
  });
  t.same(readdirSync(at.policies), [], 'what is not proven stands in no document');
  t.equal(at.tenants.view(DOMAIN), undefined);
  await create(at, Y);
  t.not(challengeOf(at, X), challengeOf(at, Y));
  t.equal(at.tenants.claims(ALICE).length, 2, 'an operator sees all');
  at.dns.texts.set(`_postseal-challenge.${NAME}`, challengeOf(at, Y));
  t.match(await at.tenants.prove(DOMAIN, X), { outcome: 'unproven' }, "another's text proves nothing");
  at.dns.texts.set(`_postseal-challenge.${NAME}`, challengeOf(at, X));
  t.match(await at.tenants.prove(DOMAIN, X), {
    outcome: 'done',
    revision: { number: 1, actor: 'token:x', address: '192.0.2.9' },
    tenant: { labels: { customer: 'x' } },
  });
  t.same(at.tenants.claims(X), []);
  t.match(await at.tenants.prove(DOMAIN, Y), { outcome: 'unproven' });
  at.dns.texts.set(`_postseal-challenge.${NAME}`, challengeOf(at, Y));
  t.match(await at.tenants.prove(DOMAIN, Y), { outcome: 'exists' }, 'nobody takes over what is served');
  t.equal(at.store.revisions(DOMAIN).length, 1);
});

t.test('an alias proves a claim where it came after it', async (t) => {
  const at = await OpenDesk.open(t);
  await create(at, X);
  at.dns.cnames.set(`mta-sts.${NAME}`, SERVICE);
  t.match(await at.tenants.prove(DOMAIN, X), { outcome: 'done' });
});

t.test('an alias that was there before proves nothing, such as of a former tenant', async (t) => {
  const at = await OpenDesk.open(t);
  await create(at, X);
  at.dns.cnames.set(`mta-sts.${NAME}`, SERVICE);
  t.match(await at.tenants.prove(DOMAIN, X), { outcome: 'done' });
  await at.edit(NAME, { do: 'remove' });
  t.match(await create(at, Y), {
    outcome: 'unproven',
    flaws: [{ message: /leads here already proves nothing/ }],
  });
  t.match(await at.tenants.prove(DOMAIN, Y), { outcome: 'unproven' });
  at.dns.isDown = true;
  t.match(await at.tenants.prove(DOMAIN, Y), { outcome: 'unproven', flaws: [{ message: /SERVFAIL/ }] });
  at.dns.isDown = false;
  t.match(await at.tenants.prove(DOMAIN, Y), { outcome: 'unproven' }, 'no answer is not gone');
  at.dns.cnames.clear();
  t.match(await at.tenants.prove(DOMAIN, Y), { outcome: 'unproven' });
  at.dns.cnames.set(`_mta-sts.${NAME}`, SERVICE);
  t.match(await at.tenants.prove(DOMAIN, Y), { outcome: 'done' }, 'but one that was gone and came back does');
});

t.test('an alias proves nothing where several claim the name', async (t) => {
  const at = await OpenDesk.open(t);
  await create(at, X);
  await create(at, Y);
  at.dns.cnames.set(`mta-sts.${NAME}`, SERVICE);
  t.match(await at.tenants.prove(DOMAIN, X), { outcome: 'unproven' });
  t.match(await at.tenants.prove(DOMAIN, Y), { outcome: 'unproven' });
  at.dns.texts.set(`_postseal-challenge.${NAME}`, challengeOf(at, X));
  t.match(await create(at, X), { outcome: 'done' }, 'and asking again looks again');
});

t.test('claims are few, and go by themselves', async (t) => {
  const at = await OpenDesk.open(t);
  for (let index = 0; index < MOST_CLAIMS.ofOwner; index += 1) await create(at, X, `n${index}.test`);
  t.match(await create(at, X), { outcome: 'flawed', flaws: [{ message: /open already/ }] });
  t.equal(at.tenants.withdraw(policyDomain('n0.test'), Y), false, "another's is not theirs to withdraw");
  t.equal(at.tenants.withdraw(policyDomain('n0.test'), X), true);
  t.match(await create(at, X), { outcome: 'unproven' });
  at.ahead.wall += CLAIM_LIFE;
  t.same(at.tenants.claims(ALICE), []);
  at.dns.texts.set(`_postseal-challenge.${NAME}`, 'whatever');
  t.match(await at.tenants.prove(DOMAIN, X), { outcome: 'not-found' });
  for (let index = 0; index < MOST_CLAIMS.forDomain; index += 1) await create(at, customer(`c${index}`));
  t.match(await create(at, X), { outcome: 'flawed', flaws: [{ message: /Too many claim/ }] });
});

t.test('who is bound to tenants makes none beyond them, and no flawed claim', async (t) => {
  const at = await OpenDesk.open(t);
  const policy = policyWith('testing', 86400, 'mx.test');
  t.match(await at.edit(NAME, { do: 'create', policy, labels: { customer: 'y' } }, { by: X }), {
    outcome: 'flawed',
    flaws: [{ path: 'labels', remedy: /customer: "x"/ }],
  });
  t.match(await at.edit(NAME, { do: 'create', policy: {}, labels: { customer: 'x' } }, { by: X }), {
    outcome: 'flawed',
  });
  const bound: Actor = { ...X, only: { domains: [DOMAIN], labels: {} } };
  t.match(await at.edit(NAME, { do: 'create', policy }, { by: bound, dryRun: true }), {
    outcome: 'would-do',
  });
  t.same(at.tenants.claims(ALICE), []);
  t.match(await at.edit(NAME, { do: 'create', policy }, { by: bound }), { outcome: 'unproven' });
  const outcomes: string[] = [];
  for await (const { outcome } of at.tenants.editAll([
    { domain: policyDomain('a.test'), edit: { do: 'create', policy }, by: ALICE },
    { domain: policyDomain('b.test'), edit: { do: 'create', policy, labels: { customer: 'x' } }, by: X },
    { domain: policyDomain('c.test'), edit: { do: 'create', policy }, by: ALICE },
  ])) {
    outcomes.push(outcome);
  }
  t.same(outcomes, ['done', 'unproven', 'done'], 'many at once are no way round');
});

t.test('claims survive a restart', async (t) => {
  const at = await OpenDesk.open(t);
  await create(at, X);
  const before = at.tenants.claims(X);
  await at.loop.close();
  at.tenants.close();
  at.restart();
  await at.begin();
  t.same(at.tenants.claims(X), before);
  t.match(before, [{ wasAway: true, wanted: { labels: { customer: 'x' } } }]);
});
