import { join } from 'node:path';
import t from 'tap';
import { newUpkeep } from '../../src/certs/upkeep.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { openUpkeep, readUpkeep } from '../../src/store/files/upkeep-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { holdsTheUpkeepContract } from './upkeep-contract.ts';

const HOST = 'mta-sts.example.test' as Hostname;

holdsTheUpkeepContract('certificates in the state file', {
  open(t) {
    const folder = join(temporaryFolder(t), 'state');
    let store = openUpkeep(folder);
    t.teardown(() => store.close());
    const reopened = () => {
      store.close();
      store = openUpkeep(folder);
      return store;
    };
    return { store, reopened };
  },
});

t.test(
  'a note is seen by others at once, wakes its host, and is nothing where the host is not there',
  async (t) => {
    const folder = t.testdir();
    const store = openUpkeep(folder);
    const reader = readUpkeep(folder);
    store.add([newUpkeep(HOST, 1)]);
    store.record({ sleeps: [{ host: HOST, until: 9 }] });
    t.equal(store.nextWake(), 9);
    store.note(HOST, (upkeep) => ({ ...upkeep, works: 'http-01' }));
    t.equal(reader.get(HOST)?.works, 'http-01');
    t.equal(store.nextWake(), 0);
    store.note('mta-sts.gone.test' as Hostname, (upkeep) => ({ ...upkeep, since: 2 }));
    const failing = () => {
      throw new Error('for a test');
    };
    t.throws(() => store.note(HOST, failing), { message: 'for a test' });
    store.change(HOST, (upkeep) => ({ ...upkeep, since: 3 }));
    t.match(reader.get(HOST), { works: 'http-01', since: 3 });
    reader.close();
    store.close();
  },
);
