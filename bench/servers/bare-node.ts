import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { policyHostOf, policyTextOf } from '../tenants.ts';

/**
 * What an afternoon with Node's own https module gives: untouched defaults, contexts kept once made, and no
 * framework, which could only add to the cost. Run with: port, folder of certificates, number of tenants.
 */
const [port = '0', certs = '.', tenants = '0'] = process.argv.slice(2);
const policies = new Map<string, string>();
const contexts = new Map<string, SecureContext>();
for (let index = 0; index < Number(tenants); index++) policies.set(policyHostOf(index), policyTextOf(index));

function contextOf(host: string): SecureContext | undefined {
  const known = contexts.get(host);
  if (known !== undefined || !policies.has(host)) return known;
  const pem = readFileSync(join(certs, `${host}.pem`));
  const made = createSecureContext({ key: pem, cert: pem });
  contexts.set(host, made);
  return made;
}

const server = createServer(
  { SNICallback: (host, done) => done(null, contextOf(host)) },
  (request, response) => {
    const policy = policies.get(request.headers.host ?? '');
    if (request.url !== '/.well-known/mta-sts.txt' || policy === undefined) response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(policy) })
        .end(policy);
  },
);
server.listen(Number(port), '127.0.0.1', 4096);
process.on('SIGTERM', () => process.exit());
