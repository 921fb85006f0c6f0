import { stringify } from 'yaml';
import type { Host } from '../../peers/host.ts';
import type { Knot } from '../../peers/knot.ts';
import type { Pebble } from '../../peers/pebble.ts';
import { type Postseal, startPostseal } from '../../peers/postseal.ts';

export interface OperatorOptions {
  /** Tenants that are there from the start. */
  readonly domains?: readonly string[];
  /** More settings, or others, by the names of their environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

interface OperatorParts {
  readonly host: Host;
  readonly dns: Knot;
  readonly serviceName: string;
  readonly pebble: Pebble;
  /** Path of the root (PEM) that the CA's own HTTPS is under. */
  readonly caFile: string;
}

/** One line of `postseal cert list --json`. */
export interface CertificateState {
  readonly host: string;
  readonly state: string;
  readonly why: string;
  readonly remedy: string;
}

/** One line of the log. */
export interface LogEvent {
  readonly event: string;
  readonly host?: string;
  readonly [key: string]: unknown;
}

/** Who runs Postseal: adds tenants, reads the log, uses the command line. */
export class Operator {
  readonly host: Host;
  readonly serviceName: string;
  readonly #parts: OperatorParts;
  #postseal: Postseal | undefined;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    this.host = parts.host;
    this.serviceName = parts.serviceName;
  }

  /** Starts the server, anew with what it left behind where it ran before. */
  async start({ domains = [], env = {} }: OperatorOptions = {}): Promise<void> {
    const { host, serviceName, pebble, caFile } = this.#parts;
    this.#postseal = await startPostseal(host, {
      serviceName,
      tenants: new Map(domains.map((domain) => [domain, tenantDocument(domain)])),
      env: {
        POSTSEAL_LOCAL_CA: 'false',
        POSTSEAL_ACME_DIRECTORY: pebble.directory,
        POSTSEAL_ACME_CA_FILE: caFile,
        ...env,
      },
    });
  }

  get postseal(): Postseal {
    if (this.#postseal === undefined) throw new Error('Postseal was not started');
    return this.#postseal;
  }

  /** Adds tenants, without touching DNS. */
  async add(...domains: readonly string[]): Promise<void> {
    await Promise.all(domains.map((domain) => this.postseal.writeTenant(domain, tenantDocument(domain))));
  }

  /** Takes a tenant out by the door of RFC 8461 section 8.3: mode none, and once nobody holds another policy, gone. */
  async leave(domain: string): Promise<void> {
    const { program, writeTenant, removeTenant } = this.postseal;
    const from = program.lines.length;
    await writeTenant(domain, stringify({ domain, policy: { mode: 'none', max_age: 0 } }));
    await program.line(/"event":"policies_read".*"revised":1/, from);
    await removeTenant(domain);
    await program.line(/"event":"policies_read".*"left":1/, from, 60);
  }

  /** Sets the tenants' policy hosts in DNS, as their owners do. */
  async pointHere(...domains: readonly string[]): Promise<void> {
    await this.#parts.dns.put(...domains.map((domain) => policyHostRecord(domain, this.serviceName)));
  }

  /** `postseal cert list`. */
  async certificates(): Promise<readonly CertificateState[]> {
    return JSON.parse(await this.postseal.cli('cert', 'list', '--json')).items;
  }

  async certificate(domain: string): Promise<CertificateState | undefined> {
    return (await this.certificates()).find(({ host }) => host === `mta-sts.${domain}`);
  }

  /** `postseal cert renew`. */
  async renew(domain: string): Promise<void> {
    await this.postseal.cli('cert', 'renew', domain);
  }

  /** The lines of the log with this event since the server started, about one host or all. */
  events(event: string, host?: string): readonly LogEvent[] {
    return this.#lines(event)
      .map(parseEvent)
      .filter((each) => host === undefined || each.host === host);
  }

  /** How many of them there are, which takes little to find out again and again. */
  count(event: string): number {
    return this.#lines(event).length;
  }

  /** Waits for an event that is not among the first `before` ones, about one host or any. */
  hostEvent(event: string, host?: string, before = 0): Promise<LogEvent> {
    const what = `${event}${host === undefined ? '' : ` of ${host}`}`;
    return this.postseal.program.until(what, () => this.events(event, host)[before]);
  }

  /** The same about a tenant's policy host. */
  event(event: string, domain: string, before = 0): Promise<LogEvent> {
    return this.hostEvent(event, `mta-sts.${domain}`, before);
  }

  #lines(event: string): readonly string[] {
    return this.postseal.program.lines.filter((line) => line.includes(`"event":"${event}"`));
  }
}

/** The record that leads senders and CAs from a tenant's policy host to an operator. */
function policyHostRecord(domain: string, serviceName: string) {
  return { name: `mta-sts.${domain}`, type: 'CNAME', value: `${serviceName}.` } as const;
}

/** A line that was cut when the server was killed is no event. */
function parseEvent(line: string): LogEvent {
  try {
    return JSON.parse(line);
  } catch {
    return { event: 'cut' };
  }
}

function tenantDocument(domain: string): string {
  return stringify({ domain, policy: { mode: 'testing', max_age: 0, mx: [`mx.${domain}`] } });
}
