import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DocumentWriter } from '../../src/store/files/document-writer.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { OpenDesk, policyWith } from './open-desk.ts';

const NAME = 'example.test';
const FILE = 'example.test.yaml';

t.test('what a crash left behind is put right at the next start', async (t) => {
  const folder = temporaryFolder(t);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('.a.test.yaml.0123456789ab.old', 'out of its place');
  write('b.test.yaml', 'in its place');
  write('.b.test.yaml.0123456789ab.old', 'replaced');
  write('.c.test.yaml.0123456789ab.gone', 'removed');
  write('.d.test.yml.0123456789ab.tmp', 'never put in place');
  write('.e.test.yaml.swp', "an editor's own");
  new DocumentWriter(folder).sweep();
  t.same(readdirSync(folder).sort(), ['.e.test.yaml.swp', 'a.test.yaml', 'b.test.yaml']);
  t.equal(readFileSync(join(folder, 'a.test.yaml'), 'utf8'), 'out of its place');
  t.equal(readFileSync(join(folder, 'b.test.yaml'), 'utf8'), 'in its place');
});

t.test('who had the file open while it was replaced, and writes then, is not overwritten', async (t) => {
  const at = await OpenDesk.open(t);
  await at.edit(NAME, { do: 'create', policy: policyWith('none', 1) });
  const editor = openSync(at.file(FILE), 'r+');
  await at.edit(NAME, { do: 'replace', policy: policyWith('none', 2) });
  ftruncateSync(editor);
  writeSync(editor, `# late\ndomain: ${NAME}\npolicy: { mode: none, max_age: 3 }\n`);
  closeSync(editor);
  const done = await at.edit(NAME, { do: 'replace', policy: policyWith('none', 4) });
  t.match(done, { outcome: 'done' });
  t.equal(
    readFileSync(at.file(FILE), 'utf8'),
    `# late\ndomain: ${NAME}\npolicy: { mode: none, max_age: 4 }\n`,
  );
  t.equal(at.tenants.document(policyDomain(NAME))?.text.includes('# late'), true);
});

t.test('a document keeps its mode, and a new one can be read by others', async (t) => {
  const at = await OpenDesk.open(t);
  await at.edit(NAME, { do: 'create', policy: policyWith('none', 1) });
  t.equal(statSync(at.file(FILE)).mode & 0o777, 0o644 & ~process.umask());
  writeFileSync(at.file('other.test.yaml'), 'domain: other.test\npolicy: { mode: none, max_age: 1 }\n', {
    mode: 0o600,
  });
  await at.loop.look(['other.test.yaml']);
  t.match(await at.edit('other.test', { do: 'replace', policy: policyWith('none', 2) }), { outcome: 'done' });
  t.equal(statSync(at.file('other.test.yaml')).mode & 0o777, 0o600);
});
