import type { AnswerStore, KeptAnswer, KeyedRequest } from '../../access/answer-store.ts';
import type { StateAccess } from './connection.ts';

/** Answers to requests with an idempotency key, in the state file. */
export class AnswerTable implements AnswerStore {
  readonly #file: StateAccess;

  constructor(file: StateAccess) {
    this.#file = file;
  }

  begin({ token, key, request, at }: KeyedRequest, since: number): KeptAnswer | undefined {
    let kept: KeptAnswer | undefined;
    this.#file.transaction(() => {
      const { connection } = this.#file;
      connection.sql('DELETE FROM answer WHERE at < ?').run(since);
      const row = connection
        .sql('SELECT request, answer FROM answer WHERE token = ? AND key = ?')
        .get(token, key);
      if (row !== undefined) kept = keptOf(row as unknown as AnswerRow);
      else {
        const insert = 'INSERT INTO answer (token, key, request, at) VALUES (?, ?, ?, ?)';
        connection.sql(insert).run(token, key, request, at);
      }
    });
    return kept;
  }

  finish({ token, key }: KeyedRequest, answer: Uint8Array): void {
    this.#file.transaction(() => {
      const put = 'UPDATE answer SET answer = ? WHERE token = ? AND key = ?';
      this.#file.connection.sql(put).run(answer, token, key);
    });
  }

  abandon({ token, key }: KeyedRequest): void {
    this.#file.transaction(() => {
      this.#file.connection.sql('DELETE FROM answer WHERE token = ? AND key = ?').run(token, key);
    });
  }
}

interface AnswerRow {
  readonly request: string;
  readonly answer: Uint8Array | null;
}

function keptOf({ request, answer }: AnswerRow): KeptAnswer {
  return { request, answer: answer ?? undefined };
}
