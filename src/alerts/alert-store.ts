import type { Channel } from './channel.ts';
import type { Told } from './telling.ts';

/** Remembers what was told, so that a restart does not tell it again. */
export interface AlertStore {
  told(channel: Channel['name']): readonly Told[];
  /** In place of all that the channel was told before; durable when it returns, or it throws. */
  keep(channel: Channel['name'], told: readonly Told[]): void;
  close(): void;
}
