import { holdsTheContract } from './contract.ts';
import { MemoryStore } from './memory-store.ts';

holdsTheContract('the store of the tests', {
  open() {
    const store = new MemoryStore();
    return { store, reopened: () => store };
  },
});
