import type { AnnouncedStore } from '../dns/announced.ts';
import { NO_SERIAL, nextSerial } from '../dns/serial.ts';
import { CHALLENGE } from '../dns/tenant-name.ts';
import type { ZoneFacts } from '../dns/zone.ts';

/**
 * Brings the zone in order before anybody answers from it: challenges that a start finds are nobody's, since orders
 * begin anew, and where its own records are to be others, or it has none yet, it gets another serial for secondaries
 * to see. Throws where that can't be written down. @returns the serial.
 */
export function bringInOrder(store: AnnouncedStore, zone: ZoneFacts, now: number): number {
  const facts = JSON.stringify(zone);
  const last = store.serial();
  const sets = store.ending(`.${CHALLENGE}`).map((name) => ({ name, values: [], ttl: 0 }));
  if (sets.length === 0 && last !== NO_SERIAL && facts === store.facts()) return last;
  const serial = nextSerial(last, now);
  store.record({ serial, sets }, facts);
  return serial;
}
