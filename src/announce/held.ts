import { quote } from '../flaws/quote.ts';
import { isOwnForm } from '../policy/policy-id.ts';
import { formatRecord, parseRecord } from '../policy/record.ts';
import type { Announcement, AnnounceOutcome } from '../tenant/announcement.ts';

/** A TXT record as a publisher holds it, its strings joined. */
interface HeldText {
  readonly text: string;
  /** Seconds. */
  readonly ttl: number;
}

/** What a publisher holds at one name. */
export interface Held {
  readonly texts: readonly HeldText[];
  /** Where the name is an alias (CNAME), its target: no TXT record can stand beside it. */
  readonly alias: string | undefined;
  /** Why this can't be touched for another reason. */
  readonly strange?: string | undefined;
}

export type Step =
  /** It is as it is to be. */
  | { readonly do: 'nothing' }
  | { readonly do: 'replace' }
  | (AnnounceOutcome & { readonly do: 'leave'; readonly outcome: 'foreign' });

/** What is to be done about what is there. What is not known to be ours is never touched, nor anything beside it. */
export function stepFor(held: Held, announcement: Announcement): Step {
  const { name, text, ttl } = announcement;
  const strange = strangeness(held, name);
  if (strange !== undefined) {
    const remedy = `Remove it, or let nobody but Postseal change ${name}`;
    return { do: 'leave', outcome: 'foreign', why: strange, remedy };
  }
  const foreign = held.texts.find((each) => !isOurs(each.text, announcement));
  if (foreign !== undefined) {
    const why = `A TXT record that is not ours stands at ${name}: ${quote(foreign.text)}`;
    const remedy = `Delete the TXT records of ${name} where nobody needs them; Postseal then sets its own`;
    return { do: 'leave', outcome: 'foreign', why, remedy };
  }
  const [first, ...others] = held.texts;
  if (text === undefined) return { do: first === undefined ? 'nothing' : 'replace' };
  const isThere = others.length === 0 && first?.text === text && first.ttl === ttl;
  return { do: isThere ? 'nothing' : 'replace' };
}

function strangeness({ alias, strange }: Held, name: string): string | undefined {
  return alias === undefined ? strange : `${name} is an alias (CNAME) of ${alias}`;
}

/**
 * Ours is what we are to set or have set, as far as we know; what another Postseal set, or ourselves before we lost
 * our state, which the form of its id tells; and at a name of ours alone whatever is a policy or report record.
 */
function isOurs(found: string, { text, earlier = [], isOurName = false }: Announcement): boolean {
  if (found === text || earlier.includes(found)) return true;
  if (isOurName && /^v=(STSv1|TLSRPTv1)[ ;]/.test(found)) return true;
  const record = parseRecord(found);
  return record.ok && isOwnForm(record.value.id) && formatRecord(record.value.id) === found;
}
