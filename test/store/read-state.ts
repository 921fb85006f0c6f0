/** Opens the state file of a folder in both ways and prints what is there, and whether it can be written. */
import { PolicyTexts } from '../../src/store/files/policy-texts.ts';
import { openState } from '../../src/store/files/state-file.ts';
import { policyDomain, recording } from '../tenant/revisions.ts';

const [, , folder = ''] = process.argv;
const store = openState(folder);
const texts = new PolicyTexts(folder);
const entries = [{ file: 'new.yaml', domain: policyDomain('new.example'), stamp: 's', flaws: [] }];
let recorded = true;
try {
  store.record(recording({ entries }));
} catch {
  recorded = false;
}
const served = [...store.announceable()].map(({ domain }) => domain);
const found = { served, texts: texts.after('', 10), entries: store.entriesAfter('', 100).length, recorded };
process.stdout.write(JSON.stringify(found));
