// Plain JavaScript, so that an older Node, which can't read the rest, still says what to do.

// The first with net.BoundSocket, by which the workers share sockets that the primary holds.
const OLDEST = [24, 19];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `Postseal needs Node ${OLDEST.join('.')} or later, and this is ${process.versions.node}. ` +
      'npm brings one along on Linux (x64, arm64); elsewhere install it first.\n',
  );
  process.exit(1);
}
