import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { handshake } from '../server/handshake.ts';
import {
  type Answer,
  fetchPlain,
  fetchPolicy,
  fetchPolicy2,
  POLICY_PATH,
  type PolicyRequest,
} from '../server/request.ts';
import { Home, type LogLine, Server } from '../server/server.ts';
import { TestCa } from '../server/test-ca.ts';
import { ruleTests } from './rules.ts';

const home = new Home();
const ca = await TestCa.create();
const domain = 'example.test';
const name = 'mta-sts.example.test';
const text = 'version: STSv1\r\nmode: enforce\r\nmx: mail.example.test\r\nmax_age: 604800\r\n';
home.write(domain, { mode: 'enforce', max_age: 604800, mx: ['mail.example.test'] });
home.writeCertificate(name, await ca.issue(name));
writeFileSync(join(home.path, 'senders-roots.pem'), ca.root);
const server = await Server.start(home, {
  POSTSEAL_WORKERS: '2',
  POSTSEAL_LOCAL_CA: 'false',
  POSTSEAL_OUTSIDE_CA_FILE: join(home.path, 'senders-roots.pem'),
});
t.teardown(async () => {
  await server.stop('SIGKILL');
  home.remove();
});

function fetch(request: Partial<PolicyRequest> = {}): ReturnType<typeof fetchPolicy> {
  return fetchPolicy(server.https, { name, root: ca.root, ...request });
}

/** A tenant of the name, with a certificate, whose policy is served and may be announced. */
async function tenant(of: string, policy: object = { mode: 'none', max_age: 86400 }): Promise<PolicyRequest> {
  const name = `mta-sts.${of}`;
  const request = await certified(of, await ca.issue(name), policy);
  await untilAnnounced(of);
  return request;
}

/** A tenant of the name that is served, with this certificate. */
async function certified(
  of: string,
  certificate: string,
  policy: object = { mode: 'none', max_age: 86400 },
): Promise<PolicyRequest> {
  const name = `mta-sts.${of}`;
  home.writeCertificate(name, certificate);
  await change(of, policy);
  return { name, root: ca.root };
}

/** Changes a tenant's document, and waits until that is served. */
async function change(of: string, policy: object): Promise<void> {
  const revisions = () => server.logged('policy_revised').filter((line) => line.domain === of);
  const before = revisions().length;
  home.write(of, policy);
  await server.until(() => revisions().length > before, `another policy of ${of}`);
}

/** Waits until the newest policy was fetched from outside, and somebody told to set its id. */
async function untilAnnounced(of: string): Promise<void> {
  const newest = server.logged('policy_revised').findLast((line) => line.domain === of);
  const isTold = ({ id, remedy }: LogLine) => id === newest?.id && /Set this record/.test(`${remedy}`);
  await server.until(() => server.logged('publication').some(isTold), `the id of ${of}`);
}

async function announcedId(of = domain): Promise<string | undefined> {
  const records = await home.records();
  const record = records.find((found) => found.type === 'TXT' && found.name === `_mta-sts.${of}`);
  return /^v=STSv1; id=([A-Za-z0-9]{1,32});$/.exec(record?.value ?? '')?.[1];
}

/** What connections enough to meet every worker are answered. */
async function fetchMany(request: PolicyRequest): Promise<readonly string[]> {
  const answers: string[] = [];
  for (let turn = 0; turn < 12; turn += 1) answers.push((await fetchPolicy(server.https, request)).body);
  return answers;
}

async function isRefused(t: Test, options: object, what: string): Promise<void> {
  t.match(await handshake(server.https, options), { done: false, code: /ALERT/ }, what);
}

