import { Counter, Gauge, type Registry } from 'prom-client';
import type { DnsMetrics as Counted } from '../../announce/dns-messages.ts';

/** What is told of DNS at a scrape. */
export interface DnsFacts extends Counted {
  readonly ready: number;
  readonly restarts: number;
  readonly serial: number | undefined;
}

/** The part of the metrics that is about our own DNS server. */
export class DnsMetrics {
  readonly #answers: Counter<'transport' | 'rcode'>;
  readonly #limited: Counter<'as'>;
  readonly #transfers: Counter<'kind'>;
  readonly #restarts: Counter;
  readonly #ready: Gauge;
  readonly #connections: Gauge;
  readonly #serial: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#answers = new Counter({
      name: 'postseal_dns_answers_total',
      help: 'Answers by transport and code, those that were limited included',
      labelNames: ['transport', 'rcode'],
      registers,
    });
    this.#limited = new Counter({
      name: 'postseal_dns_limited_total',
      help: 'Answers over the rate limit: dropped, or slipped, which sends the client to TCP',
      labelNames: ['as'],
      registers,
    });
    this.#transfers = new Counter({
      name: 'postseal_dns_transfers_total',
      help: 'Answers to secondaries: the whole zone, its changes, or that there are none',
      labelNames: ['kind'],
      registers,
    });
    this.#restarts = new Counter({
      name: 'postseal_dns_process_restarts_total',
      help: 'DNS processes that ended and were replaced',
      registers,
    });
    this.#ready = new Gauge({
      name: 'postseal_dns_processes_ready',
      help: 'DNS processes that answer',
      registers,
    });
    this.#connections = new Gauge({
      name: 'postseal_dns_connections',
      help: 'Open TCP connections, over all DNS processes',
      registers,
    });
    this.#serial = new Gauge({
      name: 'postseal_dns_zone_serial',
      help: 'The serial of the zone',
      registers,
    });
  }

  collect(facts: DnsFacts): void {
    for (const counter of [this.#answers, this.#limited, this.#transfers, this.#restarts]) counter.reset();
    for (const [key, count] of Object.entries(facts.answers)) {
      const [transport = '', rcode = ''] = key.split(' ');
      this.#answers.inc({ transport, rcode }, count);
    }
    for (const [as, count] of Object.entries(facts.limited)) this.#limited.inc({ as }, count);
    for (const [kind, count] of Object.entries(facts.transfers)) this.#transfers.inc({ kind }, count);
    this.#restarts.inc(facts.restarts);
    this.#ready.set(facts.ready);
    this.#connections.set(facts.connections);
    if (facts.serial !== undefined) this.#serial.set(facts.serial);
  }
}
