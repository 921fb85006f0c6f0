import { setTimeout as pause } from 'node:timers/promises';
import { PUBLICATION_STAGES } from '../tenant/publication.ts';
import type { ApiClient } from './api-client.ts';
import { tenantPath } from './client.ts';
import { CommandFailure, EXIT, tell } from './printing.ts';
import { stageRows, waitingNotes } from './publication.ts';
import { Redrawing } from './redrawing.ts';
import { tableRows } from './table.ts';
import { paint, terminalWidth } from './terminal.ts';
import type { ToldPublication } from './told.ts';

export interface Following {
  /** Whether it is waited for what a person has to do too. */
  readonly wait?: boolean;
  /** Seconds. */
  readonly timeout: number;
}

// Milliseconds between two looks.
const PAUSE = 1_000;
// What a person has to do is believed after it has been so for some looks: DNS may just be on its way.
const LOOKS = 3;

/**
 * Follows a tenant's newest revision until it is seen from outside. Where it waits for a person, or for too long, what is
 * missing ends the command, with an exit code of its own.
 */
export async function follow(
  api: ApiClient,
  domain: string,
  { wait, timeout }: Following,
): Promise<ToldPublication> {
  const deadline = performance.now() + timeout * 1000;
  const display = new Display();
  let waited = 0;
  for (;;) {
    const publication = await api.get<ToldPublication>(tenantPath(domain, '/publication'));
    display.show(publication);
    if (publication.stage === 'observed') return publication;
    waited = publication.waiting?.remedy === undefined ? 0 : waited + 1;
    if ((!wait && waited >= LOOKS) || performance.now() > deadline) throw pending(domain, publication);
    await pause(PAUSE);
  }
}

function pending(domain: string, { stage, waiting }: ToldPublication): CommandFailure {
  const next = PUBLICATION_STAGES[PUBLICATION_STAGES.indexOf(stage) + 1];
  const why = waiting === null ? 'nothing tells why' : waiting.why;
  const remedy = waiting?.remedy ?? `Look again later: postseal tenant show ${domain}`;
  return new CommandFailure(`${domain} is ${stage} and not yet ${next}: ${why}`, remedy, EXIT.pending);
}

/** On a terminal the stages stand still and change; elsewhere each has its line when it is reached. */
class Display {
  readonly #redrawing = process.stderr.isTTY ? new Redrawing() : undefined;
  #told = '';

  show(publication: ToldPublication): void {
    if (this.#redrawing !== undefined) {
      const width = Math.min(terminalWidth(), process.stderr.columns ?? terminalWidth());
      this.#redrawing.draw(tableRows(stageRows(publication), width, paint));
      return;
    }
    const { id, stage, waiting } = publication;
    const notes = waiting === null ? [] : waitingNotes(waiting).map(({ text }) => text);
    const line = [id, stage, ...notes].join('\t');
    if (line !== this.#told) tell(line);
    this.#told = line;
  }
}
