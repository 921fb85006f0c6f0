#!/usr/bin/env node

// As process 1, in a container, Node would ignore a SIGTERM that comes while the rest is still being loaded.
const endEarly = (): never => process.exit(0);
process.once('SIGTERM', endEarly);

const { run } = await import('./commands.ts');
await run(process.argv, () => process.off('SIGTERM', endEarly));

export {};
