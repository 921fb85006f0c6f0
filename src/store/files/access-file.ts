import type { AnswerStore } from '../../access/answer-store.ts';
import type { AuditStore } from '../../access/audit-store.ts';
import type { HappeningStore } from '../../access/happening.ts';
import type { TokenStore } from '../../access/token-store.ts';
import type { Hostname } from '../../names/hostname.ts';
import { type Publication, publicationOf } from '../../tenant/publication.ts';
import { AnswerTable } from './answer-table.ts';
import { AuditTable } from './audit-table.ts';
import type { StateAccess } from './connection.ts';
import { HappeningTable } from './happening-table.ts';
import { OnDemand } from './on-demand.ts';
import { readCourse } from './publication-row.ts';
import { TokenTable } from './token-table.ts';

/** What the state file holds for the admin API. */
export interface AccessFile {
  readonly tokens: TokenStore;
  readonly audit: AuditStore;
  readonly happenings: HappeningStore;
  readonly answers: AnswerStore;
  /** Where the newest revision of a tenant is on its way. */
  publication(domain: Hostname): Publication | undefined;
  close(): void;
}

/** Each use throws {@link StateFileError} while the file can't be opened. */
export function openAccess(folder: string, file: StateAccess = new OnDemand(folder)): AccessFile {
  const audit = new AuditTable(file);
  return {
    audit,
    tokens: new TokenTable(file, audit),
    happenings: new HappeningTable(file),
    answers: new AnswerTable(file),
    publication: (domain) => {
      const course = readCourse(file.connection, domain);
      return course && publicationOf(course);
    },
    close: () => file.close(),
  };
}
