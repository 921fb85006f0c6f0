import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { DnsRecord } from '../../peers/dns-record.ts';

/** A tenant for whom no order can succeed. */
export interface RefusedCase {
  readonly title: string;
  readonly domain: string;
  readonly records: readonly DnsRecord[];
  /** What the operator must be told, at least. */
  readonly why: string;
  readonly record: string;
  readonly gone: readonly Pick<DnsRecord, 'name' | 'type'>[];
  readonly mended: readonly DnsRecord[];
}

export interface RefusedNames {
  /** What `SERVICE`, `ELSEWHERE` and the like stand for. */
  readonly words: Readonly<Record<string, string>>;
  /** Goes behind the names of the tenants, so that several may have the same flaw. */
  readonly suffix?: string;
}

const FILE = new URL('refused.yaml', import.meta.url);

export function refusedCases({ words, suffix = '' }: RefusedNames): readonly RefusedCase[] {
  const cases: readonly (Omit<RefusedCase, 'domain'> & { readonly name: string })[] = parse(
    readFileSync(FILE, 'utf8'),
  );
  return cases.map(({ name, ...each }) => {
    const domain = `${name}${suffix}.test`;
    const fill = (text: string) => fillIn(text.replaceAll(`${name}.test`, domain), { ...words, '@': domain });
    const { records, gone = [], mended = [], why, record } = each;
    const fillRecord = <T extends Pick<DnsRecord, 'name'>>(one: T): T => ({ ...one, name: fill(one.name) });
    const fillValue = (one: DnsRecord) => ({ ...fillRecord(one), value: fill(one.value) });
    return {
      ...each,
      domain,
      records: records.map(fillValue),
      gone: gone.map(fillRecord),
      mended: mended.map(fillValue),
      why: fill(why),
      record: fill(record),
    };
  });
}

function fillIn(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/@|[A-Z]{4,}\d?/g, (word) => words[word] ?? word);
}
