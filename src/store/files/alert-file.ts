import { type Alert, alertKey } from '../../alerts/alert.ts';
import type { AlertStore } from '../../alerts/alert-store.ts';
import type { Channel } from '../../alerts/channel.ts';
import type { Told } from '../../alerts/telling.ts';
import type { StateAccess } from './connection.ts';

interface Row {
  readonly alert: string;
  readonly told_at: number;
}

/** What the state file knows of alerts; keeping throws where it can't be written. */
export class AlertFile implements AlertStore {
  readonly #file: StateAccess;

  constructor(file: StateAccess) {
    this.#file = file;
  }

  told(channel: Channel['name']): readonly Told[] {
    const rows = this.#file.connection.sql('SELECT alert, told_at FROM alert WHERE channel = ?').all(channel);
    return (rows as unknown as Row[]).map(({ alert, told_at }) => ({
      alert: JSON.parse(alert) as Alert,
      at: told_at,
    }));
  }

  keep(channel: Channel['name'], told: readonly Told[]): void {
    this.#file.transaction(() => {
      this.#file.connection.sql('DELETE FROM alert WHERE channel = ?').run(channel);
      const insert = this.#file.connection.sql(
        'INSERT INTO alert (channel, key, alert, told_at) VALUES (?, ?, ?, ?)',
      );
      for (const { alert, at } of told) insert.run(channel, alertKey(alert), JSON.stringify(alert), at);
    });
  }

  close(): void {
    this.#file.close();
  }
}
