import { createHmac } from 'node:crypto';
import type { Test } from 'tap';
import { type Answer, type Asked, Mishaps, startHttpServer } from './http-server.ts';

interface Told {
  readonly type: 'dns.txt.set' | 'dns.txt.remove';
  readonly timestamp: string;
  readonly data: {
    readonly domain: string;
    readonly name: string;
    readonly type: 'TXT';
    readonly text?: string;
    readonly ttl?: number;
  };
}

/** Something of an operator's that takes our webhook as docs/dns.md tells to. */
export class WebhookStandIn {
  readonly secret = `whsec_${Buffer.from('a secret of 24 or more octets').toString('base64')}`;
  readonly mishaps = new Mishaps();
  readonly asked: Asked[] = [];
  readonly records = new Map<string, { text: string; ttl: number }>();
  /** Names that are somebody else's. */
  readonly foreign = new Set<string>();
  readonly #seen = new Set<string>();
  url = '';

  async start(t: Pick<Test, 'teardown'>): Promise<this> {
    this.url = `${await startHttpServer(t, (asked) => this.answer(asked))}/postseal`;
    return this;
  }

  answer(asked: Asked): Answer {
    this.asked.push(asked);
    const mishap = this.mishaps.take();
    if (mishap !== undefined) return mishap;
    const {
      'webhook-id': id = '',
      'webhook-timestamp': time = '',
      'webhook-signature': signature,
    } = asked.headers;
    const key = Buffer.from(this.secret.slice('whsec_'.length), 'base64');
    const mac = createHmac('sha256', key).update(`${id}.${time}.${asked.body}`).digest('base64');
    if (signature !== `v1,${mac}`) return refusal(401, 'the signature is wrong');
    if (Math.abs(Number(time) - Date.now() / 1000) > 300) return refusal(400, 'too old');
    if (this.#seen.has(String(id))) return refusal(400, 'seen before');
    this.#seen.add(String(id));
    const { type, data }: Told = JSON.parse(asked.body);
    if (this.foreign.has(data.name)) return refusal(409, 'a record of somebody else is there', 'delete it');
    if (type === 'dns.txt.remove') this.records.delete(data.name);
    else this.records.set(data.name, { text: data.text ?? '', ttl: data.ttl ?? 0 });
    return { status: 204 };
  }
}

function refusal(status: number, why: string, remedy?: string): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ why, remedy }) };
}
