import { Readable } from 'node:stream';
import type { AnswerStore, KeyedRequest } from '../access/answer-store.ts';
import type { Answer } from './answer.ts';
import { problem } from './problem.ts';
import { seal, unseal } from './seal.ts';

export interface KeyedAnswersOptions {
  readonly answers: AnswerStore;
  readonly log: { error(line: object): void };
}

// How long an answer may be asked for again, in milliseconds.
const KEPT = 24 * 3600_000;

// A longer answer is not kept, in characters.
const LONGEST = 4 * 1024 * 1024;

/** Gives the same request with the same idempotency key the same answer, and does it once. */
export class KeyedAnswers {
  readonly #options: KeyedAnswersOptions;
  /** Those that are being made by this process. */
  readonly #making = new Map<string, { readonly request: string; readonly answer: Promise<Answer> }>();

  constructor(options: KeyedAnswersOptions) {
    this.#options = options;
  }

  /** The answer that was given before, or that `make` makes now. `sealing` is a key that nobody else has. */
  async answer(request: KeyedRequest, sealing: Uint8Array, make: () => Promise<Answer>): Promise<Answer> {
    const name = JSON.stringify([request.token, request.key]);
    const other = this.#making.get(name);
    if (other !== undefined) return other.request === request.request ? again(await other.answer) : REUSED;
    const kept = this.#options.answers.begin(request, request.at - KEPT);
    if (kept !== undefined && kept.request !== request.request) return REUSED;
    if (kept !== undefined)
      return kept.answer === undefined ? INTERRUPTED : read(unseal(sealing, kept.answer));
    const answer = this.#make(request, sealing, make).finally(() => this.#making.delete(name));
    this.#making.set(name, { request: request.request, answer });
    return answer;
  }

  async #make(request: KeyedRequest, sealing: Uint8Array, make: () => Promise<Answer>): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await make();
    } catch (error) {
      this.#keep(() => this.#options.answers.abandon(request));
      throw error;
    }
    // Nothing was done, and may be done when it is asked for again.
    if (answer.status >= 500) this.#keep(() => this.#options.answers.abandon(request));
    else if (answer.body instanceof Readable) return this.#whole(answer, answer.body, request, sealing);
    else this.#keep(() => this.#options.answers.finish(request, seal(sealing, JSON.stringify(answer))));
    return answer;
  }

  /** The same answer, kept when it has come to its end. */
  #whole(answer: Answer, body: Readable, request: KeyedRequest, sealing: Uint8Array): Answer {
    const keep = (text: string) =>
      this.#keep(() =>
        this.#options.answers.finish(request, seal(sealing, JSON.stringify({ ...answer, body: text }))),
      );
    return { ...answer, body: Readable.from(collected(body, keep)) };
  }

  /** What was done stays done where its answer can't be kept, as on a full disk. */
  #keep(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.log.error({ event: 'answer_not_kept', err: error });
    }
  }
}

async function* collected(body: Readable, keep: (text: string) => void): AsyncGenerator<string, void> {
  const parts: string[] = [];
  let length = 0;
  for await (const part of body) {
    const text = String(part);
    length += text.length;
    if (length <= LONGEST) parts.push(text);
    yield text;
  }
  if (length <= LONGEST) keep(parts.join(''));
}

function read(text: string): Answer {
  return again(JSON.parse(text) as Answer);
}

/** An answer given once more; of one that is under way in parts there is no second. */
function again(answer: Answer): Answer {
  if (answer.body instanceof Readable) return INTERRUPTED;
  return { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
}

const REUSED = problem('key-reused', {
  detail: 'The key came with another request within the last 24 hours. Choose a new key for each request.',
});

const INTERRUPTED = problem('interrupted', {
  detail:
    'The first request with this key is under way, or was cut off, or its answer was too long to be kept. ' +
    'Look whether it took effect, and then use a new key.',
});
