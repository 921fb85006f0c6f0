import { type CertificateState, certificateState } from '../certs/certificate-state.ts';
import { standingAfterAsking } from '../certs/standing.ts';
import { afterAsking } from '../certs/upkeep.ts';
import type { UpkeepStore } from '../certs/upkeep-store.ts';
import { parsePolicyDomain, policyHost } from '../names/hostname.ts';
import { openUpkeep, readUpkeep } from '../store/files/upkeep-file.ts';
import { loadConfig } from './config.ts';
import { fromNow } from './moment.ts';
import { EXIT, fail, print, printJson } from './printing.ts';
import { opened } from './state.ts';
import type { Column, Row } from './table.ts';
import { isTerminal, printList } from './terminal.ts';

const BATCH = 1_000;

/** `postseal cert list`: the certificate of every policy host. Works beside a running server. */
export function listCertificates(options: { json?: boolean }, file: string | undefined): void {
  withUpkeep(file, readUpkeep, (store, cas) => {
    const now = Date.now();
    const standings = cas.map((ca) => store.standing(ca));
    const items: Told[] = [];
    for (let last = ''; ; ) {
      const upkeeps = store.after(last, BATCH);
      items.push(...upkeeps.map((upkeep) => tell(certificateState(upkeep, standings, now))));
      if (upkeeps.length < BATCH) break;
      last = upkeeps.at(-1)?.host ?? '';
    }
    if (options.json) printJson({ items });
    else
      printList(
        COLUMNS,
        items.map((item) => row(item, now)),
      );
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

function tell({ host, state, issuer, notAfter, renewAt, why, remedy }: CertificateState) {
  const times = { notAfter: isoOrNull(notAfter), renewAt: isoOrNull(renewAt) };
  return { host, state, issuer: issuer ?? null, ...times, why, remedy };
}

type Told = ReturnType<typeof tell>;

function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

const COLUMNS: readonly Column[] = [
  { title: 'HOST' },
  { title: 'STATE' },
  { title: 'CA', drop: 2 },
  { title: 'ENDS' },
  { title: 'RENEWAL', drop: 1 },
];
const LOOKS = { valid: 'green', ending: 'yellow', expired: 'red', none: 'dim' } as const;

/** What is wrong and what to do stand below the row; in a pipe they are the last two parts of the line. */
function row({ host, state, issuer, notAfter, renewAt, why, remedy }: Told, now: number): Row {
  const time = (at: string | null) => (at === null ? '-' : isTerminal() ? fromNow(Date.parse(at), now) : at);
  const notes = [why, remedy].map((text) => ({ text }));
  return {
    cells: [
      { text: host },
      { text: state, style: LOOKS[state] },
      { text: issuer ?? '-' },
      { text: time(notAfter) },
      { text: time(renewAt) },
    ],
    notes: isTerminal() ? notes.filter(({ text }) => text !== '') : notes,
  };
}
