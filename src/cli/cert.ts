import { isUrgent, renewal } from '../certs/renewal.ts';
import { type Standing, standingAfterAsking } from '../certs/standing.ts';
import { type Trouble, troubleOf } from '../certs/trouble.ts';
import { afterAsking, renewable, type Upkeep } from '../certs/upkeep.ts';
import type { UpkeepStore } from '../certs/upkeep-store.ts';
import { type Hostname, parsePolicyDomain, policyHost } from '../names/hostname.ts';
import { openUpkeep, readUpkeep } from '../store/files/upkeep-file.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print, printJson } from './printing.ts';
import { opened } from './state.ts';

const BATCH = 1_000;

/** What is told of a host's certificate. */
interface Told extends Trouble {
  readonly host: Hostname;
  readonly state: 'valid' | 'ending' | 'expired' | 'none';
  readonly issuer: string | null;
  readonly notAfter: string | null;
  readonly renewAt: string | null;
}

/** `postseal cert list`: the certificate of every policy host. Works beside a running server. */
export function listCertificates(options: { json?: boolean }, file: string | undefined): void {
  withUpkeep(file, readUpkeep, (store, cas) => {
    const now = Date.now();
    const standings = cas.map((ca) => store.standing(ca));
    const items: Told[] = [];
    for (let last = ''; ; ) {
      const upkeeps = store.after(last, BATCH);
      items.push(...upkeeps.map((upkeep) => tell(upkeep, standings, now)));
      if (upkeeps.length < BATCH) break;
      last = upkeeps.at(-1)?.host ?? '';
    }
    if (options.json) printJson({ items });
    else for (const item of items) print(line(item));
  });
}

/** `postseal cert renew`: asks for new certificates, whatever pauses are of our own making. */
export function renewCertificates(names: readonly string[], file: string | undefined): void {
  withUpkeep(file, openUpkeep, (store, cas) => {
    const standings = cas.map((ca) => [ca, standingAfterAsking(store.standing(ca))] as const);
    store.record({ standings: Object.fromEntries(standings) });
    for (const name of names) {
      const domain = parsePolicyDomain(name);
      const host = domain.ok ? policyHost(domain.value) : undefined;
      if (host === undefined || store.get(host) === undefined) {
        fail(
          `No certificate is looked after for ${name}`,
          'Name a tenant of a running server',
          EXIT.notFound,
        );
        continue;
      }
      store.change(host, (upkeep) => afterAsking(upkeep, Date.now()));
      print(`${host} asked for`);
    }
  });
}

function withUpkeep(
  file: string | undefined,
  open: (folder: string) => UpkeepStore,
  work: (store: UpkeepStore, cas: readonly string[]) => void,
): void {
  const config = loadConfig(file);
  const store = config && opened(() => open(config.store.state));
  if (config === undefined || store === undefined) return;
  try {
    work(
      store,
      config.acme.authorities.map(({ name }) => name),
    );
  } finally {
    store.close();
  }
}

function tell(upkeep: Upkeep, standings: readonly Standing[], now: number): Told {
  const { host, certificate } = upkeep;
  const held = renewable(upkeep);
  const isEnding = held !== undefined && isUrgent(held, now);
  return {
    host,
    state: held === undefined ? 'none' : held.notAfter <= now ? 'expired' : isEnding ? 'ending' : 'valid',
    issuer: certificate?.ca ?? null,
    notAfter: certificate === undefined ? null : new Date(certificate.notAfter).toISOString(),
    renewAt: held === undefined ? null : new Date(renewal(held).renewAt).toISOString(),
    ...troubleOf(upkeep, standings, now),
  };
}

function line({ host, state, issuer, notAfter, renewAt, why, remedy }: Told): string {
  const parts = [host, state, issuer ?? '-', notAfter ?? '-', renewAt ?? '-', why, remedy];
  return parts.join('\t').trimEnd();
}
