import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  DocumentFolder,
  domainOfFile,
  isDocumentName,
  type Reading,
} from '../../src/store/files/document-folder.ts';
import { foundFlaws, readCases } from '../cases.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { policyDomain } from '../tenant/revisions.ts';

interface Cases {
  readonly documents: readonly { file: string; domain: string }[];
  readonly flawed: readonly { file: string; says: string }[];
  readonly others: readonly string[];
}
const cases = readCases<Cases>('document-folder.yaml', import.meta);
const domain = policyDomain('example.com');
const FILE = 'example.com.yaml';
const GOOD = 'domain: example.com\npolicy: { mode: none, max_age: 1 }\n';

t.test('which files are documents, and of which domain', async (t) => {
  for (const { file, domain } of cases.documents) {
    t.ok(isDocumentName(file));
    t.same(domainOfFile(file), { ok: true, value: domain }, file);
  }
  for (const { file, says } of cases.flawed) {
    t.ok(isDocumentName(file));
    const found = domainOfFile(file);
    t.same(foundFlaws(found, [{ path: '', says }]), [{ path: '', says }], file);
    t.match(found, { flaws: [{ remedy: /^Rename the file/ }] });
  }
  for (const file of cases.others) t.notOk(isDocumentName(file), file);
});

t.test('a folder lists its documents', async (t) => {
  const { folder, write } = made(t);
  for (const { file } of cases.documents) write(file, '');
  for (const file of cases.others) write(file, '');
  t.same(folder.files().sort(), cases.documents.map(({ file }) => file).sort());
  rmSync(folder.path, { recursive: true });
  t.throws(() => folder.files(), { code: 'ENOENT' });
});

t.test('a document is read with its flaws in place', async (t) => {
  const { folder, write } = made(t);
  write(FILE, GOOD);
  const good = folder.read(FILE, domain);
  t.match(good, {
    outcome: 'document',
    document: { file: FILE, stamp: folder.stamp(FILE), tenant: { ok: true } },
  });
  write(FILE, GOOD.replace('none', 'off'));
  t.match(flawsOf(folder.read(FILE, domain)), [{ path: 'policy.mode', line: 2, column: 17 }]);
  write('example.net.yaml', GOOD);
  t.match(flawsOf(folder.read('example.net.yaml', policyDomain('example.net'))), [
    { path: 'domain', line: 1 },
  ]);
});

t.test('each content has a stamp of its own', async (t) => {
  const { folder, write, path } = made(t);
  t.equal(folder.stamp(FILE), undefined);
  const stamps = new Set([folder.stamp(FILE)]);
  for (const change of [
    () => write(FILE, GOOD),
    () => write(FILE, GOOD.replace('1', '2')),
    () => write(FILE, `${GOOD}\n`),
    () => {
      write('other', GOOD);
      renameSync(path('other'), path(FILE));
    },
    () => {
      rmSync(path(FILE));
      mkdirSync(path('..data'));
      write('..data/x', GOOD);
      symlinkSync('..data/x', path(FILE));
    },
    () => {
      renameSync(path('..data'), path('..old'));
      mkdirSync(path('..data'));
      write('..data/x', GOOD);
    },
  ]) {
    change();
    t.equal(stamps.has(folder.stamp(FILE)), false, change.toString());
    stamps.add(folder.stamp(FILE));
    t.equal(folder.stamp(FILE), folder.stamp(FILE));
  }
});

t.test('what is no readable file is a flaw, or is not there', async (t) => {
  const { folder, write, path } = made(t);
  symlinkSync(FILE, path(FILE));
  t.match(flawsOf(folder.read(FILE, domain)), [{ message: /ELOOP/ }]);
  rmSync(path(FILE));
  execFileSync('mkfifo', [path(FILE)]);
  letAlone(folder.path);
  t.same(folder.read(FILE, domain), { outcome: 'vanished' }, 'a pipe');
  rmSync(path(FILE));
  mkdirSync(path(FILE));
  letAlone(folder.path);
  t.same(folder.read(FILE, domain), { outcome: 'vanished' }, 'a folder');
  rmSync(path(FILE), { recursive: true });
  symlinkSync('nowhere', path(FILE));
  letAlone(folder.path);
  t.same(folder.read(FILE, domain), { outcome: 'vanished' }, 'a link to nowhere');
  const comment = `# ${'x'.repeat(256 * 1024 - GOOD.length - 3)}\n`;
  rmSync(path(FILE));
  write(FILE, comment + GOOD);
  t.match(folder.read(FILE, domain), { document: { tenant: { ok: true } } }, '256 KiB');
  write(FILE, `#${comment}${GOOD}`);
  t.match(flawsOf(folder.read(FILE, domain)), [{ message: /too long/ }]);
});

function made(t: Test) {
  const folder = new DocumentFolder(temporaryFolder(t));
  const path = (file: string) => join(folder.path, file);
  const write = (file: string, text: string) => {
    writeFileSync(path(file), text);
    letAlone(path(file));
  };
  return { folder, path, write };
}

/** As if it had last been changed an hour ago. */
function letAlone(path: string): void {
  const hourAgo = new Date(Date.now() - 3_600_000);
  utimesSync(path, hourAgo, hourAgo);
}

function flawsOf(reading: Reading) {
  return reading.outcome === 'document' && !reading.document.tenant.ok ? reading.document.tenant.flaws : [];
}
