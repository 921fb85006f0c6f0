import type { Host } from '../peers/host.ts';

/** What a server on 127.0.0.1 serves, as kdig sees it. */
export function lookAt(host: Host, port: number) {
  const ask = (...question: readonly string[]) =>
    host.run('kdig', ['@127.0.0.1', '-p', String(port), '+tcp', '+noall', ...question]);
  return {
    async held(name: string): Promise<readonly { text: string; ttl: number }[]> {
      const lines = (await ask('+answer', name, 'TXT')).split('\n');
      return lines.flatMap((line) => {
        const [, ttl = '', value = ''] = /^\S+\s+(\d+)\s+IN\s+TXT\s+(".*")$/.exec(line) ?? [];
        const strings = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, string = '']) => string);
        return ttl === '' ? [] : [{ text: strings.join('').replaceAll(/\\(.)/g, '$1'), ttl: Number(ttl) }];
      });
    },
    /** The serial of a zone. */
    async version(zone: string): Promise<string> {
      const [, serial = 'none'] = /\sSOA\s+\S+\s+\S+\s+(\d+)/.exec(await ask('+answer', zone, 'SOA')) ?? [];
      return serial;
    },
  };
}
