/** A request that came with an idempotency key. */
export interface KeyedRequest {
  /** The id of the token that it came with. */
  readonly token: string;
  readonly key: string;
  /** The hash of all that the request said. */
  readonly request: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What is kept of the first request with a key. */
export interface KeptAnswer {
  readonly request: string;
  /** Undefined while it is not answered, and for good where the server ended meanwhile. */
  readonly answer: Uint8Array | undefined;
}

/** The answers to requests with an idempotency key, by token and key. What writes is durable, or throws. */
export interface AnswerStore {
  /** Takes the key for this request; what is kept of an earlier one where there is one. `since`: older ones go. */
  begin(request: KeyedRequest, since: number): KeptAnswer | undefined;
  finish(request: KeyedRequest, answer: Uint8Array): void;
  /** The key may be used again, as if it had never been: nothing was done. */
  abandon(request: KeyedRequest): void;
}
