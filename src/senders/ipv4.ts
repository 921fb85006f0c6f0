const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** An IPv4 address in its one usual spelling, which is what Go's standard library takes for one. */
export function isIpv4(text: string): boolean {
  return IPV4.test(text);
}
