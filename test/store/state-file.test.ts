import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { PolicyTexts } from '../../src/store/files/policy-texts.ts';
import { openForReading } from '../../src/store/files/state-database.ts';
import { StateFileError } from '../../src/store/files/state-error.ts';
import { openState } from '../../src/store/files/state-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { policyDomain, policyOf, recording, revise } from '../tenant/revisions.ts';
import { holdsTheContract } from './contract.ts';

holdsTheContract('the state file', {
  open(t) {
    const folder = join(temporaryFolder(t), 'state');
    let store = openState(folder);
    t.teardown(() => store.close());
    const reopened = () => {
      store.close();
      store = openState(folder);
      return store;
    };
    return { store, reopened };
  },
});

t.test('the folder is made for its owner alone', async (t) => {
  const folder = join(temporaryFolder(t), 'a/b/state');
  openState(folder).close();
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.equal(statSync(join(folder, '..')).mode & 0o777, 0o700);
});

t.test('a reader sees each recording as soon as it is done', async (t) => {
  const { folder, domain } = filled(t);
  const store = openState(folder);
  const texts = new PolicyTexts(folder);
  t.teardown(() => [store, texts].map((open) => open.close()));
  t.match(texts.get(domain), /mode: enforce\r\n/);
  const standing = { newest: store.newest(domain), served: true };
  const second = revise(domain, policyOf('none', 60), standing, 2000);
  store.record(recording({ revisions: [second], now: 2000 }));
  t.equal(texts.get(domain), second.revision.text);
  t.same(texts.after('', 10), [{ domain, text: second.revision.text }]);
  t.same(texts.after(domain, 10), []);
  store.record(recording({ left: [domain], now: 3000 }));
  t.equal(texts.get(domain), undefined);
  t.same(texts.after('', 10), []);
});

t.test('the bodies are read in steps, in the order of their domains', async (t) => {
  const folder = temporaryFolder(t);
  const store = openState(folder);
  const domains = Array.from({ length: 25 }, (_, index) => policyDomain(`d${index + 10}.example`));
  const revisions = domains.map((domain) =>
    revise(domain, policyOf('testing', 1), { newest: undefined, served: false }, 0),
  );
  store.record(recording({ revisions: revisions.toReversed() }));
  const texts = new PolicyTexts(folder);
  t.teardown(() => [store, texts].map((open) => open.close()));
  const found: string[] = [];
  for (let last = ''; found.length < 100; last = found.at(-1) ?? '') {
    const step = texts.after(last, 10);
    if (step.length === 0) break;
    found.push(...step.map(({ domain }) => domain));
  }
  t.same(found, domains);
});

t.test('a file that is no state file of ours is refused with a remedy, and left as it is', async (t) => {
  const spoil: Record<string, (path: string) => void> = {
    'newer release': (path) => execute(path, 'PRAGMA user_version = 99'),
    'is damaged': (path) => writeFileSync(path, 'no database '.repeat(1000)),
    damaged: (path) => truncateSync(path, statSync(path).size - 4096),
    "can't be opened": (path) => mkdirSync(`${path}-wal/x`, { recursive: true }),
  };
  for (const [says, damage] of Object.entries(spoil)) {
    const { folder } = filled(t);
    const path = join(folder, 'state.sqlite');
    damage(path);
    const before = readFileSync(path);
    for (const open of [openState, openForReading]) {
      const error = thrown(() => open(folder));
      t.ok(error instanceof StateFileError, `${says}: ${error}`);
      t.match(error, { message: says, remedy: /\w/ });
    }
    t.ok(readFileSync(path).equals(before));
  }
});

t.test('what is missing or empty can be made, but not read', async (t) => {
  const folder = temporaryFolder(t);
  t.match(
    thrown(() => openForReading(folder)),
    { message: 'There is no state' },
  );
  writeFileSync(join(folder, 'state.sqlite'), '');
  t.match(
    thrown(() => openForReading(folder)),
    { message: 'The state file is empty' },
  );
  t.match(
    thrown(() => new PolicyTexts(folder)),
    { message: 'empty' },
  );
  const store = openState(folder);
  t.equal(store.servedCount(), 0);
  store.close();
  const error = thrown(() => openState(join(folder, 'state.sqlite', 'state')));
  t.ok(error instanceof StateFileError);
  t.match(error, { message: 'ENOTDIR' });
});

/** A folder whose state file serves one tenant. */
function filled(t: Test) {
  const folder = temporaryFolder(t);
  const domain = policyDomain('example.com');
  const store = openState(folder);
  const first = revise(domain, policyOf('enforce', 60), { newest: undefined, served: false }, 1000);
  store.record(recording({ revisions: [first], now: 1000 }));
  store.settle('all', 1000);
  store.close();
  return { folder, domain };
}

function execute(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
