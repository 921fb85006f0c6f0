import type { Test } from 'tap';
import { quoteText, unquoteText } from '../../../src/announce/quoted-text.ts';
import { type Answer, type Asked, Mishaps, startHttpServer } from './http-server.ts';

interface Entry {
  readonly id: string;
  readonly zone: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
}

type Written = Omit<Entry, 'id' | 'zone'>;

interface Batch {
  readonly deletes?: readonly { readonly id: string }[];
  readonly patches?: readonly (Partial<Written> & { readonly id: string })[];
  readonly posts?: readonly Written[];
}

class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The part of Cloudflare's API, version 4, that changes DNS records, as its documentation describes it. */
export class CloudflareStandIn {
  readonly token = 'cf-token-0123456789abcdef0123456789abcdef';
  readonly mishaps = new Mishaps();
  readonly asked: Asked[] = [];
  readonly #zones: readonly { id: string; name: string; status: string }[];
  /** A page may be smaller than it was asked to be, so that there are several. */
  readonly #mostPerPage = 2;
  #entries: readonly Entry[] = [];
  #changes = 0;
  url = '';

  constructor(zones: readonly string[]) {
    this.#zones = zones.flatMap((name, index) => [
      { id: `${index}`.padStart(32, 'f'), name, status: 'pending' },
      { id: `${index}`.padStart(32, '0'), name, status: 'active' },
    ]);
  }

  async start(t: Pick<Test, 'teardown'>): Promise<this> {
    this.url = `${await startHttpServer(t, (asked) => this.#answer(asked))}/client/v4`;
    return this;
  }

  get version(): string {
    return String(this.#changes);
  }

  texts(name: string): readonly { text: string; ttl: number }[] {
    const own = this.#entries.filter((entry) => entry.name === name && entry.type === 'TXT');
    return own.map(({ content, ttl }) => ({ text: unquoteText(content), ttl }));
  }

  put(record: { name: string; type: string; value: string }): void {
    const zone = this.#zoneOf(record.name);
    this.#post(zone, { ...record, content: record.value, ttl: 1 });
  }

  remove(name: string): void {
    this.#changes += 1;
    this.#entries = this.#entries.filter((entry) => entry.name !== name);
  }

  #answer(asked: Asked): Answer {
    this.asked.push(asked);
    const mishap = this.mishaps.take();
    if (mishap !== undefined) return mishap;
    try {
      this.#authenticate(asked.headers.authorization);
      return reply(200, { success: true, errors: [], messages: [], ...this.#route(asked) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const errors = [{ code: error.code, message: error.message }];
      return reply(error.status, { success: false, errors, messages: [], result: null });
    }
  }

  #authenticate(authorization = ''): void {
    if (!/^Bearer [\w-]+$/.test(authorization)) throw new Refusal(400, 6003, 'Invalid request headers');
    if (authorization !== `Bearer ${this.token}`) throw new Refusal(403, 9109, 'Invalid access token');
  }

  #route({ method, path, query, body }: Asked): object {
    const [, zoneId, last] = /^\/client\/v4\/zones(?:\/(\w+)\/dns_records(\/batch)?)?$/.exec(path) ?? [];
    if (path === '/client/v4/zones' && method === 'GET') {
      return this.#page(
        this.#zones.filter(({ name }) => name === query.get('name')),
        query,
      );
    }
    if (!this.#zones.some(({ id }) => id === zoneId)) {
      throw new Refusal(404, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`);
    }
    const zone = zoneId ?? '';
    if (last === undefined && method === 'GET') {
      const name = query.get('name.exact');
      return this.#page(
        this.#entries.filter((entry) => entry.zone === zone && entry.name === name),
        query,
      );
    }
    if (last !== undefined && method === 'POST') return { result: this.#batch(zone, JSON.parse(body)) };
    throw new Refusal(405, 10_405, 'Method not allowed for this authentication scheme');
  }

  #page(all: readonly object[], query: URLSearchParams): object {
    const page = Number(query.get('page') ?? 1);
    const perPage = Math.min(Number(query.get('per_page') ?? 20), this.#mostPerPage);
    const result = all.slice((page - 1) * perPage, page * perPage);
    const total_pages = Math.ceil(all.length / perPage);
    return {
      result,
      result_info: { page, per_page: perPage, count: result.length, total_count: all.length, total_pages },
    };
  }

  #batch(zone: string, { deletes = [], patches = [], posts = [] }: Batch): object {
    const before = this.#entries;
    try {
      for (const { id } of deletes) {
        this.#existing(id);
        this.#entries = this.#entries.filter((entry) => entry.id !== id);
      }
      for (const { id, ...changed } of patches) {
        const entry = this.#checked({ ...this.#existing(id), ...changed });
        this.#entries = this.#entries.map((each) => (each.id === id ? entry : each));
      }
      for (const record of posts) this.#post(zone, record);
      this.#changes += 1;
      return {};
    } catch (error) {
      this.#entries = before;
      throw error;
    }
  }

  #existing(id: string): Entry {
    const entry = this.#entries.find((each) => each.id === id);
    if (entry === undefined) throw new Refusal(404, 81_044, 'Record does not exist.');
    return entry;
  }

  #post(zone: string, { name, type, content, ttl }: Written): void {
    this.#changes += 1;
    const id = String(this.#changes).padStart(32, 'a');
    const entry = this.#checked({ id, zone, name, type, content, ttl });
    this.#entries = [...this.#entries, entry];
  }

  #checked(entry: Entry): Entry {
    const { id, type, name, ttl } = entry;
    if (ttl !== 1 && !(ttl >= 60 && ttl <= 86_400)) {
      throw new Refusal(400, 9021, 'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.');
    }
    const others = this.#entries.filter((each) => each.name === name && each.id !== id);
    if (others.some((each) => (each.type === 'CNAME') !== (type === 'CNAME'))) {
      throw new Refusal(400, 81_054, 'A CNAME record with that host already exists.');
    }
    // What is not quoted gets its quotes, and long texts are split.
    const content = type === 'TXT' ? quoteText(unquoteText(entry.content)) : entry.content;
    if (others.some((each) => each.content === content && each.type === type)) {
      throw new Refusal(400, 81_058, 'An identical record already exists.');
    }
    return { ...entry, content };
  }

  #zoneOf(name: string): string {
    const active = this.#zones.filter(({ status }) => status === 'active');
    const holding = active.filter((zone) => `.${name}`.endsWith(`.${zone.name}`));
    return holding.toSorted((a, b) => b.name.length - a.name.length)[0]?.id ?? '';
  }
}

function reply(status: number, body: object): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
