import { readFileSync } from 'node:fs';
import t from 'tap';
import { readConfig } from '../../src/app/config/config.ts';
import { Settings } from '../../src/app/config/settings.ts';
import { parsePolicyDomain } from '../../src/names/hostname.ts';
import { readYaml } from '../../src/store/files/yaml.ts';
import { readDocument } from '../../src/tenant/document.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

t.test('the tenant in the README is a good document', async (t) => {
  const [, text = '', name = ''] = /```yaml\n(# policies\/(\S+)\.yaml\n[^`]*)```/.exec(README) ?? [];
  const yaml = readYaml(Buffer.from(text));
  const domain = parsePolicyDomain(name);
  t.ok(yaml.ok && domain.ok && readDocument(yaml.value.value, domain.value).ok, text);
});

t.test('the README lists every key of the configuration, and no other', async (t) => {
  const listed = [...README.matchAll(/^\| `([a-z\d_.]+)` \|/gm)].map(([, key]) => key);
  t.same(listed, keys(Settings));
});

t.test("the README's defaults are those of the configuration", async (t) => {
  const config = readConfig({ POSTSEAL_SERVICE_NAME: 'sts.example.org' });
  t.ok(config.ok);
  if (!config.ok) return;
  const { listen, store, dns, limits, metrics, log } = config.value;
  const address = ([first]: readonly { host: string; port: number }[]) =>
    first?.host.includes(':') ? `[${first.host}]:${first.port}` : `${first?.host}:${first?.port}`;
  const found = {
    'listen.https': address(listen.https),
    'listen.http': address(listen.http),
    'listen.dns': address(listen.dns),
    'listen.metrics': address(listen.metrics),
    'listen.admin': address(listen.admin),
    'store.policies': store.policies.replace(/^.*\//, ''),
    'store.certs': store.certs.replace(/^.*\//, ''),
    'store.state': store.state.replace(/^.*\//, ''),
    'dns.ttl': String(dns.ttl),
    'dns.negative_ttl': String(dns.negativeTtl),
    'limits.connections': String(limits.connections),
    'limits.certificates': String(limits.certificates),
    'limits.dns_responses': String(limits.dns_responses),
    'limits.requests': String(limits.requests),
    'metrics.per_host': String(metrics.perHost),
    'log.level': log.level,
  };
  for (const [key, value] of Object.entries(found)) {
    t.ok(README.includes(`| \`${key}\` | \`${value}\` |`), `${key} is ${value}`);
  }
});

/** The dotted paths of all keys of a schema, in its order. */
function keys(schema: object, path: readonly string[] = []): string[] {
  const { properties } = schema as { properties?: Record<string, object> };
  if (properties === undefined) return [path.join('.')];
  return Object.entries(properties).flatMap(([key, value]) => keys(value, [...path, key]));
}
