import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { openPublications, readPublications } from '../../src/store/files/publication-file.ts';
import { openState } from '../../src/store/files/state-file.ts';
import { migrate } from '../../src/store/files/state-schema.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { holdsThePublicationContract } from './publication-contract.ts';

holdsThePublicationContract('the state file', {
  open(t) {
    const folder = join(temporaryFolder(t), 'state');
    const tenants = openState(folder);
    let publications = openPublications(folder);
    t.teardown(() => [tenants, publications].map((store) => store.close()));
    const reopened = () => {
      publications.close();
      publications = openPublications(folder);
      return publications;
    };
    return { tenants, publications, reopened };
  },
});

t.test('a state file from before publications has one for each tenant that is served', async (t) => {
  const folder = temporaryFolder(t);
  const file = new DatabaseSync(join(folder, 'state.sqlite'));
  migrate(file, stepsWithoutPublications());
  for (const domain of ['here.example', 'left.example']) {
    file.exec(`
      INSERT INTO revision (domain, number, id, text, mode, max_age, at, actor, cause, served_from)
        VALUES ('${domain}', 1, 'id1', 'text', 'none', 1, 500, 'file', 'new', 500),
               ('${domain}', 2, 'id2', 'text', 'enforce', 1, 1000, 'file', 'changed', 1000);
      INSERT INTO tenant (domain, revision, left_at)
        VALUES ('${domain}', 2, ${domain === 'left.example' ? 2000 : 'NULL'});`);
  }
  file.close();
  openState(folder).close();
  const publications = readPublications(folder);
  t.teardown(() => publications.close());
  const [found, ...others] = publications.awake(1, 9);
  t.same(others, []);
  t.equal(found?.domain, 'here.example');
  t.match(found?.course, { number: 2, id: 'id2', mode: 'enforce', stage: 'accepted' });
  t.match(found?.course, { reached: { accepted: 1000 }, takesBack: false, wakeAt: 0 });
});

/** How many steps the schema of the last release without publications had. */
function stepsWithoutPublications(): number {
  for (let steps = 1; ; steps += 1) {
    const database = new DatabaseSync(':memory:');
    migrate(database, steps);
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'publication'").get();
    database.close();
    if (table !== undefined) return steps - 1;
  }
}
