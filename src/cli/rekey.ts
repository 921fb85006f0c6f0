import { setTimeout as pause } from 'node:timers/promises';
import type { KeyChange, UpkeepStore } from '../certs/upkeep-store.ts';
import { openUpkeep } from '../store/files/upkeep-file.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print } from './printing.ts';
import { opened } from './state.ts';

// Milliseconds.
const PATIENCE = 60_000;
const LOOK = 200;

/**
 * `postseal cert rekey`: asks for new account keys. The server changes them between two orders, now or as soon as it
 * runs; the file of a key is no business of two processes.
 */
export async function changeAccountKeys(file: string | undefined): Promise<void> {
  const config = loadConfig(file);
  if (config === undefined) return;
  const cas = config.acme.authorities.map(({ name }) => name);
  if (cas.length === 0) return fail('There is no CA with an account', 'Set acme.directory', EXIT.flawed);
  const store = opened(() => openUpkeep(config.store.state));
  if (store === undefined) return;
  try {
    const asked = { askedAt: Date.now(), endedAt: undefined, why: '' };
    store.record({ keyChanges: Object.fromEntries(cas.map((ca) => [ca, asked])) });
    const deadline = performance.now() + PATIENCE;
    for (const ca of cas) tell(ca, await ended(store, ca, deadline));
  } finally {
    store.close();
  }
}

/** How it ended; undefined where it has not. */
async function ended(store: UpkeepStore, ca: string, deadline: number): Promise<KeyChange | undefined> {
  while (performance.now() < deadline) {
    const change = store.keyChange(ca);
    if (change?.endedAt !== undefined) return change;
    await pause(LOOK);
  }
  return undefined;
}

function tell(ca: string, change: KeyChange | undefined): void {
  if (change === undefined) {
    const remedy = 'It is done as soon as the server runs and the CA answers; its log tells';
    fail(`${ca} does not know the new account key yet`, remedy, EXIT.unavailable);
  } else if (change.why === '') print(`${ca} knows the new account key`);
  else
    fail(`${ca} refused the new account key: ${change.why}`, 'The old key is in use as before', EXIT.flawed);
}
