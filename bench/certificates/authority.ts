import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificate, type Issuer, pem } from './certificate.ts';

/** A root and two intermediates that live in a folder, so that later runs can add certificates. */
export interface Authority {
  /** PEM of the root, for whoever verifies. */
  readonly root: string;
  /** The file that each tenant has: private key, leaf, intermediate, all PEM. */
  issue(host: string, intermediate: Intermediate): string;
}

/**
 * `p384` is what Let's Encrypt signs with. It takes a millisecond a certificate, so names that are never
 * fetched, nine of ten in a folder of 100,000, are signed by `p256`.
 */
type Intermediate = 'p384' | 'p256';

const LEAF_DAYS = 90;
const CA_DAYS = 3650;

export function openAuthority(folder: string): Authority {
  if (!existsSync(join(folder, 'p256.pem'))) create(folder);
  const chains = { p384: open(folder, 'p384'), p256: open(folder, 'p256') };
  return {
    root: readFileSync(join(folder, 'root.pem'), 'utf8'),
    issue(host, intermediate) {
      const { issuer, chain } = chains[intermediate];
      const { privateKey, spki } = newKey('P-256');
      const leaf = certificate({ subject: host, spki, serial: serial(), days: LEAF_DAYS, host }, issuer);
      return privateKey.export({ type: 'pkcs8', format: 'pem' }) + pem(leaf) + chain;
    },
  };
}

function create(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const root: Issuer = { name: 'Bench Root', key: privateKey, spki };
  const self = certificate({ subject: root.name, spki, serial: serial(), days: CA_DAYS }, root);
  writeFileSync(join(folder, 'root.pem'), pem(self));
  for (const kind of ['p384', 'p256'] as const) createIntermediate(folder, kind, root);
}

function createIntermediate(folder: string, kind: Intermediate, root: Issuer): void {
  const { privateKey, spki } = newKey(kind === 'p384' ? 'P-384' : 'P-256');
  const made = certificate({ subject: commonName(kind), spki, serial: serial(), days: CA_DAYS }, root);
  writeFileSync(join(folder, `${kind}.key`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(folder, `${kind}.pem`), pem(made));
}

function open(folder: string, kind: Intermediate): { issuer: Issuer; chain: string } {
  const key = createPrivateKey(readFileSync(join(folder, `${kind}.key`)));
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    issuer: { name: commonName(kind), key, spki },
    chain: readFileSync(join(folder, `${kind}.pem`), 'utf8'),
  };
}

const commonName = (kind: Intermediate): string => `Bench ${kind}`;

function newKey(namedCurve: string): { privateKey: KeyObject; spki: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) };
}

function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}
