import { RCODE, rcodeName } from '../dns/codes.ts';
import { type NotAnnounced, refused, unreachable } from './not-announced.ts';

/** Whom an update went to, for the words about what it came to. */
export interface Addressee {
  /** `address port number`. */
  readonly server: string;
  readonly keyName: string;
  readonly algorithm: string;
  /** The name that was to be changed. */
  readonly name: string;
  /** Undefined where it is not known yet. */
  readonly zone: string | undefined;
}

/** What a response code means that is neither success nor a prerequisite that does not hold (RFC 2136 section 2.2). */
export function rcodeFailure(rcode: number, to: Addressee): NotAnnounced {
  const { server, keyName, name } = to;
  const zone = to.zone ?? 'the zone';
  switch (rcode) {
    case RCODE.SERVFAIL:
      return unreachable(`${server} answered SERVFAIL: it could not do it now`);
    case RCODE.REFUSED:
      return refused(
        `${server} refuses to let the key ${keyName} change ${name} (REFUSED)`,
        `Let the key change TXT records of ${zone}: in BIND by update-policy, in Knot by an acl with action update`,
      );
    case RCODE.NOTAUTH:
      return refused(
        `${server} says that it is no primary of ${zone}, or that the key ${keyName} may not change it (NOTAUTH)`,
        'Set dns.rfc2136.server to the primary of the zone, and let the key change the zone there',
      );
    case RCODE.NOTZONE:
      return refused(
        `${name} does not lie in ${zone} (NOTZONE)`,
        'Correct dns.rfc2136.zone, or leave it out so that it is found',
      );
    case RCODE.NOTIMP:
      return refused(
        `${server} takes no dynamic updates (NOTIMP)`,
        'Turn them on there, or set dns.rfc2136.server to a server that takes them',
      );
    default:
      return refused(
        `${server} answered with the code ${rcodeName(rcode)}`,
        'Look into the log of that server for the reason',
      );
  }
}

/** What it means that the server did not take our signature (RFC 8945 section 5.2). */
export function signatureFailure(
  error: string | number,
  to: Addressee,
  times: { readonly server: number | undefined; readonly own: number },
): NotAnnounced {
  const { server, keyName, algorithm } = to;
  switch (error) {
    case 'BADKEY':
      return refused(
        `${server} does not know the key ${keyName} with ${algorithm} (BADKEY)`,
        'Set dns.rfc2136.key_name and dns.rfc2136.key_algorithm to those of a key that the server has',
      );
    case 'BADSIG':
      return refused(
        `${server} has another secret for the key ${keyName} (BADSIG)`,
        'Set dns.rfc2136.key_secret to the secret that the server has',
      );
    case 'BADTIME':
      return refused(
        `The clocks of this machine and of ${server} differ${differenceOf(times)} (BADTIME)`,
        'Set both by NTP: a signature counts for five minutes only',
      );
    default:
      return refused(
        `${server} does not take our signature (TSIG error ${error})`,
        'Look into the log of that server for the reason',
      );
  }
}

/** What came was no answer to be believed. */
export function unbelievable(to: Addressee, verdict: 'bad' | 'unsigned' | 'malformed'): NotAnnounced {
  const { server, keyName } = to;
  const how = {
    bad: `signs with another secret for the key ${keyName}`,
    unsigned: 'does not sign its answers',
    malformed: 'sends answers that are malformed',
  };
  return refused(
    `${server} ${how[verdict]}, so that nobody can tell whether they are its own`,
    'Set dns.rfc2136.server to the server itself, not to a resolver, and dns.rfc2136.key_secret to its secret',
  );
}

function differenceOf({
  server,
  own,
}: {
  readonly server: number | undefined;
  readonly own: number;
}): string {
  if (server === undefined) return '';
  const seconds = Math.round((own - server) / 1000);
  return ` by ${Math.abs(seconds)} seconds, and ours is ${seconds > 0 ? 'ahead' : 'behind'}`;
}
