import { Connection, type StateAccess } from './connection.ts';
import { openForReading, openForWriting, requireWritable } from './state-database.ts';

/**
 * The state file of a folder, opened when it is first asked for, and for reading only where no more can be had: each
 * writing then tries for more. Throws {@link StateFileError} where there is nothing to read, or it is damaged.
 *
 * One for all that a process keeps open: connections of one process share what SQLite holds of the file, and with it
 * that it is read-only, so that the last of them must be closed before any can write.
 */
export class OnDemand implements StateAccess {
  readonly #folder: string;
  #connection: Connection | undefined;
  #isReadOnly = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** To read from. */
  get connection(): Connection {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  transaction(work: () => void): void {
    if (this.#isReadOnly) {
      requireWritable(this.#folder);
      this.close();
    }
    this.connection.transaction(work);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #open(): Connection {
    this.#isReadOnly = false;
    try {
      return new Connection(openForWriting(this.#folder));
    } catch (error) {
      try {
        const connection = new Connection(openForReading(this.#folder));
        this.#isReadOnly = true;
        return connection;
      } catch {
        throw error;
      }
    }
  }
}
