import type { Logger } from 'pino';
import { ClaimFile } from '../../store/files/claim-file.ts';
import type { StateAccess } from '../../store/files/connection.ts';
import { DocumentWriter } from '../../store/files/document-writer.ts';
import type { TenantStore } from '../../tenant/store.ts';
import { openDns } from '../certificates/certificates.ts';
import type { Config } from '../config/config.ts';
import { schemeOf } from '../config/scheme.ts';
import { Claims } from './claims.ts';
import { mailLook } from './mail-look.ts';
import type { PolicyLoop } from './policy-loop.ts';
import { FileDesk } from './tenant-desk.ts';

export interface DeskParts {
  readonly config: Config;
  readonly loop: PolicyLoop;
  readonly file: StateAccess;
  readonly store: TenantStore;
  /** Done when all documents were looked at once. */
  readonly ready: Promise<void>;
  readonly log: Logger;
  now(): number;
}

/** The desk at which tenants are changed, with what an end in the middle of an edit left put right. */
export function openDesk({ config, loop, file, store, ready, log, now }: DeskParts): FileDesk {
  const folder = config.store.policies;
  const writer = new DocumentWriter(folder);
  try {
    writer.sweep();
  } catch (error) {
    // Such as where the folder can't be written, so that nobody can have left anything there.
    log.warn({ event: 'documents_not_swept', err: error });
  }
  const look = (files: readonly string[]) => loop.look(files);
  const dns = openDns(config);
  const mailHosts = mailLook(dns);
  const { ttl, zone } = schemeOf(config);
  const isOurs = (name: string) =>
    name === config.serviceName || (zone !== undefined && name.endsWith(`.${zone}`));
  const claims = new Claims({ store: new ClaimFile(file), dns, isOurs, now });
  const desk = new FileDesk({ store, writer, claims, folder, look, ready, mailHosts, ttl, log, now });
  desk.finishLeaving().catch((error: unknown) => log.error({ event: 'tenants_not_left', err: error }));
  return desk;
}