await ruleTests(t, 'server', {
  '3.1-record-published': async (t) => {
    await untilAnnounced(domain);
    const served = server.logged('policy_revised').findLast((line) => line.domain === domain);
    t.equal(await announcedId(), served?.id);
    t.equal((await fetch()).body, text);
  },
  '3.2-well-known-path': async (t) => {
    t.match(await fetch({ path: '/.well-known/mta-sts.txt' }), { status: 200, body: text });
    t.match(await fetchPolicy2(server.https, { name, root: ca.root }), { status: 200, body: text });
    t.match(await fetch({ method: 'HEAD' }), { status: 200, body: '' });
  },
  '3.2-only-that-path': async (t) => {
    for (const path of [
      '/',
      '/mta-sts.txt',
      `${POLICY_PATH}/`,
      `${POLICY_PATH}?x`,
      '/.well-known/MTA-STS.txt',
    ])
      t.match(await fetch({ path }), { status: 404, body: 'Not found\n' }, path);
  },
  '3.2-media-type': async (t) => {
    for (const answer of [await fetch(), await fetchPolicy2(server.https, { name, root: ca.root })])
      t.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
  },
  '3.2-exact-body': async (t) => {
    const headers = { 'accept-encoding': 'gzip, deflate, br, zstd', te: 'trailers' };
    for (const fetchIt of [fetchPolicy, fetchPolicy2]) {
      const answer: Answer = await fetchIt(server.https, { name, root: ca.root, headers });
      t.equal(answer.body, text);
      t.equal(answer.headers['content-length'], String(text.length));
      t.equal(answer.headers['content-encoding'], undefined);
      t.equal(answer.headers['transfer-encoding'], undefined);
    }
  },
  '3.3-https': async (t) => {
    t.match(await fetchPlain(server.http, POLICY_PATH), { status: 404, body: 'Not found\n' });
    t.equal((await fetch()).status, 200);
  },
  '3.3-certificate-name': async (t) => {
    t.equal((await fetch()).certificate.subjectaltname, `DNS:${name}`);
    const wild = await certified(
      'wild.test',
      await ca.issue('mta-sts.wild.test', { names: ['*.wild.test'] }),
    );
    t.equal((await fetchPolicy(server.https, wild)).certificate.subjectaltname, 'DNS:*.wild.test');
    for (const [of, names] of Object.entries({
      'common.test': ['other.test'],
      'deep.test': ['*.test'],
      'partial.test': ['m*.partial.test'],
    })) {
      const name = `mta-sts.${of}`;
      await certified(of, await ca.issue(name, { names, commonName: name }));
      await isRefused(t, { servername: name }, `a certificate for ${names} and the common name`);
      t.equal(await announcedId(of), undefined, 'and no id is announced');
    }
    await untilAnnounced('wild.test');
  },
  '3.3-certificate-trusted': async (t) => {
    t.equal((await fetch()).status, 200, 'a client that knows the root only');
    t.ok(Date.parse((await fetch()).certificate.validTo) > Date.now());
  },
  '3.3-no-redirect': async (t) => {
    for (const request of [{}, { host: `${name}:443` }, { host: name.toUpperCase() }, { host: `${name}.` }]) {
      const answer = await fetch(request);
      t.equal(answer.status, 200);
      t.equal(answer.headers.location, undefined);
    }
  },
  '3.3-status-200': async (t) => {
    for (const headers of [
      { accept: 'application/json' },
      { range: 'bytes=0-3' },
      { expect: '100-continue' },
    ])
      t.match(await fetch({ headers }), { status: 200, body: text }, JSON.stringify(headers));
  },
  '3.3-no-stale-answer': async (t) => {
    const { headers } = await fetch();
    t.equal(headers['cache-control'], 'max-age=60', 'for reverse proxies');
    for (const name of ['etag', 'last-modified', 'expires', 'set-cookie', 'vary'])
      t.equal(headers[name], undefined);
    for (const headers of [
      { 'if-none-match': '*' },
      { 'if-modified-since': new Date().toUTCString() },
      { 'if-match': '"x"' },
    ])
      t.match(await fetch({ headers }), { status: 200, body: text });
    const request = await tenant('changing.test', { mode: 'none', max_age: 1 });
    for (const max_age of [2, 3]) {
      await change('changing.test', { mode: 'none', max_age });
      for (const body of await fetchMany(request)) t.match(body, `max_age: ${max_age}\r\n`);
    }
  },
  '3.3-timely': async (t) => {
    const request = await tenant('timely.test');
    const signal = AbortSignal.timeout(60_000);
    t.equal((await fetchPolicy(server.https, { ...request, signal })).status, 200, 'also the first time');
  },
  '3.3-http-1.1': async (t) => {
    t.equal((await fetch()).status, 200, 'without ALPN');
    t.match(await handshake(server.https, { servername: name }), { done: true, alpn: false });
    const options = { servername: name, ALPNProtocols: ['http/1.1'] };
    t.match(await handshake(server.https, options), { done: true, alpn: 'http/1.1' });
  },
  '3.4-subdomains-not-served': async (t) => {
    await isRefused(t, { servername: 'mta-sts.mail.example.test' }, 'no certificate');
    t.match(await fetch({ host: 'mta-sts.mail.example.test' }), { status: 421 });
    const sub = await tenant('mail.example.test');
    t.match((await fetchPolicy(server.https, sub)).body, 'mode: none', 'but with one it answers its own');
    t.equal((await fetch()).body, text);
  },
  '7.1-sni-match': async (t) => {
    const others = await Promise.all(['one.test', 'two.test'].map((of) => tenant(of)));
    for (const request of [{ name, root: ca.root }, ...others]) {
      const { status, certificate } = await fetchPolicy(server.https, request);
      t.match(
        { status, certificate },
        { status: 200, certificate: { subjectaltname: `DNS:${request.name}` } },
      );
    }
    t.match(await fetch({ host: 'mta-sts.one.test' }), { status: 421 }, 'no policy over another name');
  },
  '7.1-sni-case': async (t) => {
    for (const servername of ['MTA-STS.EXAMPLE.TEST', 'Mta-Sts.Example.Test'])
      t.match(await handshake(server.https, { servername }), { done: true, names: `DNS:${name}` });
  },
  '7.1-sni-abort': async (t) => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      await isRefused(t, { maxVersion }, `no name, ${maxVersion}`);
      await isRefused(
        t,
        { maxVersion, servername: 'mta-sts.unknown.test' },
        `an unknown name, ${maxVersion}`,
      );
      await isRefused(t, { maxVersion, servername: domain }, `the policy domain, ${maxVersion}`);
    }
  },
  '7.2-tls-1.2': async (t) => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const found = await handshake(server.https, {
        servername: name,
        minVersion: version,
        maxVersion: version,
      });
      t.match(found, { done: true, protocol: version });
    }
  },
  '7.2-no-older-tls': async (t) => {
    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      await isRefused(t, { servername: name, ...old }, version);
    }
  },
  '8.1-policy-before-record': async (t) => {
    const request = await tenant('first.test', { mode: 'none', max_age: 1 });
    for (const max_age of [2, 3]) {
      const before = await announcedId('first.test');
      home.write('first.test', { mode: 'none', max_age });
      await server.until(async () => (await announcedId('first.test')) !== before, 'another id');
      for (const body of await fetchMany(request)) t.match(body, `max_age: ${max_age}\r\n`);
    }
  },
  '8.1-old-record-stays': async (t) => {
    const request = await tenant('slow.test', { mode: 'none', max_age: 1 });
    const before = await announcedId('slow.test');
    const [worker = 0] = server.workers;
    process.kill(worker, 'SIGSTOP');
    home.write('slow.test', { mode: 'none', max_age: 2 });
    const changed = async () => (await fetchPolicy(server.https, request)).body.includes('max_age: 2');
    await server.until(changed, 'the worker that goes on to serve it');
    t.equal(await announcedId('slow.test'), before, 'while one worker may answer the earlier policy');
    process.kill(worker, 'SIGCONT');
    await server.until(async () => (await announcedId('slow.test')) !== before, 'another id');
    t.match(await fetchMany(request), Array(12).fill(/max_age: 2\r\n/));
  },
  '8.2-delegated-host': async (t) => {
    const records = await home.records(domain);
    t.match(records[0], { name, type: 'CNAME', value: 'sts.postseal.test' });
    t.match(await fetch(), { status: 200, certificate: { subjectaltname: `DNS:${name}` } });
    await isRefused(t, { servername: 'sts.postseal.test' }, 'our own name is nobody’s policy host');
  },
  '8.2-delegated-record': async (t) => {
    await tenant('left.test', { mode: 'none', max_age: 1 });
    await tenant('right.test', { mode: 'none', max_age: 2 });
    const records = await home.records('left.test', 'right.test');
    const txts = records.filter(({ type }) => type === 'TXT');
    t.strictSame(
      txts.map((record) => record.name),
      ['_mta-sts.left.test', '_mta-sts.right.test'],
      'each has a record of its own',
    );
    for (const each of ['left.test', 'right.test']) {
      const revision = server.logged('policy_revised').find((line) => line.domain === each);
      t.equal(await announcedId(each), revision?.id);
    }
  },
  '8.3-removal-keeps-serving': async (t) => {
    const request = await tenant('leaving.test', {
      mode: 'testing',
      max_age: 604800,
      mx: ['a.leaving.test'],
    });
    await change('leaving.test', { mode: 'none', max_age: 86400 });
    await untilAnnounced('leaving.test');
    const id = await announcedId('leaving.test');
    home.removeDocument('leaving.test');
    await server.until(async () => (await readiness()).flawed_documents > 0, 'the flaw');
    for (const body of await fetchMany(request)) t.match(body, 'mode: none\r\n');
    t.equal(await announcedId('leaving.test'), id);
    t.match((await readiness()).documents, [{ file: 'leaving.test.yaml', flaws: [{ rfc: /8\.3/ }] }]);
  },
  '8.3-removal-ends': async (t) => {
    const { name } = await tenant('gone.test', { mode: 'testing', max_age: 1, mx: ['a.gone.test'] });
    await change('gone.test', { mode: 'none', max_age: 86400 });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    home.removeDocument('gone.test');
    await server.until(() => server.logged('tenant_left').length > 0, 'the end');
    await isRefused(t, { servername: name }, 'the policy is gone');
    t.equal(await announcedId('gone.test'), undefined);
  },
});

async function readiness(): Promise<{ flawed_documents: number; documents: unknown }> {
  return JSON.parse((await fetchPlain(server.metrics, '/readyz')).body);
}
