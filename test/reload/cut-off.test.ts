import t from 'tap';
import { readCases } from '../cases.ts';
import { Desk, textOf } from './desk.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

interface Case {
  readonly name: string;
  readonly document: string;
  readonly taken: readonly (readonly string[])[];
}

const FILE = 'cut.test.yaml';

for (const { name, document, taken } of readCases<Case[]>('cut-off.yaml', import.meta)) {
  t.test(`a document cut off at each byte: ${name}`, async (t) => {
    const desk = new Desk();
    t.teardown(() => desk.remove());
    desk.writeOld(FILE, document);
    await desk.look();
    const good = desk.served.get('cut.test');
    const found: unknown[] = [];
    for (let length = 0; length < document.length; length += 1) {
      desk.write(FILE, document.slice(0, length));
      await desk.look();
      t.equal(desk.served.get('cut.test'), good, `at once after ${length} bytes`);
      await desk.settle();
      const served = desk.served.get('cut.test');
      if (served === good) continue;
      found.push(served);
      desk.writeOld(FILE, document);
      await desk.look();
    }
    t.match(good, /^version: STSv1\r\n/);
    t.same(
      found,
      taken.map((mx) => textOf(mx)),
      'believed when left so',
    );
  });
}
