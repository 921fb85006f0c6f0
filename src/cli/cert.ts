import { type CertificateState, certificateState } from '../certs/certificate-state.ts';
import { standingAfterAsking } from '../certs/standing.ts';
import { afterAsking } from '../certs/upkeep.ts';
import type { UpkeepStore } from '../certs/upkeep-store.ts';
import { parsePolicyDomain, policyHost } from '../names/hostname.ts';
import { openUpkeep, readUpkeep } from '../store/files/upkeep-file.ts';
import { type ListedCertificate, printCertificates } from './cert-list.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print } from './printing.ts';
import { opened } from './state.ts';

const BATCH = 1_000;

/** `postseal cert list`: the certificate of every policy host. Works beside a running server. */
export function listCertificates(options: { json?: boolean }, file: string | undefined): void {
  withUpkeep(file, readUpkeep, (store, cas) => {
    const now = Date.now();
    const standings = cas.map((ca) => store.standing(ca));
    const items: ListedCertificate[] = [];
    for (let last = ''; ; ) {
      const upkeeps = store.after(last, BATCH);
      items.push(...upkeeps.map((upkeep) => tell(certificateState(upkeep, standings, now))));
      if (upkeeps.length < BATCH) break;
      last = upkeeps.at(-1)?.host ?? '';
    }
    printCertificates(items, options);
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

function tell(certificate: CertificateState): ListedCertificate {
  const { host, state, issuer, notAfter, renewAt, why, remedy } = certificate;
  const times = { notAfter: isoOrNull(notAfter), renewAt: isoOrNull(renewAt) };
  return { host, state, issuer: issuer ?? null, ...times, why, remedy };
}

function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
