import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Test } from 'tap';

/** What becomes of a packet, counted from 0 in each direction. */
export interface Weather {
  readonly question?: (index: number) => 'lost' | undefined;
  readonly answer?: (index: number, bytes: Buffer) => 'lost' | readonly Buffer[] | undefined;
  /** Whether there is TCP. */
  readonly tcp?: boolean;
}

export interface Relay {
  readonly port: number;
  /** How many questions came over UDP, and how many connections over TCP. */
  readonly seen: { udp: number; tcp: number };
}

/** Stands before a DNS server on 127.0.0.1, as a network that loses and forges packets. */
export async function startRelay(t: Test, server: number, weather: Weather): Promise<Relay> {
  const seen = { udp: 0, tcp: 0 };
  let answers = 0;
  const tcp = createServer((socket) => {
    seen.tcp += 1;
    if (weather.tcp === false) socket.destroy();
    const behind = connect(server, '127.0.0.1');
    for (const end of [socket, behind]) end.on('error', () => {});
    socket.pipe(behind).pipe(socket);
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (bytes, from) => {
    const isLost = weather.question?.(seen.udp) === 'lost';
    seen.udp += 1;
    if (isLost) return;
    const behind = createSocket('udp4');
    behind.on('message', (answer) => {
      const fate = weather.answer?.(answers, answer);
      answers += 1;
      behind.close();
      if (fate === 'lost') return;
      for (const each of fate ?? [answer]) udp.send(each, from.port, from.address);
    });
    behind.send(bytes, server, '127.0.0.1');
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  t.teardown(() => {
    tcp.close();
    udp.close();
  });
  return { port, seen };
}
