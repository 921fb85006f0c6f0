import type { DatabaseSync } from 'node:sqlite';
import { type Alert, alertKey } from '../../alerts/alert.ts';
import type { AlertStore } from '../../alerts/alert-store.ts';
import type { Channel } from '../../alerts/channel.ts';
import type { Told } from '../../alerts/telling.ts';
import { Connection } from './connection.ts';
import { openForReading, openForWriting } from './state-database.ts';

/** Opens what the state file knows of alerts; where it can't be written, for reading, and keeping throws. */
export function openAlerts(folder: string): AlertStore {
  try {
    return new AlertFile(openForWriting(folder));
  } catch {
    return new AlertFile(openForReading(folder));
  }
}

interface Row {
  readonly alert: string;
  readonly told_at: number;
}

class AlertFile implements AlertStore {
  readonly #connection: Connection;

  constructor(database: DatabaseSync) {
    this.#connection = new Connection(database);
  }

  told(channel: Channel['name']): readonly Told[] {
    const rows = this.#connection.sql('SELECT alert, told_at FROM alert WHERE channel = ?').all(channel);
    return (rows as unknown as Row[]).map(({ alert, told_at }) => ({
      alert: JSON.parse(alert) as Alert,
      at: told_at,
    }));
  }

  keep(channel: Channel['name'], told: readonly Told[]): void {
    this.#connection.transaction(() => {
      this.#connection.sql('DELETE FROM alert WHERE channel = ?').run(channel);
      const insert = this.#connection.sql(
        'INSERT INTO alert (channel, key, alert, told_at) VALUES (?, ?, ?, ?)',
      );
      for (const { alert, at } of told) insert.run(channel, alertKey(alert), JSON.stringify(alert), at);
    });
  }

  close(): void {
    this.#connection.close();
  }
}
