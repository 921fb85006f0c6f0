import type { Access } from './access.ts';
import { CommandFailure, EXIT } from './printing.ts';
import { failureOf, type Problem } from './problem.ts';

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface ApiRequest {
  readonly query?: Query;
  /** A value for JSON, or lines as they come. */
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What came back. */
export type Reply<T> =
  | { readonly ok: true; readonly status: number; readonly value: T; readonly etag: string | undefined }
  | { readonly ok: false; readonly problem: Problem };

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

// Lists are read in pages of so many: the most that the API gives.
const PAGE = 500;
const PROBLEM_TYPE = 'application/problem+json';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'DNS does not have that name',
  EAI_AGAIN: 'DNS does not answer',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was ended',
};

/** Talks to the admin API. What can't be had ends the command, as a {@link CommandFailure}. */
export class ApiClient {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** The value of an answer; a problem ends the command. */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    return (await this.must<T>('GET', path, { query })).value;
  }

  async must<T>(
    method: Method,
    path: string,
    request: ApiRequest = {},
  ): Promise<Reply<T> & { readonly ok: true }> {
    const reply = await this.ask<T>(method, path, request);
    if (!reply.ok) throw failureOf(reply.problem);
    return reply;
  }

  /** An answer, or the problem that was answered, for whoever treats it differently. */
  async ask<T>(method: Method, path: string, request: ApiRequest = {}): Promise<Reply<T>> {
    const response = await this.send(method, path, request);
    if (!response.ok) return { ok: false, problem: await this.#problem(response) };
    const text = await this.#read(() => response.text());
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    const value = (isJson ? JSON.parse(text) : text) as T;
    return { ok: true, status: response.status, value, etag: response.headers.get('etag') ?? undefined };
  }

  /** All items of a list, as they come. */
  async *items<T>(path: string, query: Query = {}): AsyncIterable<T> {
    let cursor: string | undefined;
    do {
      const page = await this.get<{ readonly items: readonly T[]; readonly next: string | null }>(path, {
        limit: PAGE,
        ...query,
        ...(cursor !== undefined && { cursor }),
      });
      yield* page.items;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  /** The answer itself, for what comes bit by bit; a problem ends the command. */
  async stream(method: Method, path: string, request: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.send(method, path, request);
    if (!response.ok) throw failureOf(await this.#problem(response));
    return (response.body ?? []) as unknown as AsyncIterable<Uint8Array>;
  }

  async send(
    method: Method,
    path: string,
    { query = {}, body, ifMatch, headers, signal }: ApiRequest,
  ): Promise<Response> {
    const { server, token } = this.#access;
    if (token === undefined) throw new CommandFailure('There is no token', NO_TOKEN, EXIT.denied);
    const isText = typeof body === 'string';
    return this.#read(() =>
      fetch(`${server}/api/v1${path}${queryText(query)}`, {
        method,
        redirect: 'error',
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          accept: 'application/json, */*;q=0.1',
          ...(body !== undefined && !isText && { 'content-type': 'application/json' }),
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
          ...headers,
        },
        ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
        ...(signal !== undefined && { signal }),
      }),
    );
  }

  async #problem(response: Response): Promise<Problem> {
    const text = await this.#read(() => response.text());
    if (response.headers.get('content-type')?.startsWith(PROBLEM_TYPE)) return JSON.parse(text) as Problem;
    throw this.#unavailable(`it answers with status ${response.status}, as nothing of Postseal does`);
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if ((error as Error).name === 'AbortError') throw error;
      throw this.#unavailable(wordsOf(error as Error));
    }
  }

  #unavailable(why: string): CommandFailure {
    const remedy = 'Start it there (postseal serve), or name another: --server or POSTSEAL_SERVER';
    return new CommandFailure(
      `There is no server at ${this.#access.server}: ${why}`,
      remedy,
      EXIT.unavailable,
    );
  }
}

const NO_TOKEN =
  'Put one into POSTSEAL_TOKEN, or the name of a file with it into POSTSEAL_TOKEN_FILE; ' +
  "where all are lost, make a new one on the server's machine: postseal token create NAME --local";

function wordsOf({ message, cause }: Error): string {
  const { code, message: why } = (cause ?? {}) as NodeJS.ErrnoException;
  return WORDS[code ?? ''] ?? code ?? why ?? message;
}

function queryText(query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((each): [string, string] => [key, String(each)]);
  });
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}
