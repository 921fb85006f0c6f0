/** A program that the tests run, and the Debian package that brings it. */
export interface NeededProgram {
  readonly program: string;
  readonly package: string;
}

/** Every program that a test starts and that does not come from npm. A new peer adds its line here. */
export const NEEDED_PROGRAMS: readonly NeededProgram[] = [
  { program: 'ip', package: 'iproute2' },
  { program: 'ss', package: 'iproute2' },
  { program: 'curl', package: 'curl' },
  { program: 'knotd', package: 'knot' },
  { program: 'knsupdate', package: 'knot-dnsutils' },
  { program: 'unbound', package: 'unbound' },
  { program: 'postfix', package: 'postfix' },
  { program: 'mta-sts-daemon', package: 'postfix-mta-sts-resolver' },
];

/** Where Debian puts programs, those of the administrator too, whatever the PATH of the one who tests. */
export const PROGRAM_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
] as const;
