import { Secret } from './config/secret.ts';
import { Settings } from './config/settings.ts';

/** Settings whose shape was checked, with each text that the schema marks as a secret made one. */
export function sealed(checked: object): Settings {
  return seal(checked, Settings) as Settings;
}

function seal(value: unknown, schema: object): unknown {
  const { properties, secret } = schema as { properties?: Record<string, object>; secret?: boolean };
  if (secret === true) return new Secret(String(value));
  if (properties === undefined) return value;
  const entries = Object.entries(value as object);
  return Object.fromEntries(entries.map(([key, part]) => [key, seal(part, properties[key] ?? {})]));
}
