import { spawnSync } from 'node:child_process';
import t, { type Test } from 'tap';
import { standingAfterSilence } from '../../src/certs/standing.ts';
import { afterIssue, afterLook, newUpkeep } from '../../src/certs/upkeep.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { openUpkeep } from '../../src/store/files/upkeep-file.ts';
import { Home, MAIN } from '../server/server.ts';

const DAY = 24 * 3600_000;
const ENVIRONMENT = { POSTSEAL_LOCAL_CA: 'false', POSTSEAL_ACME_DIRECTORY: 'https://ca.test/dir' };

t.test('a pipe gets a line per host, with why and what to do at its end', async (t) => {
  const home = homeWithHosts(t);
  const { stdout, stderr } = spawnSync(process.execPath, [MAIN, 'cert', 'list'], {
    env: home.environment(ENVIRONMENT),
    encoding: 'utf8',
  });
  t.equal(stderr, '');
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  t.match(rows, [
    ['mta-sts.bad.test', 'none', '-', '-', '-', 'leads elsewhere', 'set the CNAME'],
    ['mta-sts.good.test', 'valid', 'ca.test', /^\d{4}-\d\d-\d\dT/, /^\d{4}-\d\d-\d\dT/],
    ['mta-sts.new.test', 'none', '-', '-', '-', 'unreachable: No connection to ca.test'],
  ]);
  t.equal(rows.length, 3);
});

t.test('a terminal gets a table, with these below', async (t) => {
  const home = homeWithHosts(t);
  const command = `${process.execPath} ${MAIN} cert list`;
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    env: { ...home.environment(ENVIRONMENT), NO_COLOR: '1', TERM: 'xterm' },
    encoding: 'utf8',
  });
  t.match(stdout, /^ *HOST +STATE +CA +ENDS +RENEWS/);
  t.match(stdout, /^ *mta-sts\.good\.test +valid +ca\.test +in 3 months +in \d+ (months|days)/m);
  t.match(stdout, /^ *mta-sts\.bad\.test +none.*\r?\n +! leads elsewhere\r?\n +→ set the CNAME/m);
  t.notMatch(stdout, '\t');
});

/** One host with a certificate, one whose DNS is wrong, and one that waits for a CA that was never heard of. */
function homeWithHosts(t: Test): Home {
  const home = new Home();
  t.teardown(() => home.remove());
  const store = openUpkeep(home.state);
  const now = Date.now();
  const [good, bad, waiting] = ['good', 'bad', 'new'].map((name) => `mta-sts.${name}.test` as Hostname) as [
    Hostname,
    Hostname,
    Hostname,
  ];
  store.add([good, bad, waiting].map((host) => newUpkeep(host, now)));
  const certificate = { ca: 'ca.test', notBefore: now, notAfter: now + 90 * DAY };
  store.change(good, (upkeep) => afterIssue(upkeep, certificate, 'http-01', now));
  const look = { found: 'bad', ways: {}, why: 'leads elsewhere', remedy: 'set the CNAME' } as const;
  store.change(bad, (upkeep) => afterLook(upkeep, look, {}, now));
  const standing = standingAfterSilence(
    store.standing('ca.test'),
    'ca.test',
    'No connection to ca.test',
    now,
  );
  store.record({ standings: { 'ca.test': standing } });
  store.close();
  return home;
}
