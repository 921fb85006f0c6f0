import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';

const SHIFTED_CLOCK = new URL('shifted-clock.ts', import.meta.url).href;

/** A clock for the Node programs of one host that are started with its environment. */
export interface Clock {
  readonly env: Readonly<Record<string, string>>;
  /** Sets it so many milliseconds ahead of everyone else's, for programs that run already, too. */
  setAhead(milliseconds: number): Promise<void>;
}

export async function startClock(host: Host): Promise<Clock> {
  const file = join(await host.folder('clock'), 'ahead');
  const setAhead = async (milliseconds: number) => {
    // At once: a program that reads an empty file would have its clock go back for a moment.
    await writeFile(`${file}.new`, String(milliseconds));
    await rename(`${file}.new`, file);
  };
  await setAhead(0);
  return { env: { NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`, CLOCK_SHIFT_FILE: file }, setAhead };
}
