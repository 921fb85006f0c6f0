const OLDEST = 24;

/** Ends the process, saying what to do, where Node is too old for Postseal. */
export function requireNode(version: string): void {
  if (Number.parseInt(version, 10) >= OLDEST) return;
  process.stderr.write(
    `Postseal needs Node ${OLDEST} or later, and this is ${version}. ` +
      'Run it by npm (npm start), which brings its own, or install a later Node.\n',
  );
  process.exit(1);
}
