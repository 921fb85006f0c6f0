import type { Case } from '../bench.ts';
import { compare } from '../rounds.ts';
import { nginxOneCertificate, nginxPerName, nginxStock, nginxTuned } from '../servers/nginx.ts';
import { bareNode } from '../servers/node.ts';
import { postseal } from '../servers/postseal.ts';

/** What senders do: a new connection, a full TLS 1.3 handshake and one GET, of another tenant each time. */
export const handshake: Case = {
  name: 'handshake',
  main: true,
  run(bench) {
    const corpus = bench.corpus(bench.options.tenants);
    const kinds = [nginxStock, nginxTuned, nginxOneCertificate, nginxPerName, bareNode, postseal];
    return compare(
      bench,
      'handshake',
      kinds.map((kind) => ({ kind, corpus })),
      { kind: 'close' },
    );
  },
};
