/**
 * Somebody who edits one document by hand again and again, in the ways of editors, and looks each time whether the
 * last edit is still what the file goes back to. Prints how many were lost.
 */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const [, , path = '', edits = '0'] = process.argv;
const lost: string[] = [];

function has(number: number): boolean {
  try {
    return readFileSync(path, 'utf8').includes(`# hand ${number}\n`);
  } catch {
    return false;
  }
}

async function stays(number: number): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (has(number)) return true;
    await pause(25);
  }
  return false;
}

function save(number: number): void {
  const mx = `[mx${number}.example.test]`;
  const text = `# hand ${number}\ndomain: example.test\npolicy: { mode: testing, max_age: ${number}, mx: ${mx} }\n`;
  if (number % 3 === 0) {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  } else if (number % 3 === 1) {
    writeFileSync(path, text);
  } else {
    // Opened, and written to a little later.
    const file = openSync(path, 'a+');
    for (const until = performance.now() + (number % 5) / 2; performance.now() < until; );
    ftruncateSync(file);
    writeSync(file, text);
    closeSync(file);
  }
}

for (let number = 1; number <= Number(edits); number += 1) {
  save(number);
  await pause(number % 7);
  if (!(await stays(number))) lost.push(`${number}`);
}
process.stdout.write(JSON.stringify(lost));
