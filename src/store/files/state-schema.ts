import type { DatabaseSync } from 'node:sqlite';

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
     served_until INTEGER,
     PRIMARY KEY (domain, number),
     UNIQUE (domain, id)
   ) STRICT, WITHOUT ROWID;
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
   CREATE INDEX document_flaws ON document (file) WHERE flaws IS NOT NULL;`,
];

/** Brings a state file to the present schema. Throws where the file is of a newer release. */
export function migrate(database: DatabaseSync): void {
  const { user_version: done } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (done > STEPS.length) {
    throw new Error(
      `The state file is of a newer release (schema ${done}; this release knows ${STEPS.length})`,
    );
  }
  for (const [index, step] of STEPS.entries()) {
    if (index < done) continue;
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}
