/** The state file can't be used, for a reason that the operator can mend. */
export class StateFileError extends Error {
  /** What to do about it, as one sentence without a final full stop. */
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** Of SQLite's primary result codes. */
const SQLITE = { readOnly: 8, ioError: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 };

/** Whether SQLite could not make the files that it needs beside a database. */
export function needsOtherFiles(error: unknown): boolean {
  const { readOnly, ioError, full, cantOpen } = SQLITE;
  return [readOnly, ioError, full, cantOpen].includes(resultCode(error));
}

/** What SQLite or the file system threw, as the operator is to read it; a {@link StateFileError} stays itself. */
export function stateFileError(error: unknown, path: string): StateFileError {
  if (error instanceof StateFileError) return error;
  const result = resultCode(error);
  if (result === SQLITE.corrupt || result === SQLITE.notADatabase) {
    const remedy =
      'Restore it from a backup, or move it away: the documents are read anew, with new policy ids';
    return new StateFileError(`The state file ${path} is damaged`, remedy);
  }
  const remedy =
    'Let the user that Postseal runs as read and write it, or choose another folder (store.state)';
  const { code, message } = error as NodeJS.ErrnoException;
  const why = result === 0 ? code : message;
  return new StateFileError(`The state file ${path} can't be opened (${why})`, remedy);
}

/** The primary result code, without what extends it; 0 for what is not of SQLite. */
function resultCode(error: unknown): number {
  const { errcode = 0 } = error as { readonly errcode?: number };
  return errcode & 0xff;
}
