// The first with net.BoundSocket, by which the workers share sockets that the primary holds.
const OLDEST = [24, 19] as const;

/** Ends the process, saying what to do, where Node is too old for Postseal. */
export function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  process.stderr.write(
    `Postseal needs Node ${OLDEST.join('.')} or later, and this is ${version}. ` +
      'Run it by npm (npm start), which brings its own, or install a later Node.\n',
  );
  process.exit(1);
}
