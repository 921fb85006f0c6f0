/**
 * Edits a tenant while the disk of its documents, or of the state file, is full or read-only, and after that.
 * Runs where `policies` and `state` of the folder are disks of their own; prints what came of it.
 */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Claims } from '../../src/app/tenants/claims.ts';
import { PolicyJob } from '../../src/app/tenants/policy-job.ts';
import { PolicyLoop } from '../../src/app/tenants/policy-loop.ts';
import { FileDesk } from '../../src/app/tenants/tenant-desk.ts';
import { ClaimFile } from '../../src/store/files/claim-file.ts';
import { DocumentFolder } from '../../src/store/files/document-folder.ts';
import { DocumentWriter } from '../../src/store/files/document-writer.ts';
import { OnDemand } from '../../src/store/files/on-demand.ts';
import { openState } from '../../src/store/files/state-file.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { DnsTable } from './dns-table.ts';

const [, , folder = ''] = process.argv;
const [policies, state] = [join(folder, 'policies'), join(folder, 'state')];
const domain = policyDomain('example.test');
const file = join(policies, 'example.test.yaml');
const log = pino({ level: 'silent' });
const store = openState(state);
const job = new PolicyJob({
  folder: new DocumentFolder(policies),
  store,
  serve: async () => {},
  tell: () => {},
  log,
  now: Date.now,
  ledgerNow: Date.now,
});
const loop = new PolicyLoop({ job, folder: policies, log });
const desk = new FileDesk({
  store,
  writer: new DocumentWriter(policies),
  claims: new Claims({
    store: new ClaimFile(new OnDemand(state)),
    dns: new DnsTable(),
    isOurs: () => false,
    now: Date.now,
  }),
  folder: policies,
  look: (files) => loop.look(files),
  ready: loop.start(),
  mailHosts: async () => undefined,
  ttl: 300,
  log,
  now: Date.now,
});

function fill(disk: string): void {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (let count = 0; ; count += 1)
        writeFileSync(join(disk, `filler${size}-${count}`), Buffer.alloc(size));
    } catch {
      // As much of the next size as there is room for.
    }
  }
}

function empty(disk: string): void {
  for (const name of readdirSync(disk).filter((one) => one.startsWith('filler'))) rmSync(join(disk, name));
}

function remount(disk: string, how: string): void {
  execFileSync('mount', ['-o', `remount,${how}`, disk]);
}

let last = 1;
async function edit() {
  last += 1;
  const before = readFileSync(file, 'utf8');
  // Long, so that it does not fit into what is left of a block.
  const mx = Array.from({ length: 400 }, (_, index) => `mx${index}.edit${last}.example.test`);
  const policy = { mode: 'testing', max_age: last, mx };
  const outcome = await desk.edit({
    domain,
    edit: { do: 'replace', policy },
    by: { name: 'a', address: '' },
  });
  return { outcome: outcome.outcome, isSame: readFileSync(file, 'utf8') === before };
}

const told: Record<string, unknown> = {};
const policy = { mode: 'none', max_age: 1 };
await desk.edit({ domain, edit: { do: 'create', policy }, by: { name: 'a', address: '' } });
for (const [name, disk] of [
  ['documents', policies],
  ['state', state],
] as const) {
  fill(disk);
  told[`${name}: full`] = await edit();
  empty(disk);
  told[`${name}: empty again`] = await edit();
  // The state file is open, and so its disk stays as it is.
  if (name === 'state') break;
  remount(disk, 'ro');
  told[`${name}: read-only`] = await edit();
  remount(disk, 'rw');
  told[`${name}: writable again`] = await edit();
}
const revisions = store.revisions(domain).length;
await loop.close();
desk.close();
const left = readdirSync(policies);
process.stdout.write(JSON.stringify({ told, revisions, left }));
process.exit();
