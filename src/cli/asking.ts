import { createInterface } from 'node:readline/promises';
import { CommandFailure, EXIT } from './printing.ts';
import { canAsk } from './terminal.ts';

/**
 * Asks whether to go on, where somebody sits at a terminal; elsewhere only `--yes` is a yes. No is the end of the
 * command, with nothing changed.
 */
export async function askWhether(question: string, isYes: boolean | undefined): Promise<void> {
  if (isYes) return;
  if (!canAsk()) {
    throw new CommandFailure(
      'Nothing was changed: nobody can be asked here',
      'Repeat it with --yes',
      EXIT.usage,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new CommandFailure('Nothing was changed', 'Repeat it and answer y, or give --yes', EXIT.usage);
}

/** The same for what scripts do without being asked: without a terminal it is a yes. */
export function askAtTerminal(question: string, isYes: boolean | undefined): Promise<void> {
  return askWhether(question, isYes || !canAsk());
}
