import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Home, Server } from '../server/server.ts';
import { documentOf, textOf } from './desk.ts';
import { readHealth, revisionsOf, served } from './running.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

type Save = (path: string, text: string) => void | Promise<void>;

/** Writes in place, letting the server look after each piece. */
function inPieces(length: number, milliseconds: number): Save {
  return async (path, text) => {
    const file = openSync(path, 'w');
    for (let start = 0; start < text.length; start += length) {
      await pause(milliseconds);
      writeSync(file, text.slice(start, start + length));
    }
    closeSync(file);
  };
}

/** The ways in which editors and tools put a new text into a file's place. */
const SAVES: Readonly<Record<string, Save>> = {
  'in place': (path, text) => writeFileSync(path, text),
  'in place, emptied long before it is written': async (path, text) => {
    truncateSync(path);
    await pause(300);
    writeFileSync(path, text);
  },
  'in place, in pieces': inPieces(7, 5),
  'in place, in pieces, slowly': inPieces(30, 200),
  'written beside and renamed over': (path, text) => {
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  },
  'written beside under a document name and renamed over': (path, text) => {
    const beside = join(dirname(path), 'temporary.test.yaml');
    writeFileSync(beside, text);
    renameSync(beside, path);
  },
  'deleted and created': (path, text) => {
    rmSync(path);
    writeFileSync(path, text);
  },
  'deleted and created after a while': async (path, text) => {
    rmSync(path);
    await pause(300);
    await inPieces(20, 20)(path, text);
  },
  'as vim does with backupcopy=no': (path, text) => {
    const folder = dirname(path);
    writeFileSync(join(folder, '.document.yaml.swp'), 'b0VIM');
    writeFileSync(join(folder, '4913'), '');
    rmSync(join(folder, '4913'));
    renameSync(path, `${path}~`);
    const file = openSync(path, 'wx');
    writeSync(file, text);
    fsyncSync(file);
    closeSync(file);
    rmSync(`${path}~`);
    rmSync(join(folder, '.document.yaml.swp'));
  },
  'as emacs does': (path, text) => {
    const folder = dirname(path);
    symlinkSync('me@desk.1:2', join(folder, '.#document.yaml'));
    writeFileSync(join(folder, '#document.yaml#'), text);
    linkSync(path, `${path}~`);
    rmSync(path);
    writeFileSync(path, text);
    rmSync(join(folder, '#document.yaml#'));
    rmSync(join(folder, '.#document.yaml'));
    rmSync(`${path}~`);
  },
  'a link to another file renamed over': (path, text) => {
    const elsewhere = join(dirname(path), '..', `elsewhere-${text.length}`);
    writeFileSync(elsewhere, text);
    symlinkSync(elsewhere, `${path}.link`);
    renameSync(`${path}.link`, path);
  },
};

t.test('a document saved in every way that editors have is served, and only as a whole', async (t) => {
  const home = new Home();
  const names = Object.keys(SAVES).map((_, index) => `way${index}.test`);
  const documents = names.map((name) => join(home.policies, `${name}.yaml`));
  const [before, after] = [['old.mx.test'], ['new1.mx.test', 'new2.mx.test', 'new3.mx.test']];
  for (const [index, name] of names.entries())
    writeFileSync(documents[index] ?? '', documentOf(name, before));
  const server = await Server.start(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const ways = Object.values(SAVES).map((save, index) =>
    save(documents[index] ?? '', documentOf(names[index] ?? '', after)),
  );
  await Promise.all(ways);
  for (const [index, way] of Object.keys(SAVES).entries()) {
    const name = names[index] ?? '';
    const isServed = async () => (await served(server, home, name)) === textOf(after);
    await server.until(isServed, `${way} (${name})`);
    const texts = revisionsOf(home).filter(({ domain }) => domain === name);
    t.same(
      texts.map(({ text }) => text),
      [textOf(before), textOf(after)],
      way,
    );
  }
  const flawed = server.logged('document_flawed').filter(({ file }) => file !== 'temporary.test.yaml');
  t.same(flawed, [], 'no flaw was told on the way');
});

t.test('a mounted ConfigMap is swapped', async (t) => {
  const home = new Home();
  const publish = (time: string, maxAge: number): void => {
    mkdirSync(join(home.policies, time));
    for (const name of ['one.test', 'two.test']) {
      writeFileSync(join(home.policies, time, `${name}.yaml`), documentOf(name, [`mx.${name}`], { maxAge }));
    }
    symlinkSync(time, join(home.policies, '..data_tmp'));
    renameSync(join(home.policies, '..data_tmp'), join(home.policies, '..data'));
  };
  publish('..2026_11_22', 100_000);
  for (const name of ['one.test', 'two.test']) {
    symlinkSync(join('..data', `${name}.yaml`), join(home.policies, `${name}.yaml`));
  }
  const server = await Server.start(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const old = readlinkSync(join(home.policies, '..data'));
  publish('..2026_11_23', 200_000);
  rmSync(join(home.policies, old), { recursive: true });
  for (const name of ['one.test', 'two.test']) {
    const text = textOf([`mx.${name}`], { maxAge: 200_000 });
    await server.until(async () => (await served(server, home, name)) === text, name);
  }
  t.match(await readHealth(server), { tenants: 2, flawed_documents: 0, problems: [] });
  t.equal(revisionsOf(home).length, 4);
});
