/** All TXT records of one name in our zone. */
export interface RecordSet {
  /** The owner name without the zone, in lower case, such as `example.com._mta-sts`. */
  readonly name: string;
  /** In ASCII; none where the name has no records, or is to have none. */
  readonly values: readonly string[];
  /** Seconds. */
  readonly ttl: number;
}

/** A change that makes one serial of the zone into a later one. */
export interface ZoneChange {
  readonly serial: number;
  readonly sets: readonly RecordSet[];
}
