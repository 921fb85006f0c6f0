import { type Hostname, policyHost } from '../names/hostname.ts';
import type { MovingStep } from '../tenant/adopting.ts';
import { type DesiredRecord, zoneLine } from '../tenant/records.ts';

export interface Move {
  readonly domain: Hostname;
  readonly serviceName: string;
  /** What the tenant's zone is to have in the end. */
  readonly records: readonly DesiredRecord[];
  /** Seconds for which resolvers keep the old records; undefined where that was not seen. */
  readonly oldTtl: number | undefined;
  /** Whether a CA is asked for certificates here. */
  readonly isIssuing: boolean;
}

/**
 * How a domain comes here without a gap: the policy host first, then the record that tells of a new policy (promise I2:
 * serve first, announce second). The old server goes last, since some resolvers lead to it until their records expire.
 */
export function movingSteps({
  domain,
  serviceName,
  records,
  oldTtl,
  isIssuing,
}: Move): readonly MovingStep[] {
  const host = policyHost(domain);
  const wait = oldTtl === undefined ? 'its time to live' : `${oldTtl} seconds, its time to live`;
  const hostRecords = records.filter(({ name }) => name === host);
  const others = records.filter(({ name }) => name !== host);
  return [
    step(
      `Lower the time to live of ${host} to 300 seconds, leave all else, and wait until the old one has passed (${wait})`,
    ),
    step(certificateStep(host, isIssuing)),
    step(`Let ${host} lead to ${serviceName}, in the place of what it has now`, hostRecords),
    step(
      `Wait until the policy is served by that name: postseal tenant show ${domain} tells the stage serving`,
    ),
    step('Set the records that tell of it, in the place of those that are there', others),
    step(
      `Leave the old server running until the old records have expired everywhere (${wait}), and then end it`,
    ),
  ];
}

function certificateStep(host: string, isIssuing: boolean): string {
  const copy = `put the old key and certificate into store.certs as ${host}.pem`;
  if (!isIssuing) return `Have a certificate here first: ${copy}`;
  return `Have a certificate here first: ${copy}. Without, one is ordered as soon as the name leads here; until it is there, senders keep what they hold, and new ones find no policy`;
}

function step(what: string, records: readonly DesiredRecord[] = []): MovingStep {
  return { what, records: records.map(zoneLine) };
}
