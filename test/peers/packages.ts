/** A program or a file that the tests need, and the Debian package that brings it. */
export interface Needed {
  /** A program's name, or the whole path of another file. */
  readonly file: string;
  readonly package: string;
}

/** All that tests and bench use and that does not come from npm. A new peer adds its line here. */
export const NEEDED: readonly Needed[] = [
  // Networks of their own.
  { file: 'ip', package: 'iproute2' },
  { file: 'ss', package: 'iproute2' },
  { file: 'nsenter', package: 'util-linux' },
  { file: 'script', package: 'bsdutils' },
  { file: 'curl', package: 'curl' },
  { file: 'openssl', package: 'openssl' },
  // Senders and their DNS.
  { file: 'knotd', package: 'knot' },
  { file: 'keymgr', package: 'knot' },
  { file: 'knsupdate', package: 'knot-dnsutils' },
  { file: 'kdig', package: 'knot-dnsutils' },
  { file: 'unbound', package: 'unbound' },
  { file: 'named', package: 'bind9' },
  { file: 'tsig-keygen', package: 'bind9' },
  { file: 'dig', package: 'bind9-dnsutils' },
  { file: 'drill', package: 'ldnsutils' },
  { file: 'dnsperf', package: 'dnsperf' },
  { file: 'nsupdate', package: 'bind9-dnsutils' },
  { file: 'pdns_server', package: 'pdns-server' },
  { file: 'pdnsutil', package: 'pdns-server' },
  { file: '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql', package: 'pdns-backend-sqlite3' },
  { file: 'postfix', package: 'postfix' },
  { file: 'mta-sts-daemon', package: 'postfix-mta-sts-resolver' },
  // The container image.
  { file: 'buildah', package: 'buildah' },
  { file: 'podman', package: 'podman' },
  { file: 'runc', package: 'runc' },
  // The bench: a peer, and a compiler for the load generator.
  { file: 'nginx', package: 'nginx-light' },
  { file: 'gcc', package: 'gcc' },
  { file: '/usr/include/stdio.h', package: 'libc6-dev' },
  { file: '/usr/include/openssl/evp.h', package: 'libssl-dev' },
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
