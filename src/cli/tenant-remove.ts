import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../app/config/config.ts';
import { type Hostname, parsePolicyDomain } from '../names/hostname.ts';
import { Connection } from '../store/files/connection.ts';
import { openForWriting } from '../store/files/state-database.ts';
import { StateFile } from '../store/files/state-file.ts';
import { exposedUntil, leaving } from '../tenant/exposure.ts';
import { NOTHING_FOUND, type TenantStore } from '../tenant/store.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print } from './printing.ts';
import { opened } from './state.ts';

/**
 * `postseal tenant remove --local`: stops serving a tenant whose document is gone, without the way through mode `none`
 * (promise I3). A running server takes it up within a minute. Without `--force` it only tells what that would break.
 */
export function removeLocally(name: string, options: { force?: boolean }, file: string | undefined): void {
  const config = loadConfig(file);
  const store = config && opened(() => new StateFile(new Connection(openForWriting(config.store.state))));
  if (config === undefined || store === undefined) return;
  try {
    const domain = parsePolicyDomain(name);
    if (!domain.ok || !store.isServed(domain.value)) {
      fail(`No policy is served for ${name}`, 'Look at the names: postseal records', EXIT.notFound);
    } else remove(store, config, domain.value, options.force === true);
  } finally {
    store.close();
  }
}

function remove(store: TenantStore, config: Config, domain: Hostname, isForced: boolean): void {
  const files = store.entriesFor(domain).map((entry) => entry.file);
  const present = files.filter((name) => existsSync(join(config.store.policies, name)));
  if (present.length > 0) {
    fail(`${domain} has a document: ${present.join(', ')}`, 'Remove that first', EXIT.flawed);
    return;
  }
  const now = Date.now();
  const harm = harmOf(store, domain, now);
  if (!isForced && harm !== undefined) {
    fail(harm, 'Go through mode none (RFC 8461 section 8.3), or repeat this with --force', EXIT.flawed);
    return;
  }
  store.record({ ...NOTHING_FOUND, forgotten: files, left: [domain], now });
  print(`${domain} is served no more${harm === undefined ? '' : `. ${harm}`}`);
}

/** What senders will do once the policy is gone; undefined where nobody can hold one. */
function harmOf(store: TenantStore, domain: Hostname, now: number): string | undefined {
  const servings = store.servings(domain);
  if (leaving(servings, now).may === 'leave') return undefined;
  const until = Math.max(...servings.map((serving) => exposedUntil(serving, now)));
  return (
    `Until ${new Date(until).toISOString()} senders may hold a policy of ${domain}, go on applying it, ` +
    'and refuse its mail where it does not fit'
  );
}
