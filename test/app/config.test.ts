import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import t, { type Test } from 'tap';
import { type Config, readConfig } from '../../src/app/config/config.ts';
import { variableOf } from '../../src/app/config/environment.ts';
import { Settings } from '../../src/app/config/settings.ts';
import { type ExpectedFlaw, goodValue, readCases } from '../cases.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Given {
  readonly why?: string;
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string>>;
}
interface Cases {
  readonly good: readonly (Given & { is: Partial<Config> })[];
  readonly bad: readonly (Given & { flaws: readonly (ExpectedFlaw & { line?: number })[] })[];
}
const cases = readCases<Cases>('config.yaml', import.meta);

t.test('configurations and what comes of them', async (t) => {
  for (const given of cases.good) {
    const { environment } = set(t, given);
    t.match(goodValue(readConfig(environment)), given.is, given.why ?? JSON.stringify(given.environment));
  }
});

t.test('every flaw, else every contradiction, with its key or variable and a remedy', async (t) => {
  for (const given of cases.bad) {
    const { environment, file } = set(t, given);
    const config = readConfig(environment);
    const found = config.ok ? [] : config.flaws;
    const shown = found.map(({ path, message, line }, index) => {
      const says = given.flaws[index]?.says ?? message;
      const place = given.flaws[index]?.line === undefined ? {} : { line };
      return { path: path === file ? 'FILE' : path, says: message.includes(says) ? says : message, ...place };
    });
    t.strictSame(shown, given.flaws, given.why ?? JSON.stringify(given));
    t.ok(found.every(({ remedy }) => remedy !== ''));
  }
});

t.test('a file given goes before the one of the environment', async (t) => {
  const one = set(t, { file: 'service_name: sts.one.test\n' });
  const two = set(t, { file: 'service_name: sts.two.test\n' });
  t.match(readConfig(one.environment, two.file), { value: { serviceName: 'sts.two.test' } });
  t.match(readConfig(one.environment), { value: { serviceName: 'sts.one.test' } });
  t.match(readConfig({}, two.file), { value: { serviceName: 'sts.two.test' } });
  t.match(readConfig({ POSTSEAL_CONFIG: '' }), {
    ok: false,
    flaws: [{ message: 'The file "" can\'t be read (ENOENT)' }],
  });
  t.match(readConfig({}, '/nowhere'), { ok: false, flaws: [{ path: '/nowhere', message: /ENOENT/ }] });
});

t.test('what the machine decides', async (t) => {
  const { store, workers } = goodValue(readConfig({ PATH: '/bin' }));
  for (const folder of Object.values(store)) t.ok(isAbsolute(folder));
  t.equal(workers, Math.max(2, availableParallelism()));
});

t.test('every key has a description and a variable of its own', async (t) => {
  const keys = leaves(Settings);
  t.ok(keys.length >= 12);
  for (const [key, description] of keys) {
    t.match(description, /\w/, key);
    t.equal(variableOf(key), `POSTSEAL_${key.replaceAll('.', '_').toUpperCase()}`);
  }
  t.equal(new Set(keys.map(([key]) => variableOf(key))).size, keys.length);
  t.equal(variableOf('listen'), undefined);
});

/** The dotted paths of all keys of a schema, with the description of each. */
function leaves(schema: object, path: readonly string[] = []): [string, string | undefined][] {
  const { properties, description } = schema as {
    properties?: Readonly<Record<string, object>>;
    description?: string;
  };
  if (properties === undefined) return [[path.join('.'), description]];
  return Object.entries(properties).flatMap(([key, value]) => leaves(value, [...path, key]));
}

/** The environment, and the file written where there is one. */
function set(t: Test, { file: text, environment = {} }: Given) {
  const variables = Object.entries(environment).map(([name, value]) => [`POSTSEAL_${name}`, value]);
  const file = join(temporaryFolder(t), 'postseal.yaml');
  if (text !== undefined) writeFileSync(file, text);
  const config = text === undefined ? {} : { POSTSEAL_CONFIG: file };
  return { environment: { ...Object.fromEntries(variables), ...config }, file };
}
