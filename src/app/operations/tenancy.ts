import type { TenantStore } from '../../tenant/store.ts';
import { type HealthEvidence, MOST_DOCUMENTS } from './health.ts';
import { LastKnown } from './last-known.ts';

type Tenancy = Pick<HealthEvidence, 'tenants' | 'flawed' | 'flawedCount'>;

/** How many tenants there are, and which documents are flawed; as it was last while it can't be read. */
export class KnownTenancy {
  readonly #known: LastKnown<Tenancy>;

  constructor(store: TenantStore) {
    const read = () => ({
      tenants: store.servedCount(),
      flawed: store.flawed(MOST_DOCUMENTS),
      flawedCount: store.flawedCount(),
    });
    this.#known = new LastKnown(read, { tenants: 0, flawedCount: 0, flawed: [] });
  }

  read(): Tenancy {
    return this.#known.read();
  }

  /** Why the last reading could not be done, in words; empty where it could. */
  get problems(): readonly string[] {
    return this.#known.failure === undefined ? [] : [STATE_UNREADABLE];
  }
}

const STATE_UNREADABLE = "The state file can't be read: the policies in memory are served";
