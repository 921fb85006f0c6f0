import type { Policy } from '../policy/policy.ts';
import { parsePolicyText } from '../policy/text.ts';
import type { Standing } from './revision.ts';

/**
 * Whether a policy reads like the beginning of the served one: the same but for a max_age or a last mx of which
 * the end is missing. Meant for documents whose last line has no newline.
 */
export function isCutOff(policy: Policy, { newest, served: isServed }: Standing): boolean {
  const served = isServed && newest !== undefined ? parsePolicyText(newest.text) : undefined;
  return served?.ok === true && isBeginning(policy, served.value);
}

function isBeginning(policy: Policy, served: Policy): boolean {
  if (policy.mode !== served.mode) return false;
  if (policy.mx.join() === served.mx.join()) return begins(`${served.max_age}`, `${policy.max_age}`);
  if (policy.max_age !== served.max_age) return false;
  const last = policy.mx.length - 1;
  return policy.mx.every((mx, index) =>
    index < last ? mx === served.mx[index] : served.mx[index]?.startsWith(mx),
  );
}

function begins(whole: string, part: string): boolean {
  return part !== whole && whole.startsWith(part);
}
