import { execFile } from 'node:child_process';
import { type Home, MAIN } from '../server/server.ts';

export interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in a home, to its end, with a text on stdin. */
export function runCli(
  home: Home,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CliOutcome> {
  return new Promise((resolve) => {
    const options = { env: home.environment(environment), timeout: 100_000, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
    // It may end without having read it.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
