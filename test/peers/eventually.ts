import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MILLISECONDS = 20;

/** A look at something that may not be there yet: then the answer is undefined or false. */
export type Probe<T> = () => Promise<T | undefined | false> | T | undefined | false;

/**
 * Asks again and again until the answer is neither undefined nor false, and gives that answer.
 * @param what what is waited for, for the error that is thrown after `seconds`.
 */
export async function eventually<T>(what: string, probe: Probe<T>, seconds = 30): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} seconds in vain for ${what}`);
    await sleep(PAUSE_MILLISECONDS);
  }
}
