/**
 * Names below which no public mail host can ever be, with their sources.
 */
const SPECIAL_USE: ReadonlyMap<string, string> = new Map([
  ['alt', 'RFC 9476'],
  ['corp', 'ICANN board resolution 2018.02.04.12: never to be delegated'],
  ['example', 'RFC 6761 section 6.5'],
  ['example.com', 'RFC 6761 section 6.5'],
  ['example.net', 'RFC 6761 section 6.5'],
  ['example.org', 'RFC 6761 section 6.5'],
  ['home', 'ICANN board resolution 2018.02.04.12: never to be delegated'],
  ['home.arpa', 'RFC 8375'],
  ['internal', 'ICANN board resolution 2024.07.29.06: reserved for private use'],
  ['invalid', 'RFC 6761 section 6.4'],
  // No registry reserves these two: routers and Linux distributions give them out, and the root has neither.
  ['lan', 'RFC 6762 appendix G'],
  ['localdomain', 'the customary name of a host without a domain'],
  ['local', 'RFC 6762'],
  ['localhost', 'RFC 6761 section 6.3'],
  ['mail', 'ICANN board resolution 2018.02.04.12: never to be delegated'],
  ['onion', 'RFC 7686'],
  ['test', 'RFC 6761 section 6.2'],
]);

/** Whether the name, in any letter case, can never be a public one: special use, private use or a single label. */
export function isSpecialUse(host: string): boolean {
  const labels = host.toLowerCase().split('.');
  if (labels.length < 2) return true;
  return SPECIAL_USE.has(labels.slice(-1).join('.')) || SPECIAL_USE.has(labels.slice(-2).join('.'));
}
