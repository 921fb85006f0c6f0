import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runOn } from '../store/disk.ts';
import { temporaryFolder } from '../temporary-folder.ts';

t.setTimeout(180_000);

const DISKS = ['policies', 'state']
  .map((name) => `mount -t tmpfs -o size=2m tmpfs "$FOLDER/${name}"`)
  .join(' && ');

t.test(
  'an edit that the disk does not let be changes nothing, and is done when the disk lets it',
  async (t) => {
    const folder = temporaryFolder(t);
    for (const name of ['policies', 'state']) mkdirSync(join(folder, name));
    const refused = { outcome: 'unavailable', isSame: true };
    const done = { outcome: 'done', isSame: false };
    t.same(runOn(DISKS, '../desk/edit-on-bad-disk.ts', folder), {
      told: {
        'documents: full': refused,
        'documents: empty again': done,
        'documents: read-only': refused,
        'documents: writable again': done,
        'state: full': refused,
        'state: empty again': done,
      },
      revisions: 4,
      left: ['example.test.yaml'],
    });
  },
);
