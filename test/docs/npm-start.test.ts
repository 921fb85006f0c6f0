import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PARTS = ['package.json', 'package-lock.json', 'src', 'policies', 'certs'];

// The ports of the trial are fixed, so it runs in a network of its own, which has a loopback and nothing else.
const START = 'ip link set lo up && exec npm start';

t.test('npm start prints, for each listener, a line that works when pasted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postseal-'));
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  // What is installed is linked, so nothing must look as if it had to be installed anew.
  utimesSync(join(folder, 'package-lock.json'), 0, 0);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const npm = spawn('unshare', ['--net', 'sh', '-c', START], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(async () => {
    await end(npm);
    rmSync(folder, { recursive: true });
  });
  const lines = await commandLines(npm);
  t.equal(lines.length, 5, 'HTTPS, HTTP, DNS, metrics and the admin API');
  const answers = await Promise.all(lines.map((line) => pasted(npm, line)));
  t.match(answers[0], /^version: STSv1\r\nmode: enforce\r\n/);
  t.match(answers[1], /^HTTP\/1.1 404 /);
  t.match(answers[2], /^sts\.localhost\. hostmaster\.sts\.localhost\. \d+ /);
  t.match(answers[3], /"status":"ready","tenants":3,/);
  t.match(answers[4], /^{"openapi":"3.1.0"/);
});

/** The commands that it prints, once the last of what it says has come. */
async function commandLines(npm: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: npm.stdout as NodeJS.ReadableStream })) {
    if (/^ {2}(curl|dig) /.test(line)) lines.push(line.trim());
    if (line.startsWith('records ')) break;
  }
  return lines;
}

/** What a line answers when a shell in the same network runs it. */
async function pasted(npm: ChildProcess, line: string): Promise<string> {
  const { stdout } = await promisify(execFile)('nsenter', [
    `--net=/proc/${npm.pid}/ns/net`,
    'sh',
    '-c',
    line,
  ]);
  return stdout;
}

async function end(npm: ChildProcess): Promise<void> {
  if (npm.pid === undefined || npm.exitCode !== null) return;
  const exited = once(npm, 'exit');
  process.kill(-npm.pid, 'SIGTERM');
  await exited;
}
