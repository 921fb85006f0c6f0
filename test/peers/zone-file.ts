import { absolute, type DnsRecord, recordText } from './dns-record.ts';

/** The longest zone that a name lies in. */
export function zoneOf(name: string, zones: readonly string[]): string {
  const holding = zones.filter((zone) => `.${absolute(name)}`.endsWith(`.${absolute(zone)}`));
  return holding.toSorted((a, b) => b.length - a.length)[0] ?? '.';
}

export function zoneFile(zone: string): string {
  return zone === '.' ? 'root.zone' : `${zone}.zone`;
}

/** A whole zone with its SOA and NS made, as a zone file. */
export function zoneText(zone: string, records: readonly DnsRecord[]): string {
  // The last number, the time to live of "there is no such name", is short: tests do not wait.
  const soa = { name: zone, type: 'SOA', value: 'ns. root.ns. 1 3600 60 3600 1' };
  return `$ORIGIN .\n${[soa, { name: zone, type: 'NS', value: 'ns.' }, ...records].map(recordText).join('\n')}\n`;
}
