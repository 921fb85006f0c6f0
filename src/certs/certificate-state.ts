import type { Hostname } from '../names/hostname.ts';
import { isUrgent, renewal } from './renewal.ts';
import type { Standing } from './standing.ts';
import { type Trouble, troubleOf } from './trouble.ts';
import { renewable, type Upkeep } from './upkeep.ts';

/** What is told of a host's certificate. Times are milliseconds since 1970. */
export interface CertificateState extends Trouble {
  readonly host: Hostname;
  /** `ending`: it should have been renewed long ago. */
  readonly state: 'valid' | 'ending' | 'expired' | 'none';
  /** The CA, or where it was found. */
  readonly issuer: string | undefined;
  readonly notAfter: number | undefined;
  readonly renewAt: number | undefined;
}

/** @param standings of the CAs, the preferred one first */
export function certificateState(
  upkeep: Upkeep,
  standings: readonly Standing[],
  now: number,
): CertificateState {
  const { host, certificate } = upkeep;
  const held = renewable(upkeep);
  const isEnding = held !== undefined && isUrgent(held, now);
  return {
    host,
    state: held === undefined ? 'none' : held.notAfter <= now ? 'expired' : isEnding ? 'ending' : 'valid',
    issuer: certificate?.ca,
    notAfter: certificate?.notAfter,
    renewAt: held && renewal(held).renewAt,
    ...troubleOf(upkeep, standings, now),
  };
}
