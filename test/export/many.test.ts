import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openState } from '../../src/store/files/state-file.ts';
import { runCli } from '../cli/run-cli.ts';
import { Home, MAIN } from '../server/server.ts';
import { policyDomain, policyOf, recording, revise } from '../tenant/revisions.ts';

t.setTimeout(120_000);

const COUNT = 1000;
const NOW = Date.UTC(2026, 10, 22, 19, 6, 50);

const home = new Home();
t.teardown(() => home.remove());
const store = openState(home.state);
const NONE = { newest: undefined, served: false };
const domains = Array.from({ length: COUNT }, (_, index) => policyDomain(`d${index}.example`));
const revisions = domains.map((domain) => revise(domain, policyOf('enforce', 604_800), NONE, NOW));
store.record(recording({ revisions, now: NOW }));
const left = policyDomain('d7.example');
store.record(recording({ left: [left], now: NOW }));
store.settle('all', NOW + 1000);
store.close();

t.test('thousands are exported as a whole, with the ledger of those that left', async (t) => {
  const bundle = join(home.path, 'bundle');
  const { code, stdout, stderr } = await runCli(home, ['export', bundle, '--json']);
  t.equal(code, 0, stderr);
  t.same(JSON.parse(stdout), { folder: bundle, tenants: COUNT - 1 });
  const hosts = readdirSync(bundle).filter((name) => name.startsWith('mta-sts.'));
  t.equal(hosts.length, COUNT - 1);
  const [, second] = revisions;
  const served = readFileSync(join(bundle, 'mta-sts.d1.example', '.well-known', 'mta-sts.txt'), 'utf8');
  t.equal(served, second?.revision.text);
  t.equal(existsSync(join(bundle, `mta-sts.${left}`)), false);
  const ledger = JSON.parse(readFileSync(join(bundle, 'ledger.json'), 'utf8'));
  t.equal(ledger.domains.length, COUNT);
  const gone = ledger.domains.find(({ domain }: { domain: string }) => domain === left);
  t.match(gone, { served: false, exposed_until: new Date(NOW + 1000 + 604_800_000).toISOString() });
});

t.test('on a disk that fills up, nothing is left of it', async (t) => {
  const disk = join(home.path, 'disk');
  mkdirSync(disk);
  const script = `mount -t tmpfs -o size=512k none "$1" || exit 99
    "$NODE" "$MAIN" export "$1/bundle"; code=$?; ls -A "$1"; exit $code`;
  const env = { ...home.environment(), NODE: process.execPath, MAIN };
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', disk], {
    env,
    encoding: 'utf8',
  });
  t.equal(status, 4);
  t.match(stderr, /ENOSPC/);
  t.equal(stdout, '');
});
