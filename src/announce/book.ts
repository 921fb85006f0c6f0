import { type Held, stepFor } from './held.ts';
import { NotAnnounced, unreachable } from './not-announced.ts';
import type { Announcement, AnnounceOutcome, Presence, Publisher } from './publisher.ts';

/** What is to stand at a name: one TXT record, or none. */
export interface Wanted {
  readonly name: string;
  readonly text: string | undefined;
  /** Seconds. */
  readonly ttl: number;
}

/** Somebody's records, read and changed one name at a time. Each method throws {@link NotAnnounced}. */
export interface Book<H extends Held> {
  /** The nearest time to live that it takes, in seconds. */
  ttl(wanted: number): number;
  read(name: string, signal: AbortSignal): Promise<H>;
  /**
   * Puts what is wanted in the place of what was read.
   * @returns whether it did: not where somebody else has changed it since it was read.
   */
  replace(held: H, wanted: Wanted, signal: AbortSignal): Promise<boolean>;
}

const MOST_READINGS = 4;

/** A publisher that looks before it writes, and so writes no more than is needed; for each name one after the other. */
export function publisherTo<H extends Held>(book: Book<H>): Publisher {
  const turns = new Map<string, Promise<unknown>>();
  return {
    announce: async (announcement, signal) => {
      const { name } = announcement;
      const before = turns.get(name);
      const own = Promise.resolve(before).then(() => outcomeOf(announce(book, announcement, signal), signal));
      const turn = own.catch(() => {});
      turns.set(name, turn);
      try {
        return await own;
      } finally {
        if (turns.get(name) === turn) turns.delete(name);
      }
    },
    present: (name, signal) => outcomeOf(present(book, name, signal), signal),
  };
}

async function announce<H extends Held>(
  book: Book<H>,
  announcement: Announcement,
  signal: AbortSignal,
): Promise<AnnounceOutcome> {
  const wanted = { ...announcement, ttl: book.ttl(announcement.ttl) };
  for (let readings = 0; readings < MOST_READINGS; readings += 1) {
    const held = await book.read(wanted.name, signal);
    const step = stepFor(held, wanted);
    if (step.do === 'leave') return { outcome: step.outcome, why: step.why, remedy: step.remedy };
    if (step.do === 'nothing' || (await book.replace(held, wanted, signal))) return { outcome: 'announced' };
  }
  throw unreachable(`Somebody else keeps changing the records of ${wanted.name}`);
}

async function present<H extends Held>(book: Book<H>, name: string, signal: AbortSignal): Promise<Presence> {
  const { texts } = await book.read(name, signal);
  return { outcome: 'present', texts: texts.map(({ text }) => text) };
}

async function outcomeOf<T>(work: Promise<T>, signal: AbortSignal): Promise<T | NotAnnounced['outcome']> {
  try {
    return await work;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NotAnnounced) return error.outcome;
    throw error;
  }
}
