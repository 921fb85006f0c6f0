import { adoptable } from '../../checks/adoption.ts';
import { type DeploymentLook, lookAtDeployment } from '../../checks/deployment.ts';
import { movingSteps } from '../../checks/moving-steps.ts';
import { trusting } from '../../checks/policy-fetch.ts';
import { servedPolicies } from '../../checks/served-policy.ts';
import type { Flaw } from '../../flaws/flaw.ts';
import type { Policy } from '../../policy/policy.ts';
import {
  type AdoptionDesk,
  type AdoptOutcome,
  type AdoptRequest,
  adoptedRevisions,
  type EarlierPolicy,
  type MovingStep,
} from '../../tenant/adopting.ts';
import type { TenantDesk } from '../../tenant/desk.ts';
import { type RecordScheme, tenantRecords } from '../../tenant/records.ts';
import type { TenantStore } from '../../tenant/store.ts';
import { openDns } from '../certificates/certificates.ts';
import type { Config } from '../config/config.ts';
import { schemeOf } from '../config/scheme.ts';

export interface AdoptingOptions {
  readonly desk: TenantDesk;
  readonly store: TenantStore;
  readonly look: DeploymentLook;
  readonly scheme: RecordScheme;
  /** Whether a CA is asked for certificates here. */
  readonly isIssuing: boolean;
  now(): number;
}

/** Looks at other deployments as senders do, by the resolvers and roots of the configuration. */
export function openAdoption({ config, desk, store, now }: AdoptionParts): AdoptionDesk {
  const { serviceName, outside, acme } = config;
  const dns = openDns(config);
  const roots = outside.roots === '' ? [] : [outside.roots];
  const look = { dns, policyOf: servedPolicies({ dns, serviceName, context: trusting(roots) }) };
  const isIssuing = acme.authorities.length > 0;
  return new Adopting({ desk, store, look, scheme: schemeOf(config), isIssuing, now });
}

interface AdoptionParts extends Pick<AdoptingOptions, 'desk' | 'store' | 'now'> {
  readonly config: Config;
}

/** What is to be taken over, with how it comes here. */
interface Found {
  readonly earlier: readonly EarlierPolicy[];
  readonly findings: readonly Flaw[];
}

/**
 * Takes over domains: what is served elsewhere goes into the ledger first (promise I9), and then the tenant is created
 * as any other is. Were it cut short in between, the ledger would know of a policy that is served elsewhere, which is
 * true; and adopting again adds nothing to it.
 */
export class Adopting implements AdoptionDesk {
  readonly #options: AdoptingOptions;

  constructor(options: AdoptingOptions) {
    this.#options = options;
  }

  async adopt(request: AdoptRequest, signal: AbortSignal): Promise<AdoptOutcome> {
    const found = await this.#find(request, signal);
    if ('outcome' in found) return found;
    const { desk, store } = this.#options;
    const { domain, by, cause = 'adopted', dryRun = false, labels } = request;
    const policy = request.policy ?? writtenOf(found.earlier.at(-1)?.policy);
    const create = { do: 'create', policy, ...(labels !== undefined && { labels }) } as const;
    const edit = { domain, edit: create, by, cause };
    // Nothing goes into the ledger of what can't be created.
    const foreseen = await desk.edit({ ...edit, dryRun: true });
    if (foreseen.outcome !== 'would-do') return { outcome: 'not-made', edit: foreseen };
    if (dryRun) return { outcome: 'adopted', edit: foreseen, ...found, steps: this.#steps(request) };
    store.adopt(adoptedRevisions(domain, found.earlier, store.revisions(domain), by));
    const made = await desk.edit(edit);
    if (made.outcome !== 'done') return { outcome: 'not-made', edit: made };
    return { outcome: 'adopted', edit: made, ...found, steps: this.#steps(request) };
  }

  async #find({ domain, earlier }: AdoptRequest, signal: AbortSignal): Promise<Found | AdoptOutcome> {
    if (earlier !== undefined) return { earlier, findings: [] };
    const found = adoptable(await lookAtDeployment(domain, this.#options.look, signal));
    if (found.outcome !== 'found') return found;
    const from = this.#options.now();
    const seen = found.earlier.map((each) => ({ ...each, from, until: undefined }));
    return { earlier: seen, findings: found.findings };
  }

  /** Where it is known what was served, the domain is no longer served there, or moves with all others. */
  #steps({ domain, earlier }: AdoptRequest): readonly MovingStep[] {
    if (earlier !== undefined) return [];
    const { store, scheme, isIssuing } = this.#options;
    const records = tenantRecords(domain, scheme, store.announceableFor(domain)?.id);
    return movingSteps({ domain, serviceName: scheme.serviceName, records, oldTtl: undefined, isIssuing });
  }
}

/** As a document has it. Extension fields are not served here. */
function writtenOf(policy: Policy | undefined) {
  if (policy === undefined) return undefined;
  const { mode, max_age, mx } = policy;
  return { mode, max_age, mx };
}
