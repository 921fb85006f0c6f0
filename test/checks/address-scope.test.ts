import t from 'tap';
import { addressScope, mayConnect, type Scope } from '../../src/checks/address-scope.ts';
import { readCases } from '../cases.ts';

type Cases = Readonly<Record<Scope, readonly string[]>> & {
  readonly connect: readonly {
    readonly to: string;
    readonly own: readonly string[];
    readonly may: boolean;
  }[];
};
const cases = readCases<Cases>('address-scope.yaml', import.meta);

for (const scope of ['public', 'private', 'local'] as const) {
  t.test(`addresses that are ${scope}`, async (t) => {
    for (const address of cases[scope]) t.equal(addressScope(address), scope, address);
  });
}

t.test('whom a zone may have us connect to', async (t) => {
  for (const { to, own, may } of cases.connect) t.equal(mayConnect(to, own), may, `${to} beside ${own}`);
});
