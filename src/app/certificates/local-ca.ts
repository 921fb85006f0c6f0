import { join } from 'node:path';
import type { Logger } from 'pino';
import type { KeyPair } from '../../certs/key-pair.ts';
import { createLocalCa, type LocalCa, loadLocalCa } from '../../certs/local-ca.ts';
import { policyDomain, policyHost } from '../../names/hostname.ts';
import { CaFolder } from '../../store/files/ca-folder.ts';
import type { TenantStore } from '../../tenant/store.ts';

/** The local CA, and where its root is to be found. */
export interface OpenCa {
  readonly ca: LocalCa;
  /** PEM. */
  readonly root: string;
  readonly rootFile: string;
}

/** Opens it, or makes it; undefined where it can't be, which the log tells. */
export async function openLocalCa(
  state: string,
  log: Logger,
  now: () => number,
): Promise<OpenCa | undefined> {
  try {
    return await openOrMake(state, now);
  } catch (error) {
    // Such as on a read-only disk: certificates that are in their folder are served all the same.
    log.error({ event: 'local_ca_failed', err: error });
    return undefined;
  }
}

async function openOrMake(state: string, now: () => number): Promise<OpenCa> {
  const folder = new CaFolder(join(state, 'local-ca'));
  let files = folder.read();
  if (files === undefined) {
    files = await createLocalCa(now());
    folder.write(files);
  }
  return { ca: await loadLocalCa(files), root: files.root, rootFile: folder.rootFile };
}

/** Only the policy hosts of tenants get a certificate, whatever a worker asks for. */
export async function issueLocally(
  open: Promise<OpenCa | undefined> | undefined,
  store: TenantStore,
  host: string,
  now: () => number,
): Promise<KeyPair | undefined> {
  const domain = policyDomain(host);
  if (domain === undefined || !store.isServed(domain)) return undefined;
  return (await open)?.ca.issue(policyHost(domain), now());
}
