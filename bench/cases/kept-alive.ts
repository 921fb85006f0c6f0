import type { Bench, Case } from '../bench.ts';
import { compare, type Traffic } from '../rounds.ts';
import { nginxStock, nginxTuned } from '../servers/nginx.ts';
import { bareNode } from '../servers/node.ts';
import { postseal } from '../servers/postseal.ts';
import type { Kind } from '../servers/server.ts';

/** Requests on connections that stay, as front proxies and probes make them. */
export const keptAlive: readonly Case[] = [
  keptCase('http1', [nginxStock, nginxTuned, bareNode, postseal], { kind: 'kept' }),
  keptCase('http2', [nginxStock, nginxTuned, postseal], { kind: 'h2', streams: 1 }),
  keptCase('http2-20', [nginxStock, nginxTuned, postseal], { kind: 'h2', streams: 20 }),
];

function keptCase(name: string, kinds: readonly Kind[], traffic: Traffic): Case {
  const run = (bench: Bench) => {
    const corpus = bench.corpus(bench.options.tenants);
    return compare(
      bench,
      name,
      kinds.map((kind) => ({ kind, corpus })),
      traffic,
    );
  };
  return { name, main: true, run };
}
