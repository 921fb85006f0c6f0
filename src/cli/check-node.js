// Plain JavaScript, so that an older Node, which can't read the rest, still says what to do.
const OLDEST = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  process.stderr.write(
    `Postseal needs Node ${OLDEST} or later, and this is ${process.versions.node}. ` +
      'npm brings one along on Linux (x64, arm64); elsewhere install it first.\n',
  );
  process.exit(1);
}
