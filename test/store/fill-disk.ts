/** Fills the disk of a folder while a file is replaced there again and again; prints what was kept. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../src/store/files/durable.ts';

const [, , folder = ''] = process.argv;
const path = join(folder, 'file');
const contents = ['a', 'b'].map((letter) => letter.repeat(20_000));
writeFileSync(path, contents[0] ?? '');
const outcomes = new Set<string>();
for (let filled = 0; filled < 40; filled += 1) {
  const [before, after] = [readFileSync(path, 'utf8'), contents[(filled + 1) % 2] ?? ''];
  let failed = false;
  try {
    writeDurably(path, after);
  } catch {
    failed = true;
  }
  const found = readFileSync(path, 'utf8');
  outcomes.add(found === after && !failed ? 'replaced' : found === before && failed ? 'kept' : 'torn');
  try {
    writeFileSync(join(folder, `ballast${filled}`), Buffer.alloc(4096));
  } catch {
    rmSync(join(folder, `ballast${filled}`), { force: true });
  }
}
const left = readdirSync(folder).filter((file) => file.endsWith('.tmp'));
process.stdout.write(JSON.stringify({ outcomes: [...outcomes].sort(), left }));
