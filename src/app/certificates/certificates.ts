import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Happening } from '../../access/happening.ts';
import type { Alert, AlertSource } from '../../alerts/alert.ts';
import { openIssuer } from '../../certs/acme-issuer.ts';
import { LETS_ENCRYPT, type Limits } from '../../certs/budget.ts';
import { accountAlert, certificateAlert } from '../../certs/certificate-alert.ts';
import { type CertificateState, certificateState } from '../../certs/certificate-state.ts';
import type { ChallengeBoard, OrderOutcome } from '../../certs/issuer.ts';
import { GOOD_STANDING, standingAfterAsking } from '../../certs/standing.ts';
import { afterAsking } from '../../certs/upkeep.ts';
import type { Census, CertificateEnd, UpkeepStore } from '../../certs/upkeep-store.ts';
import { look } from '../../checks/look.ts';
import { openPublicDns, type PublicDns } from '../../checks/public-dns.ts';
import { type Hostname, policyDomain, policyHost } from '../../names/hostname.ts';
import { AccountKeys } from '../../store/files/account-keys.ts';
import { makePrivateFolder } from '../../store/files/durable.ts';
import { PemFolder } from '../../store/files/pem.ts';
import { openUpkeep } from '../../store/files/upkeep-file.ts';
import type { TenantStore } from '../../tenant/store.ts';
import { formatAddress } from '../config/addresses.ts';
import type { Authority } from '../config/authorities.ts';
import type { Config } from '../config/config.ts';
import { CertificateJob } from './certificate-job.ts';
import { type CertificateAuthority, CertificateSteps, type KnownAuthority } from './certificate-steps.ts';

export interface CertificatesOptions {
  readonly config: Config;
  readonly board: ChallengeBoard;
  renewed(host: Hostname): Promise<void>;
  ordered(ca: string, outcome: OrderOutcome['outcome']): void;
  /** Tells those who listen; never throws. */
  tell(happenings: readonly Happening[]): void;
  readonly tenants: TenantStore;
  readonly log: Logger;
  now(): number;
}

/** The certificates of all tenants' policy hosts, and of the service name, from a CA by ACME. */
export interface Certificates {
  /** Looks after the hosts of these domains as far as they are served, and no longer after the others. */
  notice(domains: readonly Hostname[]): void;
  /** Why certificates can't be had, in words; empty where they can. */
  problems(): readonly string[];
  census(): Census;
  firstToEnd(most: number): readonly CertificateEnd[];
  readonly alerts: AlertSource;
  /** Undefined for a host that is not looked after. */
  state(host: Hostname): CertificateState | undefined;
  /** Asks for a new certificate now, whatever pauses are of our own making; false for a host that is not looked after. */
  renew(host: Hostname): boolean;
  close(): Promise<void>;
}

// How long a resolver may take for one question, in milliseconds.
const DNS_TIME = 4_000;

// The pause before a state file that can't be written is tried again, in milliseconds.
const OPEN_AGAIN = 30_000;

const NO_CENSUS: Census = { valid: 0, expired: 0, missing: 0, firstNotAfter: undefined };

// Tenants taken in at once.
const BATCH = 1_000;

/** Keeps them from now on; where the state file can't be written, as soon as it can. */
export function keepCertificates(options: CertificatesOptions): Certificates {
  let opened: Certificates | undefined;
  let timer: NodeJS.Timeout | undefined;
  const open = (): void => {
    try {
      opened = openCertificates(options);
    } catch (error) {
      options.log.error({ event: 'certificates_not_kept', err: error });
      timer = setTimeout(open, OPEN_AGAIN);
    }
  };
  open();
  return {
    notice: (domains) => opened?.notice(domains),
    problems: () => opened?.problems() ?? ["The state file can't be written: no certificates are ordered"],
    census: () => opened?.census() ?? NO_CENSUS,
    firstToEnd: (most) => opened?.firstToEnd(most) ?? [],
    alerts: (at) => {
      if (opened === undefined) throw new Error('What is known of certificates is not open yet');
      return opened.alerts(at);
    },
    state: (host) => opened?.state(host),
    renew: (host) => opened?.renew(host) ?? false,
    close: async () => {
      clearTimeout(timer);
      await opened?.close();
    },
  };
}

