import t from 'tap';
import { bringInOrder } from '../../src/announce/zone-start.ts';
import { isNewer } from '../../src/dns/serial.ts';
import { openAnnounced } from '../../src/store/files/announced-file.ts';
import { FACTS } from '../dns/zone.ts';
import { temporaryFolder } from '../temporary-folder.ts';

t.test('a start changes the serial only where it changes the zone', async (t) => {
  const folder = temporaryFolder(t);
  const store = openAnnounced(folder);
  t.teardown(() => store.close());
  const first = bringInOrder(store, FACTS, 1_795_974_492_000);
  t.equal(first, 1_795_974_492);
  t.equal(bringInOrder(store, FACTS, 1_795_974_999_000), first, 'nothing is new');
  const second = bringInOrder(store, { ...FACTS, nameservers: ['ns.example.org'] }, 0);
  t.ok(isNewer(second, first), 'another name server, though the clock was set back');
  const kept = { name: 'a.test._mta-sts', values: ['kept'], ttl: 1 };
  const stale = { name: 'a.test._acme-challenge', values: ['stale'], ttl: 1 };
  store.record({ serial: second + 1, sets: [kept, stale] });
  t.equal(bringInOrder(store, { ...FACTS, nameservers: ['ns.example.org'] }, 0), second + 2);
  const found: object[] = [];
  t.equal(
    store.read((set) => found.push(set)),
    second + 2,
  );
  t.same(found, [kept]);
});
