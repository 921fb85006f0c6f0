import type { Mode } from '../policy/policy.ts';
import type { PublicationStage } from '../tenant/publication.ts';
import { fromNow } from './moment.ts';
import type { Cell, Style } from './table.ts';

// How things look on a terminal: what needs a look is yellow, what is broken red, what is well green.

const MODES: Readonly<Record<Mode, Style>> = { enforce: 'green', testing: 'yellow', none: 'dim' };

export function modeCell(mode: Mode): Cell {
  return { text: mode, style: MODES[mode] };
}

export function stageCell(stage: PublicationStage): Cell {
  return { text: stage, style: stage === 'observed' ? 'green' : 'yellow' };
}

/** A time as people say it on a terminal, and as machines read it elsewhere. */
export function timeCell(time: string | null, now: number, isForPeople: boolean): Cell {
  if (time === null) return { text: '-', style: 'dim' };
  return { text: isForPeople ? fromNow(Date.parse(time), now) : time };
}

export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
