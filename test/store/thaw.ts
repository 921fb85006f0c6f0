/** Opens the state file on a read-only disk, makes the disk writable, records, and prints what a reader sees. */
import { execFileSync } from 'node:child_process';
import { PolicyTexts } from '../../src/store/files/policy-texts.ts';
import { openState } from '../../src/store/files/state-file.ts';
import { policyDomain, policyOf, recording, revise } from '../tenant/revisions.ts';

const [, , folder = ''] = process.argv;
const store = openState(folder);
const texts = new PolicyTexts(folder);
const domain = policyDomain('new.example');
const revision = revise(domain, policyOf('enforce', 60), { newest: undefined, served: false }, 9000);
const before = texts.after('', 10).length;
execFileSync('mount', ['-o', 'remount,rw,bind', folder]);
store.record(recording({ revisions: [revision], now: 9000 }));
const after = texts.after('', 10).length;
process.stdout.write(JSON.stringify({ before, after, isSame: texts.get(domain) === revision.revision.text }));
