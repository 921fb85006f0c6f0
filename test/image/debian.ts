import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

const APT = '/etc/apt';

/** A distribution release, and the address that this machine gets its packages from. */
export interface Debian {
  readonly suite: string;
  readonly mirror: string;
}

/** The release of Debian, or of what descends from it, that this machine runs. Throws if apt has no source for it. */
export async function thisDebian(): Promise<Debian> {
  const suite = parseEnv(await readFile('/etc/os-release', 'utf8')).VERSION_CODENAME;
  if (suite === undefined) throw new Error('/etc/os-release has no VERSION_CODENAME');
  for (const text of await aptSources()) {
    const mirror = oneLineMirror(text, suite) ?? stanzaMirror(text, suite);
    if (mirror !== undefined) return { suite, mirror };
  }
  throw new Error(`${APT} names no source for ${suite}`);
}

async function aptSources(): Promise<string[]> {
  const parts = await readdir(join(APT, 'sources.list.d')).catch(() => []);
  const files = [...parts.map((part) => join(APT, 'sources.list.d', part)), join(APT, 'sources.list')];
  return Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
}

/** sources.list(5), one-line-style format: `deb [options] uri suite component…`. */
function oneLineMirror(text: string, suite: string): string | undefined {
  const lines = [...text.matchAll(/^deb\s+(?:\[.*?\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)\s+main\b/gm)];
  return lines.find((line) => line.groups?.suite === suite)?.groups?.uri;
}

/** sources.list(5), deb822-style format: stanzas of `Field: value` lines. */
function stanzaMirror(text: string, suite: string): string | undefined {
  const field = (stanza: string, name: string) =>
    new RegExp(`^${name}:(?<value>.*)$`, 'm').exec(stanza)?.groups?.value?.trim().split(/\s+/) ?? [];
  const stanza = text.split(/\n\s*\n/).find((candidate) => field(candidate, 'Suites').includes(suite));
  return stanza && field(stanza, 'URIs')[0];
}
