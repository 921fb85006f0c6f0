#!/usr/bin/env node
import { requireNode } from './node-version.ts';

// Before anything is loaded that an older Node can't even parse.
requireNode(process.versions.node);
const { run } = await import('./commands.ts');
await run(process.argv);
