import { selectRecord } from '../policy/record.ts';
import type { Authority, Shown } from '../tenant/observing.ts';
import { mayConnect } from './address-scope.ts';
import { type Answer, addressesOf, recordsOf } from './observation.ts';
import type { PublicDns } from './public-dns.ts';

export interface AuthorityQuestion {
  /** The owner name of the TXT record set. */
  readonly name: string;
  /** A resolver, to find the servers by. */
  readonly dns: PublicDns;
  /** Asks one server, by its address. */
  at(address: string): PublicDns;
  /** Our own addresses: what is no more public than these may be asked. */
  readonly own: readonly string[];
  readonly signal: AbortSignal;
}

// A zone can name dozens.
const MOST_SERVERS = 12;
const MOST_ADDRESSES = 4;

/** What each authoritative server of a name shows there; none where they can't be found. */
export async function askAuthorities(question: AuthorityQuestion): Promise<readonly Authority[]> {
  const { dns, signal } = question;
  const aliases = await dns.aliases(question.name, signal);
  if (aliases.outcome === 'failed') return [];
  const owner = recordsOf(aliases).at(-1) ?? question.name;
  const servers = await zoneServers(owner, dns, signal);
  return Promise.all(servers.slice(0, MOST_SERVERS).map((server) => askServer(server, owner, question)));
}

/** The name servers of the zone that a name is in: those of the name itself, else of the nearest name above it. */
async function zoneServers(owner: string, dns: PublicDns, signal: AbortSignal): Promise<readonly string[]> {
  for (let labels = owner.split('.'); labels.length > 0; labels = labels.slice(1)) {
    const answer = await dns.nameServers(labels.join('.'), signal);
    if (answer.outcome === 'failed') return [];
    if (answer.outcome === 'found') return answer.records.toSorted();
  }
  return [];
}

async function askServer(name: string, owner: string, question: AuthorityQuestion): Promise<Authority> {
  const { dns, at, own, signal } = question;
  const addresses = addressesOf(await dns.addresses(name, signal)).filter((each) => mayConnect(each, own));
  if (addresses.length === 0) return { name, shown: { shows: 'unknown', why: 'has no address to ask' } };
  const asked = addresses.slice(0, MOST_ADDRESSES).map(async (address) => at(address).txt(owner, signal));
  return { name, shown: joined((await Promise.all(asked)).map(shownBy)) };
}

/** What a sender makes of the answer to its question for the record. */
export function shownBy(answer: Answer<readonly string[]>): Shown {
  if (answer.outcome === 'failed') return { shows: 'unknown', why: answer.why };
  const selected = selectRecord(recordsOf(answer));
  if (selected.found === 'record') return { shows: 'id', id: selected.record.id };
  return { shows: 'other', why: selected.why.message };
}

/** Over the addresses of one server: what differs from address to address is no id; silent ones do not count. */
function joined(shown: readonly Shown[]): Shown {
  const [first = NOBODY, ...others] = shown.filter(({ shows }) => shows !== 'unknown');
  if (first === NOBODY) return shown[0] ?? NOBODY;
  const different = others.find((other) => JSON.stringify(other) !== JSON.stringify(first));
  if (different === undefined) return first;
  return { shows: 'other', why: `shows ${worded(first)} at one address and ${worded(different)} at another` };
}

const NOBODY: Shown = { shows: 'unknown', why: 'no answer' };

function worded(shown: Shown): string {
  return shown.shows === 'id' ? shown.id : shown.why;
}
