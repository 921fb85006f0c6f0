import { execFileSync } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { fetchPolicy, resolvePolicy } from 'mailauth/lib/mta-sts.js';
import type { ReadPolicy, Served } from '../../src/senders/sender.ts';

/** What the real program reads, without the reason where it refuses. */
export type RealReading = ReadPolicy | { readonly read: 'refused' };

const SCRIPT = `${import.meta.dirname}/read_by_resolver.py`;

/** Debian's package, run by Debian's Python, in one process for all. Throws where it is not installed. */
export function readByPostfixMtaStsResolver(all: readonly Served[]): RealReading[] {
  const input = all.map((served) => JSON.stringify({ ...served, body: base64(served.body) })).join('\n');
  const output = execFileSync('/usr/bin/python3', [SCRIPT], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RealReading);
}

/** The npm package, which fetches over loopback here: its HTTPS request becomes an HTTP request to us. */
export async function readByMailauth(all: readonly Served[]): Promise<RealReading[]> {
  const server = http.createServer((request, response) => {
    const served = all[Number(request.headers['x-case'])];
    response.writeHead(200, { 'Content-Type': served?.contentType ?? '' }).end(served?.body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const original = https.request;
  const readings: RealReading[] = [];
  try {
    for (const [index, served] of all.entries()) {
      const request = (_: unknown, answer: (response: http.IncomingMessage) => void) =>
        http.request({ host: '127.0.0.1', port, headers: { 'x-case': index } }, answer);
      https.request = request as typeof https.request;
      readings.push(await readOne(served));
    }
  } finally {
    https.request = original;
    server.close();
  }
  return readings;
}

async function readOne({ txt }: Served): Promise<RealReading> {
  const records = txt.map((strings) => [...strings]);
  const resolver = async (_name: string, type: string) => (type === 'TXT' ? records : ['127.0.0.1']);
  try {
    const id = await resolvePolicy('example.com', { resolver });
    if (id === false) return { read: 'refused' };
    const policy = await fetchPolicy('example.com', { resolver });
    if (policy === false) return { read: 'refused' };
    const { mode, maxAge = Number.NaN, mx = [] } = policy;
    return { read: 'policy', id, mode, max_age: maxAge, mx };
  } catch (error) {
    // It throws for what it refuses, always with a code.
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { read: 'refused' };
  }
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}
