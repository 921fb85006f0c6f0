import type { Source } from './source.ts';

/** Imports that do not stay in their room or go to an earlier one, and rooms that are in no order. */
export function wrongWays(sources: readonly Source[], order: readonly string[]): string[] {
  const files = new Set(sources.map(({ file }) => file));
  const strays = sources.filter(({ file }) => !order.includes(room(file)));
  const ways = sources.flatMap(({ file, imports }) =>
    imports
      .filter((other) => !files.has(other) || order.indexOf(room(other)) > order.indexOf(room(file)))
      .map((other) => `${file} imports ${other}`),
  );
  return [...strays.map(({ file }) => `${file} is in no room`), ...ways];
}

function room(file: string): string {
  return file.split('/')[0] ?? '';
}

/** Each chain of imports that comes back to where it began. */
export function cycles(sources: readonly Source[]): string[] {
  const imports = new Map(sources.map((source) => [source.file, source.imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const follow = (file: string, way: readonly string[]): void => {
    const begin = way.indexOf(file);
    if (begin >= 0) found.push([...way.slice(begin), file].join(' > '));
    if (begin >= 0 || done.has(file)) return;
    for (const other of imports.get(file) ?? []) follow(other, [...way, file]);
    done.add(file);
  };
  for (const { file } of sources) follow(file, []);
  return found;
}

/** Files that touch the world outside and are not listed, and those that are listed for nothing. */
export function unlisted(sources: readonly Source[], listed: readonly string[]): string[] {
  const impure = sources.filter(({ effects }) => effects.length > 0);
  const strays = impure.filter(({ file }) => !listed.includes(file));
  const idle = listed.filter((file) => !impure.some((source) => source.file === file));
  return [
    ...strays.map(({ file, effects }) => `${file} uses ${effects.join(', ')}`),
    ...idle.map((file) => `${file} is pure, or gone`),
  ];
}
