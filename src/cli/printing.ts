/*
 * The printing rules:
 * - stdout carries what was asked for, and nothing else; with --json it is one JSON document, or JSON lines for what
 *   comes bit by bit.
 * - on a terminal lists are tables that fit its width, with colours unless NO_COLOR is set; elsewhere they are plain
 *   lines, their parts with a tab between.
 * - stderr carries the log, questions, progress and the errors.
 * - an error tells where, what, and what to do; then comes an exit code of the table below.
 */
import { styleText } from 'node:util';
import type { Flaw } from '../flaws/flaw.ts';
import { printable } from '../flaws/quote.ts';

export const EXIT = {
  done: 0,
  internal: 1,
  usage: 2,
  /** What was given has flaws, or would break something. */
  flawed: 3,
  /** Something that is needed can't be had now. */
  unavailable: 4,
  notFound: 5,
  /** There is no good token, or it does not reach this far. */
  denied: 6,
  /** It is there already, or somebody else changed it meanwhile. */
  conflict: 7,
  /** A change was made and is not yet seen from outside. */
  pending: 8,
  /** Mail would be refused at senders. */
  unsafe: 9,
} as const;

/** What ends a command: said on stderr, with its exit code. */
export class CommandFailure extends Error {
  readonly remedy: string;
  readonly code: number;
  readonly flaws: readonly Flaw[];

  constructor(message: string, remedy: string, code: number, flaws: readonly Flaw[] = []) {
    super(message);
    this.remedy = remedy;
    this.code = code;
    this.flaws = flaws;
  }
}

/** Lines that have their ends already. */
export function printText(text: string): void {
  process.stdout.write(text);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** For people beside what was asked for, such as progress. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function fail(message: string, remedy: string, code: number): void {
  failWith(new CommandFailure(message, remedy, code));
}

/** Prints every flaw on lines of its own. */
export function failWithFlaws(what: string, flaws: readonly Flaw[]): void {
  failWith(new CommandFailure(what, '', EXIT.flawed, flaws));
}

export function failWith({ message, remedy, code, flaws }: CommandFailure): void {
  tell(`${styleText('red', 'postseal:', { stream: process.stderr })} ${printable(message)}`);
  if (remedy !== '') tell(`  ${printable(remedy)}`);
  for (const line of flaws.flatMap(flawLines)) tell(line);
  process.exitCode = code;
}

/** Where and what, and below it what to do. */
export function flawLines({ path, line, column, message, remedy, rfc }: Flaw): readonly string[] {
  const place = line === undefined ? path : `${path} (line ${line}, column ${column})`;
  const source = rfc === undefined ? '' : ` (${rfc})`;
  const what = place === '' ? message : `${place}: ${message}`;
  return [`  ${printable(`${what}${source}`)}`, `    ${printable(remedy)}`];
}
