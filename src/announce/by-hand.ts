import { zoneLine } from '../tenant/records.ts';
import type { Publisher } from './publisher.ts';

/** Nobody publishes: a person is told what to set, and the publication waits until it is seen. */
export const BY_HAND: Publisher = {
  announce: async ({ name, text }) => {
    const remedy =
      text === undefined
        ? `Take the TXT record of ${name} out of DNS`
        : `Set this record: ${zoneLine({ name, type: 'TXT', value: text })}`;
    return { outcome: 'by-hand', remedy };
  },
};
