import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makePrivateFolder, writeDurably } from '../../src/store/files/durable.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runOn, small } from './disk.ts';

t.test('a file is made and replaced, for its owner alone unless told otherwise', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'file');
  writeDurably(path, 'bücher');
  t.equal(readFileSync(path, 'utf8'), 'bücher');
  t.equal(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o644);
  writeDurably(path, Uint8Array.of(0, 255, 13, 10));
  t.same([...readFileSync(path)], [0, 255, 13, 10]);
  t.equal(statSync(path).mode & 0o777, 0o600, 'the old mode does not stay');
  writeDurably(path, '', 0o644);
  t.equal(statSync(path).mode & 0o777, 0o644);
  t.same(readdirSync(folder), ['file']);
});

t.test('where it cannot be replaced, nothing is left behind', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'file'));
  t.throws(() => writeDurably(join(folder, 'file'), 'a'), { code: 'EISDIR' });
  t.same(readdirSync(folder), ['file']);
  t.throws(() => writeDurably(join(folder, 'missing/file'), 'a'), { code: 'ENOENT' });
});

t.test('on a disk that becomes full, the old content stays whole', async (t) => {
  const found = runOn(small('128k'), 'fill-disk.ts', temporaryFolder(t));
  t.same(found, { outcomes: ['kept', 'replaced'], left: [] });
});

t.test('a folder is made with those above it, and one that is there is left as it is', async (t) => {
  const folder = temporaryFolder(t);
  makePrivateFolder(join(folder, 'a/b/c'));
  for (const made of ['a', 'a/b', 'a/b/c']) t.equal(statSync(join(folder, made)).mode & 0o777, 0o700);
  chmodSync(join(folder, 'a/b'), 0o755);
  makePrivateFolder(join(folder, 'a/b'));
  t.equal(statSync(join(folder, 'a/b')).mode & 0o777, 0o755);
  writeFileSync(join(folder, 'file'), '');
  t.throws(() => makePrivateFolder(join(folder, 'file/a')), { code: 'ENOTDIR' });
});
