import { type BigIntStats, closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Flaw, flawed, type Parsed } from '../../flaws/flaw.ts';
import { type Hostname, parsePolicyDomain } from '../../names/hostname.ts';
import { readDocument } from '../../tenant/document.ts';
import type { ReadDocument } from '../../tenant/reconcile.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { readYaml } from './yaml.ts';

// A policy has at most 64 KiB; its document, with comments, is far from this.
const MOST_BYTES = 256 * 1024;

const DOCUMENT_NAME = /^([^.].*)\.ya?ml$/;

/** The folder of tenant documents, `<domain>.yaml` each; all other files in it are left alone. */
export class DocumentFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The names of all documents. Throws where the folder can't be read. */
  files(): string[] {
    return readdirSync(this.path).filter(isDocumentName);
  }

  /** What tells one content of a file from another without reading it; undefined where there is no such file. */
  stamp(file: string): string | undefined {
    const stats = statSync(join(this.path, file), { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() ? stampOf(stats) : undefined;
  }

  /**
   * Reads the document of a domain; an unreadable one is a flaw.
   * @returns `vanished` where there is none, `changing` where it was written to in the meantime.
   */
  read(file: string, domain: Hostname): ReadDocument | 'vanished' | 'changing' {
    const before = this.stamp(file);
    if (before === undefined) return 'vanished';
    const tenant = this.#tenant(file, domain);
    return this.stamp(file) === before ? { file, stamp: before, tenant } : 'changing';
  }

  #tenant(file: string, domain: Hostname): Parsed<Tenant> {
    let bytes: Uint8Array;
    try {
      bytes = readWhole(join(this.path, file));
    } catch (error) {
      return flawed(unreadable(error as NodeJS.ErrnoException));
    }
    if (bytes.length > MOST_BYTES) return flawed(tooLong(bytes.length));
    const yaml = readYaml(bytes);
    if (!yaml.ok) return yaml;
    const tenant = readDocument(yaml.value.value, domain);
    return tenant.ok ? tenant : flawed(...tenant.flaws.map(yaml.value.locate));
  }
}

export function isDocumentName(file: string): boolean {
  return DOCUMENT_NAME.test(file);
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
function readWhole(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(Number(fstatSync(file).size), MOST_BYTES) + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(file, buffer, length, buffer.length - length, length);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function unreadable(error: NodeJS.ErrnoException): Flaw {
  return {
    path: '',
    message: `The file can't be read (${error.code ?? error.name})`,
    remedy: 'Let the user that Postseal runs as read it',
  };
}

function tooLong(length: number): Flaw {
  return {
    path: '',
    message: `The file is too long (over ${length - 1} bytes)`,
    remedy: 'Keep it under 256 KiB',
  };
}
