/** Records one revision, and is killed before it can bring it from the log into the state file. */
import { openState } from '../../src/store/files/state-file.ts';
import { policyDomain, policyOf, recording, revise } from '../tenant/revisions.ts';

const [, , folder = ''] = process.argv;
const store = openState(folder);
const domain = policyDomain('killed.example');
const standing = { newest: store.newest(domain), served: store.isServed(domain) };
store.record(recording({ revisions: [revise(domain, policyOf('enforce', 60), standing, 5000)], now: 5000 }));
store.settle('all', 5000);
process.kill(process.pid, 'SIGKILL');
