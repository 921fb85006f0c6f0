/*
 * The printing rules:
 * - stdout carries what was asked for, and nothing else; with --json it is one JSON document.
 * - stderr carries the log and the errors.
 * - an error tells where, what, and what to do; then comes an exit code of the table below.
 */
import type { Flaw } from '../flaws/flaw.ts';

export const EXIT = { done: 0, internal: 1, usage: 2, flawed: 3, unavailable: 4, notFound: 5 } as const;

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

export function fail(message: string, remedy: string, code: number): void {
  process.stderr.write(`postseal: ${message}\n  ${remedy}\n`);
  process.exitCode = code;
}

/** Prints every flaw on lines of its own. */
export function failWithFlaws(what: string, flaws: readonly Flaw[]): void {
  process.stderr.write(`postseal: ${what}\n`);
  for (const { path, line, column, message, remedy } of flaws) {
    const place = line === undefined ? path : `${path} (line ${line}, column ${column})`;
    process.stderr.write(`  ${place}: ${message}\n    ${remedy}\n`);
  }
  process.exitCode = EXIT.flawed;
}
