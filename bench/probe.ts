import { readFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Corpus } from './corpus.ts';
import type { Running } from './servers/process.ts';
import { HOT, policyHostOf, policyTextOf } from './tenants.ts';

const POLL_MS = 5;
const PATIENCE_MS = 300_000;
const SAMPLE = 20;

/** What a tenant's policy host answers on a new connection, with its certificate verified. */
export function fetchPolicy(port: number, trust: Trust, index: number): Promise<Answer> {
  const host = policyHostOf(index);
  const options = {
    host: '127.0.0.1',
    port,
    servername: host,
    headers: { host },
    ca: trust.root,
    agent: false,
  };
  const named = trust.anyName ? { checkServerIdentity: () => undefined } : {};
  return answerOf((taken) => secure({ ...options, ...named, path: '/.well-known/mta-sts.txt' }, taken));
}

export interface Trust {
  /** PEM of the root that certificates must lead to. */
  readonly root: string;
  /** True where the certificate may be another tenant's. */
  readonly anyName: boolean;
}

export type Answer =
  | { readonly ok: true; readonly status: number; readonly body: string }
  | { readonly ok: false; readonly why: string };

/** Resolves when one of the tenants that are fetched is served, by whatever certificate. */
export async function firstPolicy(port: number, corpus: Corpus, server: Running): Promise<void> {
  const trust = { root: readFileSync(corpus.root, 'utf8'), anyName: true };
  const index = Math.min(HOT, corpus.tenants) - 1;
  await until(server, async () => {
    const answer = await fetchPolicy(port, trust, index);
    return answer.ok && answer.status === 200;
  });
}

/** Resolves when Postseal says that all is loaded. */
export async function ready(metrics: number, server: Running): Promise<void> {
  const options = { host: '127.0.0.1', port: metrics, path: '/readyz', agent: false };
  await until(server, async () => {
    const answer = await answerOf((taken) => plain(options, taken));
    return answer.ok && answer.status === 200;
  });
}

/** Asks for a sample of the tenants and gives a sentence for each that was not served exactly right. */
export async function wrongs(port: number, corpus: Corpus, ownCertificates: boolean): Promise<string[]> {
  const trust = { root: readFileSync(corpus.root, 'utf8'), anyName: !ownCertificates };
  const hot = Math.min(HOT, corpus.tenants);
  const found: string[] = [];
  for (let index = 0; index < hot; index += Math.ceil(hot / SAMPLE)) {
    const wrong = fault(await fetchPolicy(port, trust, index), policyTextOf(index));
    if (wrong !== undefined) found.push(`${policyHostOf(index)}: ${wrong}`);
  }
  return found;
}

function fault(answer: Answer, text: string): string | undefined {
  if (!answer.ok) return answer.why;
  if (answer.status !== 200) return `status ${answer.status}`;
  return answer.body === text ? undefined : 'another body';
}

export async function until(server: Running, done: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !(await done()); await sleep(POLL_MS)) {
    if (!server.alive()) throw new Error('the server has ended');
    if (performance.now() > end) throw new Error('the server did not get ready in time');
  }
}

function answerOf(ask: (taken: (response: IncomingMessage) => void) => ClientRequest): Promise<Answer> {
  return new Promise((resolve) => {
    const request = ask((response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ ok: true, status: response.statusCode ?? 0, body }));
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ ok: false, why: error.code ?? error.name }),
    );
    request.setTimeout(2_000, () => request.destroy());
    request.end();
  });
}
