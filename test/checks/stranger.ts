import http, { type RequestListener } from 'node:http';
import net, { type Socket } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { createTlsAlpnCertificate } from '../../src/certs/tls-alpn.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { createTestCa } from '../peers/test-ca.ts';

// Servers that are not ours, on ports 80 and 443 of each address given: `address=kind`. Prints a line when all listen.

const { key, certificate: cert } = await (await createTestCa()).issue(['www.stranger.test', 'stranger.test']);
const forged = await createTlsAlpnCertificate('mta-sts.copycat.test' as Hostname, 'a.b', Date.now());

function web(answer: RequestListener) {
  return http.createServer(answer);
}

function secure(options: TlsOptions) {
  return tls.createServer(options, (socket) => socket.on('error', () => {}));
}

function talk(speak: (socket: Socket) => void) {
  return net.createServer((socket) => speak(socket.on('error', () => {})));
}

const KINDS: Readonly<Record<string, () => readonly [port80: net.Server, port443: net.Server]>> = {
  nginx: () => [
    web((_, response) => response.writeHead(404, { server: 'nginx' }).end('not here')),
    secure({ key, cert, ALPNProtocols: ['http/1.1'] }),
  ],
  redirecting: () => [
    web(({ headers, url }, response) => {
      response.writeHead(301, { location: `https://${headers.host}${url?.slice(0, 12)}` }).end();
    }),
    secure({ key, cert }),
  ],
  // It answers every token with the token, and every challenge with a certificate of its own.
  copycat: () => [
    web(({ url = '' }, response) => response.end(url.split('/').at(-1))),
    secure({ key: forged, cert: forged, ALPNProtocols: ['acme-tls/1'] }),
  ],
  flood: () => [
    web((_, response) => {
      const pour = () => {
        while (response.write('x'.repeat(4096)));
      };
      response.on('drain', pour);
      pour();
    }),
    talk((socket) => socket.end('SSH-2.0-stranger\r\n')),
  ],
  other: () => [talk((socket) => socket.end('220 stranger ESMTP\r\n')), talk((socket) => socket.end())],
  upgrading: () => [
    talk((socket) => socket.end('HTTP/1.1 101 On\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n')),
    secure({ key, cert, ALPNProtocols: ['h2'] }),
  ],
  mute: () => [talk(() => {}), talk(() => {})],
};

for (const [address, kind = ''] of process.argv.slice(2).map((each) => each.split('='))) {
  const [port80, port443] = KINDS[kind]?.() ?? [];
  for (const [server, port] of [[port80, 80] as const, [port443, 443] as const]) {
    await new Promise<void>((resolve) => server?.listen(port, address, resolve));
  }
}
console.log('strangers listen');
