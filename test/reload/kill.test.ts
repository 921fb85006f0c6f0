import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readPublications } from '../../src/store/files/publication-file.ts';
import { Home, Server } from '../server/server.ts';
import { documentOf, textOf } from './desk.ts';
import { newestTexts, type RevisionRow, revisionsOf, served } from './running.ts';

// A busy machine is slow, not wrong.
t.setTimeout(400_000);

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const ROUNDS = 12;
const DOMAINS = Array.from({ length: 40 }, (_, index) => `k${index}.test`);

/** Both ends of the list carry the number of the text, so that a mixture of two texts shows. */
function mxOf(sequence: number): string[] {
  return ['a', 'b', 'c'].map((letter) => `${letter}${sequence}.mx.test`);
}

function sequenceOf(text: string): number {
  return Number(/^mx: a(\d+)\./m.exec(text)?.[1] ?? Number.NaN);
}

/** The same numbers in every run. */
function* random(): Generator<number, never> {
  for (let state = 20_261_122; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** What is written into a document's place, one after the other, until it is told to stop. */
class Writer {
  readonly latest = new Map(DOMAINS.map((domain) => [domain, 0]));
  readonly #home: Home;
  #stopped = false;

  constructor(home: Home) {
    this.#home = home;
    for (const domain of DOMAINS) this.put(domain, 0);
  }

  put(domain: string, sequence: number): void {
    const path = join(this.#home.policies, `${domain}.yaml`);
    writeFileSync(`${path}.tmp`, documentOf(domain, mxOf(sequence)));
    renameSync(`${path}.tmp`, path);
    this.latest.set(domain, sequence);
  }

  async run(): Promise<void> {
    this.#stopped = false;
    for (let turn = 0; !this.#stopped; turn += 1) {
      const domain = DOMAINS[(turn * 7) % DOMAINS.length] ?? '';
      this.put(domain, (this.latest.get(domain) ?? 0) + 1);
      await pause(3);
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}

interface Told {
  readonly items: readonly { readonly name: string; readonly type: string; readonly value: string }[];
}

/** The id of each domain as `postseal records --json` tells it. */
function idsTold(home: Home): Map<string, string> {
  const output = execFileSync(process.execPath, [MAIN, 'records', '--json'], {
    env: home.environment() as NodeJS.ProcessEnv,
    encoding: 'utf8',
  });
  const records = (JSON.parse(output) as Told).items.filter(({ type }) => type === 'TXT');
  return new Map(
    records.map(({ name, value }) => [name.replace('_mta-sts.', ''), /id=(\w+)/.exec(value)?.[1] ?? '']),
  );
}

/** The id of each domain that may be announced, by the state file. */
function idsDue(home: Home): Map<string, string | undefined> {
  const publications = readPublications(home.state);
  try {
    return new Map(publications.after('', 1_000).map(({ domain, course }) => [domain, course.due]));
  } finally {
    publications.close();
  }
}

function rowsByDomain(home: Home): Map<string, readonly RevisionRow[]> {
  return Map.groupBy(revisionsOf(home), ({ domain }) => domain);
}

/** What is wrong with the revisions of one domain. */
function wrongRows(rows: readonly RevisionRow[]): string[] {
  const wrong: string[] = [];
  if (new Set(rows.map(({ id }) => id)).size < rows.length) wrong.push('an id was used twice');
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1];
    if (row.number !== index + 1) wrong.push(`number ${row.number} follows ${index}`);
    if (row.text !== textOf(mxOf(sequenceOf(row.text)))) wrong.push(`a mixture: ${row.text}`);
    if (next === undefined) continue;
    if (next.id <= row.id) wrong.push(`${next.id} is not greater than ${row.id}`);
    if (next.text === row.text) wrong.push(`revision ${next.number} says the same`);
    if (sequenceOf(next.text) < sequenceOf(row.text)) wrong.push(`revision ${next.number} is older`);
    if (row.served_until !== null && row.served_until < row.served_from) wrong.push('served backwards');
  }
  if (rows.at(-1)?.served_until !== null) wrong.push('the newest is closed');
  return wrong;
}

t.test('killed again and again while documents change', async (t) => {
  const home = new Home();
  const writer = new Writer(home);
  const latest = (domain: string): string => textOf(mxOf(writer.latest.get(domain) ?? 0));
  const numbers = random();
  let server = await Server.start(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const idsSeen = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const writing = writer.run();
    await pause(numbers.next().value * 800);
    await server.stop('SIGKILL');
    await pause(numbers.next().value * 100);
    writer.stop();
    await writing;
    const killed = rowsByDomain(home);
    // Nothing is killed but the primary: what it left behind must end by itself.
    server = new Server(home);
    await server.until(() => server.logged('listening').length > 0, 'listening');
    const early = await Promise.all(DOMAINS.map((domain) => served(server, home, domain)));
    await server.until(() => server.logged('ready').length > 0, 'ready');
    const wrong: string[] = [];
    for (const [index, domain] of DOMAINS.entries()) {
      const before = killed.get(domain)?.at(-1)?.text;
      const now = latest(domain);
      if (early[index] !== before && early[index] !== now) wrong.push(`${domain}: ${early[index]}`);
    }
    t.same(wrong, [], `round ${round}: before any change is picked up, each serves its old or its new text`);
    await server.until(() => {
      const newest = newestTexts(home);
      return DOMAINS.every((domain) => newest.get(domain) === latest(domain));
    }, 'all changes');
    const rows = rowsByDomain(home);
    await server.until(() => {
      const due = idsDue(home);
      return DOMAINS.every((domain) => due.get(domain) === rows.get(domain)?.at(-1)?.id);
    }, 'all ids, once their policies were fetched');
    const told = idsTold(home);
    for (const domain of DOMAINS) {
      const newest = rows.get(domain)?.at(-1);
      const id = told.get(domain) ?? '';
      await server.until(
        async () => (await served(server, home, domain)) === newest?.text,
        `${domain} served`,
      );
      if (id !== newest?.id) wrong.push(`${domain}: ${id} is told, ${newest?.id} is recorded`);
      const text = idsSeen.get(`${domain} ${id}`) ?? newest?.text;
      if (text !== newest?.text) wrong.push(`${domain}: ${id} stood for another text`);
      idsSeen.set(`${domain} ${id}`, newest?.text ?? '');
      wrong.push(...wrongRows(rows.get(domain) ?? []).map((what) => `${domain}: ${what}`));
      for (const [index, row] of (killed.get(domain) ?? []).entries()) {
        if (rows.get(domain)?.[index]?.id !== row.id) wrong.push(`${domain}: revision ${row.number} is lost`);
      }
    }
    t.same(wrong, [], `round ${round}: ids, texts and ledger agree`);
  }
  await server.until(
    () =>
      [...rowsByDomain(home).values()].every(
        (rows) => rows.filter((row) => row.served_until === null).length === 1,
      ),
    'one open revision for each domain in the ledger',
  );
});
