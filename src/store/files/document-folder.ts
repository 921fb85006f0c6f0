import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Flaw, flawed, type Parsed } from '../../flaws/flaw.ts';
import { type Hostname, parsePolicyDomain, toUnicode } from '../../names/hostname.ts';
import { readDocument } from '../../tenant/document.ts';
import type { ReadDocument } from '../../tenant/reconcile.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { digestOf } from './digest.ts';
import { endingOf } from './half-written.ts';
import { type Clocks, Settling } from './settling.ts';
import { readYaml } from './yaml.ts';

// A policy has at most 64 KiB; its document, with comments, is far from this.
const MOST_BYTES = 256 * 1024;

const DOCUMENT_NAME = /^([^.].*)\.ya?ml$/;

/** What a look at one document found. */
export type Reading =
  | { readonly outcome: 'document'; readonly document: ReadDocument }
  | { readonly outcome: 'vanished' }
  /** It is being written to; it may have settled after so many milliseconds. */
  | { readonly outcome: 'changing'; readonly wait: number };

// The pause before a file that changed while it was read is read again, in milliseconds.
const AGAIN = 50;

/** The folder of tenant documents, `<domain>.yaml` each; all other files in it are left alone. */
export class DocumentFolder {
  readonly path: string;
  readonly #settling: Settling;

  constructor(path: string, clocks: Clocks = { now: Date.now, uptime: () => performance.now() }) {
    this.path = path;
    this.#settling = new Settling(clocks);
  }

  /** The names of all documents. Throws where the folder can't be read. */
  files(): string[] {
    return readdirSync(this.path).filter(isDocumentName);
  }

  /**
   * What tells one content of a file from another without reading it; undefined where there is no such file.
   * A file that can't be looked at has a stamp that says so.
   */
  stamp(file: string): string | undefined {
    try {
      const stats = statSync(join(this.path, file), { bigint: true, throwIfNoEntry: false });
      return stats?.isFile() ? stampOf(stats) : undefined;
    } catch (error) {
      return unreadableStamp(codeOf(error));
    }
  }

  /**
   * Reads the document of a domain; an unreadable one is a flaw. One that is gone or has no good or no certain end is
   * believed only when it has been left alone for a while, or was put in place as a whole, or is the very content
   * that somebody `meant` to put there.
   */
  read(file: string, domain: Hostname, meant?: string): Reading {
    const content = this.#content(file);
    switch (content.outcome) {
      case 'missing':
        return this.#missing(file);
      case 'changing':
        return { outcome: 'changing', wait: AGAIN };
      case 'unreadable':
        return unreadable(file, content.code);
      case 'read':
        return this.#judge(file, domain, content, meant);
    }
  }

  #judge(
    file: string,
    domain: Hostname,
    { bytes, stats }: Extract<Content, { outcome: 'read' }>,
    meant: string | undefined,
  ): Reading {
    const digest = digestOf(bytes);
    const stamp = stampOf(stats);
    const ending = endingOf(bytes.toString('latin1'));
    const tenant = understand(bytes, domain);
    const isWhole = digest === meant || wasFinished(stats);
    if (!isWhole && (!tenant.ok || ending.mayGoOn)) {
      const wait = this.#settling.remaining(file, stamp, Number(stats.mtimeMs));
      if (wait > 0) return { outcome: 'changing', wait };
    }
    const isUnterminated = !isWhole && ending.isUnterminated;
    return {
      outcome: 'document',
      document: { file, stamp, digest, tenant, isUnterminated },
    };
  }

  #missing(file: string): Reading {
    const changedAt = Number(
      statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY,
    );
    const wait = this.#settling.remaining(file, '', changedAt);
    return wait > 0 ? { outcome: 'changing', wait } : { outcome: 'vanished' };
  }

  #content(file: string): Content {
    try {
      return readWhole(join(this.path, file));
    } catch (error) {
      const code = codeOf(error);
      return code === 'ENOENT' ? { outcome: 'missing' } : { outcome: 'unreadable', code };
    }
  }
}

/** What was found when a file was opened. */
type Content =
  | { readonly outcome: 'read'; readonly bytes: Buffer; readonly stats: BigIntStats }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'changing' }
  | { readonly outcome: 'unreadable'; readonly code: string };

/** After its last write it was renamed, linked, or given a mode, an owner or a time: what is done to a whole file. */
function wasFinished({ ctimeNs, mtimeNs }: BigIntStats): boolean {
  return ctimeNs > mtimeNs;
}

/** What a document says, or its flaws with line and column. */
export function understand(bytes: Uint8Array, domain: Hostname): Parsed<Tenant> {
  if (bytes.length > MOST_BYTES) return flawed(tooLong());
  try {
    const yaml = readYaml(bytes);
    if (!yaml.ok) return yaml;
    const tenant = readDocument(yaml.value.value, domain);
    return tenant.ok ? tenant : flawed(...tenant.flaws.map(yaml.value.locate));
  } catch (error) {
    // Such as a stack overflow in thousands of nested brackets: one document's flaw must stay that document's.
    return flawed(notUnderstood(error));
  }
}

export function isDocumentName(file: string): boolean {
  return DOCUMENT_NAME.test(file);
}

/** The name that a new document gets, and other ones that people give it. */
export function likelyFiles(domain: Hostname): readonly string[] {
  const names = [...new Set([domain, toUnicode(domain)])];
  return names.flatMap((name) => [`${name}.yaml`, `${name}.yml`]);
}

/** The domain that a document's file name stands for. */
export function domainOfFile(file: string): Parsed<Hostname> {
  const name = DOCUMENT_NAME.exec(file)?.[1] ?? '';
  const domain = parsePolicyDomain(name);
  if (domain.ok) return domain;
  return flawed(
    ...domain.flaws.map((flaw) => ({ ...flaw, path: '', remedy: `Rename the file: ${flaw.remedy}` })),
  );
}

function stampOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino}-${size}-${mtimeNs}-${ctimeNs}`;
}

/** At most one byte more than a document may have. */
function readWhole(path: string): Content {
  // Not blocking, for what was a file may by now be a pipe that nobody writes to.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile()) return { outcome: 'missing' };
    const buffer = Buffer.allocUnsafe(Math.min(Number(stats.size), MOST_BYTES) + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(file, buffer, length, buffer.length - length, length);
    }
    const isSame = stampOf(fstatSync(file, { bigint: true })) === stampOf(stats);
    return isSame ? { outcome: 'read', bytes: buffer.subarray(0, length), stats } : { outcome: 'changing' };
  } finally {
    closeSync(file);
  }
}

function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name;
}

function unreadableStamp(code: string): string {
  return `unreadable ${code}`;
}

/** The stamp is no file's, so that it is tried again at every look at the folder: the reason may have passed. */
function unreadable(file: string, code: string): Reading {
  const flaw = {
    path: '',
    message: `The file can't be read (${code})`,
    remedy: 'Let the user that Postseal runs as read it',
  };
  const stamp = unreadableStamp(code);
  const document = { file, stamp, digest: '', tenant: flawed(flaw), isUnterminated: false };
  return { outcome: 'document', document };
}

function tooLong(): Flaw {
  return {
    path: '',
    message: `The file is too long (over ${MOST_BYTES} bytes)`,
    remedy: 'Keep it under 256 KiB',
  };
}

function notUnderstood(error: unknown): Flaw {
  return {
    path: '',
    message: `The file can't be understood (${codeOf(error)})`,
    remedy: 'Write it simpler: a document has no deep nesting',
  };
}
