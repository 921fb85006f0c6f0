import type { AlertMessage } from './message.ts';

export type TellOutcome =
  | { readonly outcome: 'told' }
  /** To be tried again. The reason holds nothing secret. */
  | { readonly outcome: 'failed'; readonly why: string };

/** Where alerts are told. */
export interface Channel {
  /** In the log, in metrics and in the state file. */
  readonly name: 'log' | 'webhook' | 'command';
  /** Done within half a minute. Fails with the signal's reason once it is aborted; all else is an outcome. */
  tell(message: AlertMessage, signal: AbortSignal): Promise<TellOutcome>;
}
