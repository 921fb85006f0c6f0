/** One DNS record as people write it: absolute names with or without the last dot, TXT text without quotes. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  /** Seconds. */
  readonly ttl?: number;
}

const DEFAULT_TTL = 5;
// RFC 1035 section 3.3: a character-string holds up to 255 octets.
const TXT_PIECE = /.{1,255}/gs;

/** A name with its last dot. */
export function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

/** The record as `owner ttl type rdata`, which zone files (with `$ORIGIN .`) and dynamic updates both take. */
export function recordText({ name, type, value, ttl = DEFAULT_TTL }: DnsRecord): string {
  const rdata = type === 'TXT' ? quoted(value) : value;
  return `${absolute(name)} ${ttl} ${type} ${rdata}`;
}

function quoted(text: string): string {
  const pieces = text.match(TXT_PIECE) ?? [''];
  return pieces.map((piece) => `"${piece.replaceAll(/["\\]/g, '\\$&')}"`).join(' ');
}
