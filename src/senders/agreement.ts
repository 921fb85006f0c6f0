import type { Flaw } from '../flaws/flaw.ts';
import type { Policy } from '../policy/policy.ts';
export interface Served {
  contentType: string;
  body: Uint8Array;
  txt: readonly (readonly string[])[];
}
export function disagreements(_policy: Policy, _served: Served): Flaw[] {
  return [];
}
