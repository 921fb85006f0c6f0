import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Answer, decode, encode } from 'dns-packet';
import type { Test } from 'tap';
import { Frames, framed } from '../../src/dns/frames.ts';
import { signLater, signRefusal, signResponse, type TsigKey, verifyRequest } from '../../src/dns/tsig.ts';

export interface SigningServer {
  readonly port: number;
  /** Of each request: `good`, or what is wrong with it. */
  readonly verdicts: string[];
}

const UPDATE = 5;
const NOTAUTH = 9;

/** A server over TCP that verifies what comes and signs what it answers, a transfer in several messages. */
export async function startSigningServer(t: Test, key: TsigKey, now: () => number): Promise<SigningServer> {
  const verdicts: string[] = [];
  const answer = (request: Buffer): readonly Buffer[] => {
    const verdict = verifyRequest(request, [key], now());
    verdicts.push(verdict.verdict === 'bad' ? verdict.error : verdict.verdict);
    if (verdict.verdict === 'bad') return [signRefusal(headerOnly(request, NOTAUTH), verdict, now())];
    if (verdict.verdict !== 'good') return [headerOnly(request, 0)];
    const signed: Buffer[] = [];
    let prior = verdict.mac;
    for (const part of answersTo(verdict.message)) {
      const sign = signed.length === 0 ? signResponse : signLater;
      const { message, mac } = sign(part, verdict.key, prior, now());
      signed.push(message);
      prior = mac;
    }
    return signed;
  };
  const server = createServer((socket: Socket) => {
    const frames = new Frames();
    socket.on('error', () => {});
    socket.on('data', (part) => {
      for (const request of frames.take(part)) {
        for (const message of answer(request)) socket.write(framed(message));
      }
    });
  });
  t.teardown(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, verdicts };
}

function answersTo(request: Buffer): readonly Buffer[] {
  if (((request[2] ?? 0) >> 3) % 16 === UPDATE) return [headerOnly(request, 0)];
  const { id, questions = [] } = decode(request);
  const [{ name, type } = { name: '', type: 'TXT' }] = questions;
  const soa: Answer = {
    ...{ type: 'SOA', name, ttl: 5 },
    data: { mname: 'ns', rname: 'root', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 },
  };
  const txts = Array.from({ length: 50 }, (_, index): Answer => {
    return { type: 'TXT', name: `n${index}.${name}`, ttl: 5, data: `text ${index}` };
  });
  const parts: Answer[][] =
    type === 'AXFR'
      ? [[soa], txts.slice(0, 25), txts.slice(25), [soa]]
      : [[{ type: 'TXT', name, ttl: 5, data: 'text' }]];
  return parts.map((answers) => encode({ type: 'response', id: id ?? 0, flags: 0x400, questions, answers }));
}

/** A response that holds the header of its request and nothing else. */
function headerOnly(request: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(12);
  request.copy(header, 0, 0, 3);
  header[2] = (header[2] ?? 0) | 0x80;
  header[3] = rcode;
  return header;
}
