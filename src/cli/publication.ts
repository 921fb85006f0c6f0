import { PUBLICATION_STAGES } from '../tenant/publication.ts';
import { minute } from './moment.ts';
import type { Cell, Note, Row } from './table.ts';
import type { ToldPublication } from './told.ts';

/** The way of a change, a row for each stage: when it was reached, and what the next one waits for. */
export function stageRows({ stage, reached, waiting }: ToldPublication): readonly Row[] {
  const current = PUBLICATION_STAGES.indexOf(stage);
  return PUBLICATION_STAGES.map((each, index): Row => {
    const isReached = index <= current;
    const at = reached[each];
    const mark: Cell = isReached
      ? { text: '✔', style: 'green' }
      : { text: index === current + 1 ? '…' : '·', style: index === current + 1 ? 'yellow' : 'dim' };
    const name: Cell = isReached ? { text: each } : { text: each, style: 'dim' };
    const time: Cell = { text: isReached && at !== undefined ? minute(Date.parse(at)) : '', style: 'dim' };
    const isNext = waiting !== null && index === current + 1;
    return { cells: [mark, name, time], notes: isNext ? waitingNotes(waiting) : [] };
  });
}

export function waitingNotes({ why, remedy }: NonNullable<ToldPublication['waiting']>): readonly Note[] {
  return [{ text: why, style: 'yellow' }, ...(remedy === undefined ? [] : [{ text: remedy, mark: '→' }])];
}
