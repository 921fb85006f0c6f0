import type { networkInterfaces } from 'node:os';
import t from 'tap';
import { udpAddresses } from '../../src/announce/udp-socket.ts';

function at(address: string, family: 'IPv4' | 'IPv6') {
  return { address, family, netmask: '', mac: '', internal: false, cidr: null, scopeid: 0 };
}

const INTERFACES = {
  lo: [at('127.0.0.1', 'IPv4'), at('::1', 'IPv6')],
  eth0: [at('192.0.2.1', 'IPv4'), at('2001:db8::1', 'IPv6'), at('fe80::1', 'IPv6')],
  none: undefined,
} as ReturnType<typeof networkInterfaces>;

t.test('a wildcard address stands for all that the machine has', async (t) => {
  const hosts = (host: string) => udpAddresses({ host, port: 53 }, INTERFACES).map((each) => each.host);
  t.same(hosts('::'), ['::', '127.0.0.1', '::1', '192.0.2.1', '2001:db8::1']);
  t.same(hosts('0.0.0.0'), ['0.0.0.0', '127.0.0.1', '192.0.2.1']);
  t.same(hosts('192.0.2.1'), ['192.0.2.1']);
  t.same(udpAddresses({ host: '::1', port: 5353 }, INTERFACES), [{ host: '::1', port: 5353 }]);
});
