import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { makePrivateFolder } from './durable.ts';
import { needsOtherFiles, StateFileError, stateFileError } from './state-error.ts';
import { migrate, requireSchema, schemaOf } from './state-schema.ts';

const FILE_NAME = 'state.sqlite';

// How long a writer waits for another process's lock, in milliseconds.
const BUSY_TIMEOUT = 5000;

/**
 * Opens the state file of a folder for writing, making both where they are missing.
 * Throws {@link StateFileError} where it can't be, or is damaged or of a newer release.
 */
export function openForWriting(folder: string): DatabaseSync {
  const path = join(folder, FILE_NAME);
  try {
    makePrivateFolder(folder);
    return opened(new DatabaseSync(path, { timeout: BUSY_TIMEOUT }), (database) => {
      // WAL lets the workers read while the primary writes; FULL syncs each commit before it returns.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      migrate(database);
      // On a disk that is read-only, SQLite opens the file for reading instead, and says so at the first change only.
      database.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${schemaOf(database)}; ROLLBACK`);
    });
  } catch (error) {
    throw stateFileError(error, path);
  }
}

/** Throws where the state file of a folder can't be written. */
export function requireWritable(folder: string): void {
  accessSync(join(folder, FILE_NAME), constants.W_OK);
}

/**
 * Opens an existing state file for reading only.
 * Throws {@link StateFileError} where there is none, or it is damaged or of another schema.
 */
export function openForReading(folder: string): DatabaseSync {
  const path = join(folder, FILE_NAME);
  if (!existsSync(path)) {
    throw new StateFileError(`There is no state in ${folder} yet`, 'Start the server first: postseal serve');
  }
  try {
    return opened(new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT }), requireSchema);
  } catch (error) {
    if (!needsOtherFiles(error)) throw stateFileError(error, path);
  }
  try {
    return openAlone(path);
  } catch (error) {
    throw stateFileError(error, path);
  }
}

/**
 * Opens a state file where SQLite can't make the files beside it that the log (WAL) needs, as on a read-only or a
 * full disk. Without a log it can be read as immutable. A log that a killed server left behind can be read on a
 * read-only disk, its index kept in memory; SQLite asks to be alone for this, and to lock nothing.
 */
function openAlone(path: string): DatabaseSync {
  const log = `${path}-wal`;
  const isLogged = (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (isLogged) requireReadOnly(log);
  const url = pathToFileURL(path);
  if (isLogged) url.searchParams.set('vfs', 'unix-none');
  else url.searchParams.set('immutable', '1');
  return opened(new DatabaseSync(url, { readOnly: true }), (database) => {
    if (isLogged) database.exec('PRAGMA locking_mode = EXCLUSIVE');
    requireSchema(database);
  });
}

/** Where the log could be written, another process may be at it, and without locks we would spoil its work. */
function requireReadOnly(log: string): void {
  try {
    accessSync(log, constants.W_OK);
  } catch {
    return;
  }
  const remedy = 'Make room on the disk, so that the log beside the state file can be read';
  throw new StateFileError(`The state file can't be opened: the index of ${log} can't be made`, remedy);
}

/** SQLite opens a file when it first reads from it, which `prepare` does. */
function opened(database: DatabaseSync, prepare: (database: DatabaseSync) => void): DatabaseSync {
  try {
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
