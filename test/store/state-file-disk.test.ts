import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { openForReading } from '../../src/store/files/state-database.ts';
import { openState } from '../../src/store/files/state-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { policyDomain, policyOf, recording, revise } from '../tenant/revisions.ts';
import { READ_ONLY, runOn, small } from './disk.ts';

t.test('on a read-only disk, what was recorded is served', async (t) => {
  const found = runOn(READ_ONLY, 'read-state.ts', filled(t));
  t.match(found, { served: ['example.com'], texts: [{ domain: 'example.com' }], recorded: false });
});

t.test('on a read-only disk, so is what a killed server left in the log', async (t) => {
  const folder = filled(t);
  writeAndDie(t, folder);
  const expected = { served: ['example.com', 'killed.example'], texts: { length: 2 }, recorded: false };
  t.match(runOn(READ_ONLY, 'read-state.ts', folder), expected);
  rmSync(join(folder, 'state.sqlite-shm'));
  t.match(runOn(READ_ONLY, 'read-state.ts', folder), expected, 'without the index of the log too');
});

t.test('a killed server is survived by all that it recorded', async (t) => {
  const folder = filled(t);
  writeAndDie(t, folder);
  const reader = openForReading(folder);
  t.equal(reader.prepare('SELECT count(*) AS count FROM revision').get()?.count, 2);
  reader.close();
  const store = openState(folder);
  t.same(
    [...store.announceable()].map(({ domain }) => domain),
    ['example.com', 'killed.example'],
  );
  store.close();
  t.same(readdirSync(folder), ['state.sqlite'], 'the log is brought in when it ends in good order');
});

t.test('on a full disk, what was recorded is served, and recording fails as a whole', async (t) => {
  const folder = filled(t);
  const copy = `cp "$FOLDER/state.sqlite" /tmp/state-of-$$ && ${small('256k')} && mv /tmp/state-of-$$ "$FOLDER/state.sqlite"`;
  const full = `${copy} && { head -c 1m /dev/zero > "$FOLDER/ballast" || true; } 2> /dev/null`;
  const found = runOn(full, 'read-state.ts', folder);
  t.match(found, { served: ['example.com'], texts: { length: 1 }, entries: 0, recorded: false });
});

function writeAndDie(t: Test, folder: string): void {
  const program = fileURLToPath(new URL('write-and-die.ts', import.meta.url));
  const { signal, stderr } = spawnSync(process.execPath, [program, folder], { encoding: 'utf8' });
  t.equal(signal, 'SIGKILL', stderr);
  t.ok(statSync(join(folder, 'state.sqlite-wal')).size > 0);
}

/** A folder whose state file serves one tenant. */
function filled(t: Test): string {
  const folder = temporaryFolder(t);
  const store = openState(folder);
  const domain = policyDomain('example.com');
  const first = revise(domain, policyOf('enforce', 60), { newest: undefined, served: false }, 1000);
  store.record(recording({ revisions: [first], now: 1000 }));
  store.settle('all', 1000);
  store.close();
  return folder;
}
