import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { ALERT_KINDS } from '../../alerts/alert.ts';
import type { Census, CertificateEnd } from '../../certs/upkeep-store.ts';
import type { WorkerMetrics } from '../../edge/messages.ts';
import type { PublicationCensus } from '../../tenant/publication-store.ts';
import type { OrderCounts } from '../certificates/order-counts.ts';
import type { PublicationCounts } from '../publications/publication-counts.ts';
import type { AlertCounts } from './alert-job.ts';
import { type DnsFacts, DnsMetrics } from './dns-metrics.ts';
import { PublicationMetrics } from './publication-metrics.ts';

/** What the metrics are read from, at each scrape. */
export interface MetricsSource {
  tenants(): number;
  flawedDocuments(): number;
  /** What all workers counted, those that ended included. */
  workerMetrics(): Promise<WorkerMetrics>;
  readonly workers: { readonly ready: number; readonly restarts: number };
  readonly orders: OrderCounts;
  /** Undefined where certificates are not ordered. */
  certificates(): Census | undefined;
  /** Those that end first, as many as are to have a metric of their own. */
  certificateEnds(): readonly CertificateEnd[];
  alerts(): AlertCounts;
  /** Undefined where our own DNS server is off. */
  dns(): Promise<DnsFacts> | undefined;
  readonly published: PublicationCounts;
  /** Undefined where the state file can't be read. */
  publications(): PublicationCensus | undefined;
  /** Whether the last pass over the documents could be done. */
  readonly policiesFresh: boolean;
}

/** The Prometheus registry: names begin with `postseal_` and use base units. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #source: MetricsSource;
  readonly #tenants = this.#gauge('postseal_tenants', 'Tenants whose policy is served');
  readonly #flawed = this.#gauge('postseal_documents_flawed', 'Documents that are not what is served');
  readonly #fresh = this.#gauge(
    'postseal_policies_fresh',
    '1 where the last pass over the documents could be done',
  );
  readonly #workers = this.#gauge('postseal_workers_ready', 'Workers that have all policies in memory');
  readonly #certificates = this.#gauge(
    'postseal_certificates_cached',
    'Certificates in memory, over all workers',
  );
  readonly #connections = this.#gauge('postseal_connections', 'Open connections, over all workers');
  readonly #restarts = this.#counter(
    'postseal_worker_restarts_total',
    'Workers that ended and were replaced',
  );
  readonly #dropped = this.#counter('postseal_connections_dropped_total', 'Connections over the limit');
  readonly #responses = this.#counter('postseal_responses_total', 'Answers by protocol and status', [
    'protocol',
    'status',
  ]);
  readonly #handshakes = this.#counter(
    'postseal_tls_handshake_failures_total',
    'TLS handshakes that failed',
    ['reason'],
  );

  readonly #orders = this.#counter(
    'postseal_certificate_orders_total',
    'Orders for certificates by CA and outcome',
    ['ca', 'outcome'],
  );

  readonly #held = new Gauge({
    name: 'postseal_certificates',
    help: 'Hosts by the state of their certificate',
    labelNames: ['state'],
    registers: [this.#registry],
  });
  readonly #firstEnd = this.#gauge(
    'postseal_certificates_first_not_after_seconds',
    'When the first certificate that is held ends, in seconds since 1970',
  );
  readonly #ends = new Gauge({
    name: 'postseal_certificate_not_after_seconds',
    help: 'When the certificate of a host ends, in seconds since 1970, for those that end first (metrics.per_host)',
    labelNames: ['host'],
    registers: [this.#registry],
  });

  readonly #alerts = new Gauge({
    name: 'postseal_alerts',
    help: 'Alerts that last, by kind',
    labelNames: ['kind'],
    registers: [this.#registry],
  });
  readonly #messages = this.#counter(
    'postseal_alert_messages_total',
    'Messages with alerts, by channel and outcome',
    ['channel', 'outcome'],
  );

  #dns: DnsMetrics | undefined;
  readonly #publications = new PublicationMetrics(this.#registry);

  constructor(source: MetricsSource) {
    this.#source = source;
    collectDefaultMetrics({ register: this.#registry, prefix: 'postseal_' });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text that Prometheus reads. */
  async read(): Promise<string> {
    const [workers, dns] = await Promise.all([this.#source.workerMetrics(), this.#source.dns()]);
    this.#collect(workers);
    if (dns !== undefined) {
      this.#dns ??= new DnsMetrics(this.#registry);
      this.#dns.collect(dns);
    }
    return this.#registry.metrics();
  }

  #collect(workers: WorkerMetrics): void {
    const source = this.#source;
    this.#tenants.set(source.tenants());
    this.#flawed.set(source.flawedDocuments());
    this.#fresh.set(source.policiesFresh ? 1 : 0);
    this.#workers.set(source.workers.ready);
    this.#census(source.certificates());
    this.#ends.reset();
    for (const { host, notAfter } of source.certificateEnds()) this.#ends.set({ host }, notAfter / 1000);
    this.#tellAlerts(source.alerts());
    this.#publications.collect(source.published, source.publications());
    this.#certificates.set(workers.cachedCertificates);
    this.#connections.set(workers.connections);
    for (const counter of [this.#restarts, this.#dropped, this.#responses, this.#handshakes, this.#orders]) {
      counter.reset();
    }
    for (const { ca, outcome, count } of source.orders.read()) this.#orders.inc({ ca, outcome }, count);
    this.#restarts.inc(source.workers.restarts);
    this.#dropped.inc(workers.droppedConnections);
    for (const [key, count] of Object.entries(workers.responses)) {
      const [protocol = '', status = ''] = key.split(' ');
      this.#responses.inc({ protocol, status }, count);
    }
    for (const [reason, count] of Object.entries(workers.handshakeFailures))
      this.#handshakes.inc({ reason }, count);
  }

  #census(census: Census | undefined): void {
    if (census === undefined) return;
    for (const state of ['valid', 'expired', 'missing'] as const) this.#held.set({ state }, census[state]);
    if (census.firstNotAfter !== undefined) this.#firstEnd.set(census.firstNotAfter / 1000);
  }

  #tellAlerts({ lasting, messages }: AlertCounts): void {
    for (const kind of ALERT_KINDS) if (kind !== 'test') this.#alerts.set({ kind }, lasting.get(kind) ?? 0);
    this.#messages.reset();
    for (const { channel, outcome, count } of messages) this.#messages.inc({ channel, outcome }, count);
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] });
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[] = []): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}
