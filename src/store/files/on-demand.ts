import { Connection } from './connection.ts';
import { openForReading, openForWriting, requireWritable } from './state-database.ts';

/**
 * The state file of a folder, opened when it is first asked for, and for reading only where no more can be had: each
 * writing then tries for more. Throws {@link StateFileError} where there is nothing to read, or it is damaged.
 */
export class OnDemand {
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

  /** Does all of the work, durably, or nothing of it and throws. */
  transaction(work: () => void): void {
    if (this.#isReadOnly) {
      requireWritable(this.#folder);
      // Closed first: connections of one process share what SQLite holds of the file, and with it that it is read-only.
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
