import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const MEBIBYTE = 2 ** 20;
const execFilePromise = promisify(execFile);

/** Runs a program to its end and gives what it wrote to stdout. Throws, with its stderr, on any other exit code than 0. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execFilePromise(program, [...args], { maxBuffer: 64 * MEBIBYTE });
  return stdout;
}
