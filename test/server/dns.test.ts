import { Resolver } from 'node:dns/promises';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { openAnnounced } from '../../src/store/files/announced-file.ts';
import { fetchPlain, fetchPolicy } from './request.ts';
import { Home, Server } from './server.ts';

t.setTimeout(180_000);

const ZONE = 'z.sts.postseal.test';
const TENANTS = 20_000;
const DNS = { POSTSEAL_LISTEN_DNS: '127.0.0.1:0', POSTSEAL_DNS_ANNOUNCE: 'manual', POSTSEAL_WORKERS: '1' };
/** The state folder can be read and nothing more. */
const READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"';

/** A home in which the two texts of so many tenants are announced. */
function homeOf(tenants: number): Home {
  const home = new Home();
  const store = openAnnounced(home.state);
  const sets = Array.from({ length: tenants }, (_, index) => [
    { name: `n${index}.test._mta-sts`, values: [`v=STSv1; id=${index};`], ttl: 300 },
    { name: `n${index}.test._tlsrpt`, values: ['v=TLSRPTv1; rua=mailto:a@example.test'], ttl: 300 },
  ]).flat();
  store.record({ serial: 1, sets });
  store.close();
  return home;
}

async function text({ dns }: Server, name: string): Promise<string> {
  const resolver = new Resolver({ timeout: 5_000, tries: 5 });
  resolver.setServers([`${dns.host}:${dns.port}`]);
  const found = await resolver.resolveTxt(`${name}.${ZONE}`).catch(({ code }) => [[String(code)]]);
  return found.flat().join('');
}

async function metrics(server: Server): Promise<string> {
  return (await fetchPlain(server.metrics, '/metrics')).body;
}

t.test('after a restart on a read-only disk, what was announced is answered', async (t) => {
  const home = homeOf(TENANTS);
  home.write('example.test', { mode: 'none', max_age: 86400 });
  const first = await Server.start(home, DNS);
  t.equal(await text(first, `n${TENANTS - 1}.test._mta-sts`), `v=STSv1; id=${TENANTS - 1};`);
  t.equal(await first.stop(), 0);
  const through = ['unshare', '--mount', 'sh', '-c', READ_ONLY, 'sh', home.state];
  const server = await Server.start(home, DNS, through);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  for (const index of [0, 1, 4_999, TENANTS - 1]) {
    t.equal(await text(server, `n${index}.test._mta-sts`), `v=STSv1; id=${index};`);
  }
  t.equal(await text(server, `n${TENANTS}.test._mta-sts`), 'ENOTFOUND');
  const { body } = await fetchPlain(server.metrics, '/readyz');
  t.match(JSON.parse(body), { status: 'ready', tenants: 1 });
  t.match(await metrics(server), /^postseal_dns_processes_ready 2$/m);
});

t.test('what becomes of DNS is told, and policies are served through it', async (t) => {
  const home = homeOf(1);
  home.write('example.test', { mode: 'none', max_age: 86400 });
  const server = await Server.start(home, DNS);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const policy = () => fetchPolicy(server.https, { name: 'mta-sts.example.test', root: home.root });
  const before = server.workers;
  const ofDns = before.slice(-2);
  for (const pid of ofDns) process.kill(pid, 'SIGKILL');
  t.equal((await policy()).status, 200);
  await server.until(() => server.logged('dns_process_exited').length === 2, 'both are gone');
  await server.until(
    async () => /^postseal_dns_processes_ready 2$/m.test(await metrics(server)),
    'two others',
  );
  t.equal(await text(server, 'n0.test._mta-sts'), 'v=STSv1; id=0;');
  t.same(server.logged('worker_exited'), []);
  const found = await metrics(server);
  t.match(found, /^postseal_dns_process_restarts_total 2$/m);
  t.match(found, /^postseal_dns_answers_total\{transport="udp",rcode="NOERROR"\} \d+$/m);
  t.match(found, /^postseal_dns_zone_serial [1-9]\d*$/m);
});

t.test('what keeps dying is told in /readyz', async (t) => {
  const home = homeOf(1);
  const server = await Server.start(home, DNS);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const seen = async () => JSON.parse((await fetchPlain(server.metrics, '/readyz')).body).problems;
  const worker = server.workers[0];
  let problems: string[] = [];
  for (let turn = 0; turn < 200 && problems.length === 0; turn += 1) {
    for (const pid of server.workers) {
      if (pid !== worker) process.kill(pid, 'SIGKILL');
    }
    problems = await seen();
    await pause(5);
  }
  t.same(problems, ['No DNS process answers']);
  await server.until(async () => (await seen()).length === 0, 'the trouble is over');
});
