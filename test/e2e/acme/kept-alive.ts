import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';

// Run by Node on a host of its own: fetches a URL again and again, over one connection for as long as the server
// keeps it. Prints a line of JSON for each answer: its status, the number of the connection, and the serial number of
// the certificate that was shown when this was opened.

const PAUSE_MILLISECONDS = 100;

const [url = '', root = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(root) });
const connections: TLSSocket[] = [];

for (;;) {
  console.info(JSON.stringify(await fetchOnce()));
  await sleep(PAUSE_MILLISECONDS);
}

async function fetchOnce() {
  const [response] = await once(request(url, { agent }).end(), 'response');
  const socket: TLSSocket = response.socket;
  if (!connections.includes(socket)) connections.push(socket);
  const serial = socket.getPeerCertificate().serialNumber;
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, connection: connections.indexOf(socket) + 1, serial };
}
