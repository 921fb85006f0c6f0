import type { Flaw } from '../flaws/flaw.ts';
import { type Hostname, parseHostname, policyHost } from '../names/hostname.ts';
import { matchesMx } from '../policy/mx-pattern.ts';
import type { Policy } from '../policy/policy.ts';
import type { PolicyId } from '../policy/policy-id.ts';
import { parseRecord } from '../policy/record.ts';
import { parsePolicyText } from '../policy/text.ts';
import type { EarlierPolicy } from '../tenant/adopting.ts';
import { type MailRouting, mailHosts } from './mail-hosts.ts';
import { type Answer, recordsOf } from './observation.ts';

/** What is seen from outside of the policy that somebody serves for a domain now. */
export interface Deployment {
  readonly domain: Hostname;
  /** The TXT records of `_mta-sts`, aliases followed, each with its strings. */
  readonly texts: Answer<readonly string[]>;
  readonly served:
    | { readonly found: 'answer'; readonly body: string }
    /** Nobody answers as RFC 8461 section 3.3 wants it. */
    | { readonly found: 'nothing'; readonly why: string };
  readonly mail: MailRouting;
}

/** What is served, under each of the ids that tell of it. */
type SeenPolicy = Pick<EarlierPolicy, 'id' | 'text' | 'policy'>;

export type Adoptable =
  /** `findings` tell what is odd about it. */
  | {
      readonly outcome: 'found';
      readonly earlier: readonly SeenPolicy[];
      readonly findings: readonly Flaw[];
    }
  /** There is nothing to take over. */
  | { readonly outcome: 'nothing'; readonly finding: Flaw }
  /** Senders may hold what we can't see. */
  | { readonly outcome: 'unclear'; readonly finding: Flaw };

/** In the place of an id where no record has one: an id of ours is never like it. */
const NO_ID = '0' as PolicyId;

/** What is to be taken over of a deployment, so that the ledger knows what senders hold (promises I1 and I9). */
export function adoptable({ domain, texts, served, mail }: Deployment): Adoptable {
  if (texts.outcome === 'failed') return unclear(ownerOf(domain), `DNS does not answer (${texts.why})`, DNS);
  const marked = recordsOf(texts)
    .map((strings) => strings.join(''))
    .filter((text) => text.startsWith('v=STSv1'));
  const host = policyHost(domain);
  if (served.found === 'nothing') {
    if (marked.length === 0) return { outcome: 'nothing', finding: nothing(domain, served.why) };
    return unclear(host, `There is a record, and no policy: ${served.why}`, BRING_BACK);
  }
  const policy = parsePolicyText(served.body);
  if (!policy.ok) {
    const [first] = policy.flaws;
    const why = `What is served is no policy (${first?.path === '' ? '' : `${first?.path}: `}${first?.message})`;
    return unclear(host, why, BRING_BACK);
  }
  const ids = idsOf(marked);
  const earlier = ids.map((id) => ({ id, text: served.body, policy: policy.value }));
  const findings = [
    ...recordFindings(domain, marked),
    ...policyFindings(domain, policy.value),
    ...mailFindings(policy.value, mail),
  ];
  return { outcome: 'found', earlier, findings };
}

/** All ids that senders may know, each once: of several records none counts, and yet each may have counted before. */
function idsOf(marked: readonly string[]): readonly PolicyId[] {
  const ids = marked.flatMap((text) => {
    const record = parseRecord(text);
    return record.ok ? [record.value.id] : [];
  });
  return ids.length === 0 ? [NO_ID] : [...new Set(ids)];
}

function recordFindings(domain: Hostname, marked: readonly string[]): Flaw[] {
  const path = ownerOf(domain);
  const rfc = 'RFC 8461 section 3.1';
  if (marked.length === 0) {
    const message = 'A policy is served, and no record tells senders of it';
    return [{ path, message, remedy: 'Nothing to do: the record of Postseal will', rfc }];
  }
  if (marked.length > 1) {
    const message = `${marked.length} records begin with v=STSv1, so that senders use none of them`;
    return [{ path, message, remedy: 'Remove all of them when that of Postseal is set', rfc }];
  }
  const record = parseRecord(marked[0] ?? '');
  return record.ok ? [] : record.flaws.map((flaw) => ({ ...flaw, path }));
}

function policyFindings(domain: Hostname, { extensions }: Policy): Flaw[] {
  return extensions.map(({ name }) => ({
    path: policyHost(domain),
    message: `The policy has a field ${name}, which Postseal does not serve`,
    remedy: 'Nothing to do, unless a sender is known to read it: RFC 8461 gives it no meaning',
    rfc: 'RFC 8461 section 3.2',
  }));
}

/** MX hosts that the policy does not allow: in `enforce` their mail is refused already. */
function mailFindings({ mode, mx }: Policy, mail: MailRouting): Flaw[] {
  const hosts = mailHosts(mail);
  if (mode === 'none' || hosts.outcome !== 'found') return [];
  return hosts.names.flatMap((name) => {
    const host = parseHostname(name);
    if (!host.ok || mx.some((pattern) => matchesMx(pattern, host.value))) return [];
    const message = `${name} is an MX and not in the policy`;
    const remedy = `Add it: postseal tenant set ${mail.domain} --mx …`;
    return [{ path: 'policy.mx', message, remedy, rfc: 'RFC 8461 section 4.1' }];
  });
}

const DNS = 'Try again when DNS answers';
const BRING_BACK =
  'Let the old server answer once more and repeat this; or begin anew with postseal tenant add, where it never served a policy';

function unclear(path: string, message: string, remedy: string): Adoptable {
  return { outcome: 'unclear', finding: { path, message, remedy } };
}

function nothing(domain: Hostname, why: string): Flaw {
  const message = `There is neither a record nor a policy (${why})`;
  return { path: domain, message, remedy: `Begin anew: postseal tenant add ${domain}` };
}

function ownerOf(domain: Hostname): string {
  return `_mta-sts.${domain}`;
}
