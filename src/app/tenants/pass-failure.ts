/** Why the documents could not be brought to the edge, told so that somebody can mend it. */
export interface PassFailure {
  readonly message: string;
  readonly remedy: string;
}

/** Why a document could not be written, in words; undefined for what is no failure of disk or state file. */
export function writeFailure(error: unknown, folder: string): PassFailure | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ERR_SQLITE_ERROR' || syscall === 'access') return passFailure(error, folder);
  if (syscall === undefined) return undefined;
  return {
    message: `The folder of the tenant documents, ${folder}, can't be written (${code})`,
    remedy: 'Make room on its disk, or let the user that Postseal runs as write there',
  };
}

/** What a pass over the folder of documents threw, in words. */
export function passFailure(error: unknown, folder: string): PassFailure {
  const { code = 'unknown', syscall, errstr } = error as NodeJS.ErrnoException & { errstr?: string };
  if (syscall === 'scandir' || syscall === 'stat') {
    const what = code === 'ENOENT' ? 'is missing' : "can't be read";
    return {
      message: `The folder of the tenant documents, ${folder}, ${what} (${code})`,
      remedy: 'Make it readable there, or set store.policies (POSTSEAL_STORE_POLICIES) to where it is',
    };
  }
  if (code === 'ERR_SQLITE_ERROR' || syscall === 'access') {
    return {
      message: `The state file can't be written (${errstr ?? code})`,
      remedy: 'Make room on its disk, or make store.state (POSTSEAL_STORE_STATE) writable again',
    };
  }
  return {
    message: `The documents can't be read or recorded (${code})`,
    remedy: 'See the log for the reason',
  };
}
