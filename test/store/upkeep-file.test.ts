import { join } from 'node:path';
import { openUpkeep } from '../../src/store/files/upkeep-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { holdsTheUpkeepContract } from './upkeep-contract.ts';

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
