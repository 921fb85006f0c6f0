import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { policyDomain } from '../tenant/revisions.ts';
import { OpenDesk, policyWith } from './open-desk.ts';

t.setTimeout(180_000);

const EDITOR = fileURLToPath(new URL('hand-editor.ts', import.meta.url));
const NAME = 'example.test';
const EDITS = 500;

t.test('edits of the desk overwrite none by hand, however close they come', async (t) => {
  const at = await OpenDesk.open(t);
  await at.edit(NAME, { do: 'create', policy: policyWith('none', 0) });
  const path = at.file('example.test.yaml');
  let isOver = false;
  const editor = promisify(execFile)(process.execPath, [EDITOR, path, `${EDITS}`]).finally(() => {
    isOver = true;
  });
  const done: (number | undefined)[] = [];
  const others = new Map<string, number>();
  for (let turn = 0; !isOver; turn += 1) {
    const outcome = await at.edit(NAME, { do: 'replace', policy: policyWith('none', 1_000_000 + turn) });
    if (outcome.outcome === 'done') done.push(outcome.revision?.number);
    else others.set(outcome.outcome, (others.get(outcome.outcome) ?? 0) + 1);
  }
  const { stdout } = await editor;
  t.same(JSON.parse(stdout), [], 'no edit by hand is lost');
  t.comment(`${done.length} edits of the desk done, others ${JSON.stringify(Object.fromEntries(others))}`);
  t.ok(done.length > 10);
  await at.settle();
  const revisions = at.store.revisions(policyDomain(NAME));
  const byDesk = revisions.filter(({ actor }) => actor === 'token:alice');
  const numbers = done.filter((number) => number !== undefined);
  t.same(
    numbers,
    [...new Set(numbers)].sort((one, two) => one - two),
    'each has a revision of its own',
  );
  t.same(
    numbers.filter((number) => !byDesk.some((revision) => revision.number === number)),
    [],
  );
  t.equal(at.tenants.document(policyDomain(NAME))?.text, readFileSync(path, 'utf8'));
  at.tenants.close();
  t.same(readdirSync(at.policies), ['example.test.yaml'], 'and nothing is left behind');
});
