import type { Logger } from 'pino';
import type { Hostname } from '../../names/hostname.ts';
import { digestOf } from '../../store/files/digest.ts';
import type { DocumentWriter, Replaced } from '../../store/files/document-writer.ts';
import type { Turns } from './turns.ts';

export interface ReplacedDocumentsOptions {
  readonly writer: DocumentWriter;
  readonly turns: Turns;
  readonly log: Logger;
}

// How long an editor may have a document open before it writes to it, in milliseconds.
const GRACE = 2_000;

/** Documents that edits replaced of late, for editors that write to them yet. */
export class ReplacedDocuments {
  readonly #options: ReplacedDocumentsOptions;
  readonly #replaced = new Map<Hostname, { readonly what: Replaced; readonly timer: NodeJS.Timeout }[]>();
  /** What was put in place last, by its hash. */
  readonly #put = new Map<Hostname, string>();

  constructor(options: ReplacedDocumentsOptions) {
    this.#options = options;
  }

  /** Brings back what editors wrote to since. Whoever calls has the turn of the domain. */
  letGoLate(domain: Hostname): void {
    this.#letGo(domain, (what) => this.#options.writer.isLate(what));
  }

  /** Lets go of everything. No edit may be under way. */
  close(): void {
    for (const domain of [...this.#replaced.keys()]) this.#letGo(domain, () => true);
  }

  /** For a while: an editor may have opened it before it was replaced, and write to it yet. */
  keep(domain: Hostname, what: Replaced, put: Buffer | undefined): void {
    if (put === undefined) {
      this.#options.writer.letGo(what, () => false);
      return;
    }
    this.#put.set(domain, digestOf(put));
    const timer = setTimeout(() => void this.#letGoInTurn(domain, what), GRACE);
    timer.unref();
    this.#replaced.set(domain, [...(this.#replaced.get(domain) ?? []), { what, timer }]);
  }

  async #letGoInTurn(domain: Hostname, what: Replaced): Promise<void> {
    const release = await this.#options.turns.take([domain]);
    this.#letGo(domain, (one) => one === what);
    release();
  }

  #letGo(domain: Hostname, isChosen: (what: Replaced) => boolean): void {
    const { writer, log } = this.#options;
    const all = this.#replaced.get(domain) ?? [];
    const chosen = all.filter(({ what }) => isChosen(what));
    for (const { what, timer } of chosen) {
      clearTimeout(timer);
      try {
        writer.letGo(what, (present) => digestOf(present) === this.#put.get(domain));
      } catch (error) {
        log.error({ event: 'document_not_put_right', file: what.file, err: error });
      }
    }
    const kept = all.filter((one) => !chosen.includes(one));
    if (kept.length > 0) this.#replaced.set(domain, kept);
    else {
      this.#replaced.delete(domain);
      this.#put.delete(domain);
    }
  }
}