function openCertificates(options: CertificatesOptions): Certificates {
  const { config, tenants, log, now } = options;
  makePrivateFolder(config.store.certs);
  const store = openUpkeep(config.store.state);
  const authorities = config.acme.authorities.map((authority) => openAuthority(authority, options));
  const steps = openSteps(store, options);
  const job = new CertificateJob({ store, steps, authorities, parallel: config.acme.parallel, log, now });
  let again: NodeJS.Timeout | undefined;
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      // What could not be taken in now is found by taking stock once the state file can be written.
      log.error({ event: 'certificates_not_kept', err: error });
      clearTimeout(again);
      again = setTimeout(() => attempt(() => takeStock(tenants, store, job, config.serviceName)), OPEN_AGAIN);
    }
  };
  takeStock(tenants, store, job, config.serviceName);
  // The configuration may have changed: whoever waits is to think of it now.
  store.wakeAll();
  job.start();
  return {
    notice: (domains) =>
      attempt(() => {
        job.add(domains.filter((domain) => tenants.isServed(domain)).map(policyHost));
        job.forget(domains.filter((domain) => !tenants.isServed(domain)).map(policyHost));
      }),
    problems: () => job.problems(),
    census: () => store.census(now()),
    firstToEnd: (most) => store.firstToEnd(most),
    alerts: (at) => alertsOf(store, authorities, at),
    state: (host) => {
      const upkeep = store.get(host);
      const standings = authorities.map(({ name }) => store.standing(name));
      return upkeep && certificateState(upkeep, standings, now());
    },
    renew: (host) => {
      if (store.get(host) === undefined) return false;
      const standings = authorities.map(({ name }) => [name, standingAfterAsking(store.standing(name))]);
      store.record({ standings: Object.fromEntries(standings) });
      store.change(host, (upkeep) => afterAsking(upkeep, now()));
      return true;
    },
    close: async () => {
      clearTimeout(again);
      await job.close();
      store.close();
    },
  };
}

/** Whoever takes them may pause in between: nothing of the store is held open. */
function* alertsOf(
  store: UpkeepStore,
  authorities: readonly CertificateAuthority[],
  now: number,
): Iterable<Alert> {
  const standings = authorities.map(({ name }) => store.standing(name));
  for (const [index, { name }] of authorities.entries()) {
    const alert = accountAlert(name, standings[index] ?? GOOD_STANDING);
    if (alert !== undefined) yield alert;
  }
  for (let last = ''; ; ) {
    const upkeeps = store.alertable(now, last, BATCH);
    for (const upkeep of upkeeps) {
      const alert = certificateAlert(upkeep, standings, now);
      if (alert !== undefined) yield alert;
    }
    if (upkeeps.length < BATCH) return;
    last = upkeeps.at(-1)?.host ?? '';
  }
}

function openSteps(store: UpkeepStore, options: CertificatesOptions): CertificateSteps {
  const { config, board, renewed, ordered, tell, log, now } = options;
  const { serviceName } = config;
  const dns = openDns(config);
  const pems = new PemFolder(config.store.certs);
  pems.sweep();
  return new CertificateSteps({
    store,
    pems,
    look: ({ cas, ...at }, signal) => look({ ...at, serviceName, cas: cas.map(caaOf), dns, board, signal }),
    renewed,
    ordered,
    tell,
    log,
    now,
  });
}

/** Brings in line what is looked after with what is served, after changes while nobody looked. */
function takeStock(
  tenants: TenantStore,
  store: UpkeepStore,
  job: CertificateJob,
  serviceName: Hostname,
): void {
  const batch: Hostname[] = [serviceName];
  for (const { domain } of tenants.announceable()) {
    batch.push(policyHost(domain));
    if (batch.length === BATCH) job.add(batch.splice(0));
  }
  job.add(batch);
  for (let last = ''; ; ) {
    const hosts = store.after(last, BATCH).map(({ host }) => host);
    const isOver = (host: Hostname) => host !== serviceName && !isServed(host, tenants);
    job.forget(hosts.filter(isOver));
    if (hosts.length < BATCH) return;
    last = hosts.at(-1) ?? '';
  }
}

function isServed(host: Hostname, tenants: TenantStore): boolean {
  const domain = policyDomain(host);
  return domain !== undefined && tenants.isServed(domain);
}

/** DNS as the world sees it. */
export function openDns({ dns }: Config): PublicDns {
  const servers = dns.resolvers.map(formatAddress);
  return openPublicDns({ timeout: DNS_TIME, ...(servers.length > 0 && { servers }) });
}

function caaOf({ name, facts, challenges }: KnownAuthority) {
  return { name, caa: { issuers: facts.issuers, account: undefined }, challenges };
}

function openAuthority(
  authority: Authority,
  { config, board, now }: CertificatesOptions,
): CertificateAuthority {
  const { name, directory, email, profile, root, eab } = authority;
  const keys = new AccountKeys(join(config.store.state, 'acme'), name);
  const issuer = openIssuer({
    directory,
    accountKey: keys.current(),
    ...(email !== undefined && { email }),
    ...(profile !== undefined && { profile }),
    ...(root !== undefined && { root }),
    ...(eab && { eab: { keyId: eab.keyId, hmacKey: eab.hmacKey.reveal() } }),
    board,
    now,
  });
  return { name, issuer, keys, challenges: config.acme.challenges, limits: limitsOf(name) };
}

/** What a CA does not publish is not guessed: it says when there were too many orders, and that is heeded. */
function limitsOf(ca: string): Limits {
  return ca.endsWith('.letsencrypt.org') ? LETS_ENCRYPT : {};
}
