/** Record types, and the types of queries (IANA "Domain Name System Parameters"). */
export const TYPE = {
  NS: 2,
  CNAME: 5,
  SOA: 6,
  HINFO: 13,
  TXT: 16,
  OPT: 41,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;

export const OPCODE = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  /** These three and NOTZONE are those of updates (RFC 2136 section 2.2). */
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  /** Its upper bits stand in the OPT record (RFC 6891 section 6.1.3). */
  BADVERS: 16,
} as const;

const NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));

/** Such as `NXDOMAIN`. */
export function rcodeName(code: number): string {
  return NAMES.get(code) ?? String(code);
}

/** Octets of a message's header (RFC 1035 section 4.1.1). */
export const HEADER = 12;

/** The flags of a header's second 16 bits. */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100 } as const;
