import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Authority, openAuthority } from './certificates/authority.ts';
import { documentOf, domainOf, HOT, policyHostOf, policyTextOf } from './tenants.ts';

/** The files of so many tenants, as each server wants them. They stay for the next run. */
export interface Corpus {
  readonly tenants: number;
  /** PEM file of the root that all certificates lead to. */
  readonly root: string;
  /** `<policy host>.pem`: key, leaf, intermediate. */
  readonly certs: string;
  /** `<domain>.yaml`. */
  readonly policies: string;
  /** `<policy host>/.well-known/mta-sts.txt`, for servers of files; there for at most 10,000 tenants. */
  readonly sites: string;
}

const FRESH_DAYS = 30;
const MOST_SITES = 10_000;

/** @param folder where all corpora of this machine are kept */
export function corpus(folder: string, tenants: number): Corpus {
  const pool = join(folder, 'pool');
  forgetOld(folder);
  const authority = openAuthority(join(folder, 'ca'));
  const own = join(folder, String(tenants));
  const made: Corpus = {
    tenants,
    root: join(folder, 'ca', 'root.pem'),
    certs: join(own, 'certs'),
    policies: join(own, 'policies'),
    sites: join(own, 'sites'),
  };
  if (existsSync(join(own, 'complete'))) return made;
  rmSync(own, { recursive: true, force: true });
  for (const each of [pool, made.certs, made.policies]) mkdirSync(each, { recursive: true });
  for (let index = 0; index < tenants; index++) write(made, pool, authority, index);
  writeFileSync(join(own, 'complete'), '');
  return made;
}

function write(made: Corpus, pool: string, authority: Authority, index: number): void {
  const pem = `${policyHostOf(index)}.pem`;
  const pooled = join(pool, pem);
  if (!existsSync(pooled))
    writeFileSync(pooled, authority.issue(policyHostOf(index), index < HOT ? 'p384' : 'p256'));
  linkSync(pooled, join(made.certs, pem));
  writeFileSync(join(made.policies, `${domainOf(index)}.yaml`), documentOf(index));
  if (made.tenants > MOST_SITES) return;
  const site = join(made.sites, policyHostOf(index), '.well-known');
  mkdirSync(site, { recursive: true });
  writeFileSync(join(site, 'mta-sts.txt'), policyTextOf(index));
}

/** Leaves last 90 days, and a server may act differently near the end of one. */
function forgetOld(folder: string): void {
  const stamp = join(folder, 'made');
  const age = existsSync(stamp) ? Date.now() - Number(readFileSync(stamp, 'utf8')) : Number.POSITIVE_INFINITY;
  if (age < FRESH_DAYS * 86_400_000) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(stamp, String(Date.now()));
}
