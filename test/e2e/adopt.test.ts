import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startInternet } from '../peers/internet.ts';
import { startNginx } from '../peers/nginx.ts';
import { startPostseal } from '../peers/postseal.ts';
import { createTestCa } from '../peers/test-ca.ts';

// A domain that somebody else serves, with nginx, moves to Postseal, and from there to another one.

t.setTimeout(180_000);

const POLICY = 'version: STSv1\nmode: enforce\nmx: mail.moved.test\nmax_age: 1209600\n';
const HOST = 'mta-sts.moved.test';

const internet = await startInternet({
  zones: ['test'],
  records: [
    { name: 'moved.test', type: 'MX', value: '10 mail.moved.test.' },
    { name: 'mail.moved.test', type: 'A', value: '10.88.0.50' },
    { name: '_mta-sts.moved.test', type: 'TXT', value: 'v=STSv1; id=old1;' },
    { name: '_mta-sts.moved.test', type: 'TXT', value: 'v=spf1 -all' },
    { name: HOST, type: 'A', value: '10.88.0.30' },
    { name: '_mta-sts.gone.test', type: 'TXT', value: 'v=STSv1; id=gone1;' },
    { name: 'mta-sts.gone.test', type: 'A', value: '10.88.0.31' },
    { name: 'sts.test', type: 'A', value: '10.88.0.20' },
  ],
});
t.teardown(() => internet.close());
const [old, edge, other] = await Promise.all([
  internet.host('old', 30),
  internet.host('edge', 20),
  internet.host('other', 21),
]);
const ca = await createTestCa();
const { key, certificate } = await ca.issue([HOST]);
const folder = await old.folder('site');
await writeFile(join(folder, 'key.pem'), key);
await writeFile(join(folder, 'certificate.pem'), certificate);
await writeFile(join(folder, 'policy.txt'), POLICY);
await startNginx(
  old,
  `server { listen 443 ssl; server_name ${HOST};
    ssl_certificate ${folder}/certificate.pem; ssl_certificate_key ${folder}/key.pem;
    location = /.well-known/mta-sts.txt { alias ${folder}/policy.txt; types { } default_type text/plain; } }`,
);
const roots = join(await edge.folder('roots'), 'root.pem');
await writeFile(roots, ca.root);
const env = {
  POSTSEAL_OUTSIDE_CA_FILE: roots,
  POSTSEAL_ADMIN_TOKEN: 'a-token-of-the-configuration-that-nobody-guesses',
};
const postseal = await startPostseal(edge, { serviceName: 'sts.test', env });

interface Told {
  readonly items: readonly { readonly number: number; readonly id: string; readonly text: string }[];
}
const historyOf = async (at: typeof postseal): Promise<Told['items']> => {
  return (JSON.parse(await at.cli('tenant', 'history', 'moved.test', '--json')) as Told).items;
};

t.test('what is served elsewhere is told, with nothing changed', async (t) => {
  const told = await postseal.cli('tenant', 'adopt', 'moved.test', '--dry-run');
  t.match(told, /mode enforce under the id old1; senders keep it\s+for\s+2\s+weeks/);
  t.match(told, /mta-sts\.moved\.test\. IN CNAME sts\.test\./);
  await t.rejects(postseal.cli('tenant', 'show', 'moved.test'), /ended with 5/);
});

t.test('it is taken over under a new id, and the ledger knows the old one', async (t) => {
  const told = JSON.parse(await postseal.cli('tenant', 'adopt', 'moved.test', '--yes', '--json'));
  t.match(told, {
    earlier: [{ id: 'old1', text: POLICY, served_until: null }],
    findings: [],
    revision: { number: 2, policy: { mode: 'enforce', max_age: 1_209_600, mx: ['mail.moved.test'] } },
  });
  const items = await historyOf(postseal);
  t.same(
    items.map(({ number }) => number),
    [2, 1],
  );
  t.match(items[1], { id: 'old1', text: POLICY });
  t.not(items[0]?.id, 'old1');
  await t.rejects(
    postseal.cli('tenant', 'adopt', 'moved.test', '--yes'),
    /ended with 7/,
    'it is here already',
  );
});

t.test('nothing is taken over where there is nothing, or nobody can tell what senders hold', async (t) => {
  await t.rejects(
    postseal.cli('tenant', 'adopt', 'nothing.test', '--yes'),
    /ended with 3.*neither a record nor a policy/s,
  );
  await t.rejects(
    postseal.cli('tenant', 'adopt', 'gone.test', '--yes'),
    /ended with 4.*a record, and no policy/s,
  );
});

t.test('an export goes into another Postseal with its ledger, and no id comes back', async (t) => {
  const bundle = join(await edge.folder('exports'), 'bundle');
  await postseal.cli('export', bundle);
  const before = await historyOf(postseal);
  const second = await startPostseal(other, { serviceName: 'sts.test', env });
  t.match(await second.cli('tenant', 'import', bundle), /1 created, 0 were there already/);
  const after = await historyOf(second);
  t.same(
    after.slice(1).map(({ id, text }) => ({ id, text })),
    before.map(({ id, text }) => ({ id, text })),
    'all that was served before',
  );
  t.equal(after[0]?.text, before[0]?.text, 'the same policy');
  t.ok((after[0]?.id ?? '') > (before[0]?.id ?? ''), 'under a later id');
  t.match(await second.cli('tenant', 'import', bundle), /0 created, 1 were there already/);
});
