import type { DatabaseSync } from 'node:sqlite';
import { StateFileError } from './state-error.ts';

/**
 * The steps that lead from an empty file to the present schema; `PRAGMA user_version` counts those done.
 * A step is never changed once released: a new one is added.
 */
const STEPS = [
  `CREATE TABLE revision (
     domain TEXT NOT NULL,
     number INTEGER NOT NULL,
     id TEXT NOT NULL,
     text TEXT NOT NULL,
     mode TEXT NOT NULL,
     max_age INTEGER NOT NULL,
     at INTEGER NOT NULL,
     actor TEXT NOT NULL,
     cause TEXT NOT NULL,
     served_from INTEGER NOT NULL,
     serving_at INTEGER,
     served_until INTEGER,
     PRIMARY KEY (domain, number),
     UNIQUE (domain, id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX revision_unsettled ON revision (domain) WHERE serving_at IS NULL;
   CREATE TABLE tenant (
     domain TEXT PRIMARY KEY,
     revision INTEGER NOT NULL,
     left_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE document (
     file TEXT PRIMARY KEY,
     domain TEXT,
     stamp TEXT NOT NULL,
     flaws TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX document_domain ON document (domain);
   CREATE INDEX document_flaws ON document (file) WHERE flaws IS NOT NULL;
   CREATE TABLE upkeep (
     host TEXT PRIMARY KEY,
     wake_at INTEGER NOT NULL,
     not_after INTEGER,
     state TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX upkeep_wake ON upkeep (not_after IS NULL, wake_at);
   CREATE INDEX upkeep_end ON upkeep (not_after);
   CREATE TABLE ca (
     name TEXT PRIMARY KEY,
     standing TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE spent (
     ca TEXT NOT NULL,
     key TEXT NOT NULL,
     slots TEXT NOT NULL,
     PRIMARY KEY (ca, key)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE turn (orders INTEGER NOT NULL) STRICT;
   INSERT INTO turn VALUES (0);`,
  // 1 for a revision that was served elsewhere before its domain came here.
  'ALTER TABLE revision ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0',
  `CREATE TABLE token (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     hash TEXT NOT NULL,
     scope TEXT NOT NULL,
     only TEXT,
     created_at INTEGER NOT NULL,
     created_by TEXT NOT NULL,
     expires_at INTEGER,
     last_used_at INTEGER,
     revoked_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE audit (
     number INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     actor TEXT NOT NULL,
     address TEXT NOT NULL,
     action TEXT NOT NULL,
     domain TEXT,
     before TEXT,
     after TEXT,
     cause TEXT NOT NULL,
     hash TEXT NOT NULL
   ) STRICT;
   CREATE INDEX audit_domain ON audit (domain, number) WHERE domain IS NOT NULL;
   CREATE TABLE audit_head (number INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
   CREATE TABLE happening (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     kind TEXT NOT NULL,
     domain TEXT,
     data TEXT NOT NULL
   ) STRICT;
   CREATE TABLE answer (
     token TEXT NOT NULL,
     key TEXT NOT NULL,
     request TEXT NOT NULL,
     at INTEGER NOT NULL,
     answer BLOB,
     PRIMARY KEY (token, key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX answer_age ON answer (at);`,
  `CREATE TABLE publication (
     domain TEXT PRIMARY KEY,
     number INTEGER NOT NULL,
     stage TEXT NOT NULL,
     wake_at INTEGER NOT NULL,
     waiting_since INTEGER,
     handed TEXT,
     state TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX publication_wake ON publication (wake_at);
   CREATE INDEX publication_stage ON publication (stage);
   CREATE INDEX publication_waiting ON publication (waiting_since) WHERE waiting_since IS NOT NULL;
   INSERT INTO publication (domain, number, stage, wake_at, state)
     SELECT domain, number, 'accepted', 0, json_object('number', number, 'id', id, 'mode', mode, 'stage', 'accepted',
       'reached', json_object('accepted', at), 'takesBack', json('false'), 'wakeAt', 0)
     FROM tenant JOIN revision USING (domain) WHERE number = tenant.revision AND left_at IS NULL;
   CREATE TABLE held (
     domain TEXT PRIMARY KEY,
     digest TEXT NOT NULL,
     flaw TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // All documents are read once more, for their labels.
  `ALTER TABLE revision ADD COLUMN address TEXT NOT NULL DEFAULT '';
   ALTER TABLE tenant ADD COLUMN mode TEXT NOT NULL DEFAULT '';
   UPDATE tenant SET mode =
     (SELECT mode FROM revision WHERE revision.domain = tenant.domain AND number = tenant.revision);
   CREATE INDEX tenant_mode ON tenant (mode, domain);
   CREATE INDEX tenant_left ON tenant (domain) WHERE left_at IS NOT NULL;
   CREATE TABLE label (
     domain TEXT NOT NULL,
     name TEXT NOT NULL,
     value TEXT NOT NULL,
     PRIMARY KEY (domain, name)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX label_value ON label (name, value, domain);
   UPDATE document SET stamp = 'unread' WHERE stamp <> '';
   CREATE TABLE intent (
     domain TEXT PRIMARY KEY,
     digest TEXT NOT NULL,
     actor TEXT NOT NULL,
     address TEXT NOT NULL,
     cause TEXT NOT NULL,
     at INTEGER NOT NULL,
     leaves INTEGER NOT NULL,
     is_done INTEGER NOT NULL DEFAULT 0
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX intent_leaves ON intent (domain) WHERE leaves;`,
  // Before alert_at a certificate gives no cause for an alert; of those that are there it is found out by a look.
  `CREATE TABLE alert (
     channel TEXT NOT NULL,
     key TEXT NOT NULL,
     alert TEXT NOT NULL,
     told_at INTEGER NOT NULL,
     PRIMARY KEY (channel, key)
   ) STRICT, WITHOUT ROWID;
   ALTER TABLE upkeep ADD COLUMN alert_at INTEGER;
   UPDATE upkeep SET alert_at = 0 WHERE not_after IS NOT NULL;
   CREATE INDEX upkeep_alert ON upkeep (alert_at) WHERE alert_at IS NOT NULL;`,
  `CREATE TABLE announced (
     name TEXT PRIMARY KEY,
     texts TEXT NOT NULL,
     ttl INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE zone (serial INTEGER NOT NULL) STRICT;
   INSERT INTO zone VALUES (0);`,
  `CREATE TABLE key_change (
     ca TEXT PRIMARY KEY,
     asked_at INTEGER NOT NULL,
     ended_at INTEGER,
     why TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE claim (
     domain TEXT NOT NULL,
     owner TEXT NOT NULL,
     challenge TEXT NOT NULL,
     wanted TEXT NOT NULL,
     at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     was_away INTEGER NOT NULL,
     PRIMARY KEY (domain, owner)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX claim_owner ON claim (owner, domain);
   CREATE INDEX claim_end ON claim (expires_at);`,
  // What the zone's own records were made from.
  "ALTER TABLE zone ADD COLUMN facts TEXT NOT NULL DEFAULT ''",
];

/**
 * Brings a state file to the present schema, or to that of an earlier release, which did so many steps. Throws
 * {@link StateFileError} where the file is of a newer release.
 */
export function migrate(database: DatabaseSync, steps = STEPS.length): void {
  const done = schemaOf(database);
  for (const [index, step] of STEPS.slice(0, steps).entries()) {
    if (index < done) continue;
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

/** Throws {@link StateFileError} where a file that can't be written is of another schema. */
export function requireSchema(database: DatabaseSync): void {
  const done = schemaOf(database);
  if (done === STEPS.length) return;
  const message =
    done === 0 ? 'The state file is empty' : `The state file is of an older release (schema ${done})`;
  throw new StateFileError(message, 'Start the server once where it can write the file: postseal serve');
}

/** The number of steps that were done. */
export function schemaOf(database: DatabaseSync): number {
  const { user_version: done } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (done <= STEPS.length) return done;
  throw new StateFileError(
    `The state file is of a newer release (schema ${done}; this release knows ${STEPS.length})`,
    'Run the newer release, or restore the backup made before it was brought in',
  );
}
