import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g;

/** What stands in the file of a policy host's certificate. */
export interface KeyPairFile {
  readonly host: string;
  readonly names: string | undefined;
  /** Whether the key is the leaf's, and each certificate is signed by the one after it. */
  readonly isWhole: boolean;
  readonly serial: string;
  /** Seconds. */
  readonly lifetime: number;
}

export function readKeyPair(host: string, pem: string): KeyPairFile {
  const chain = (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text));
  const [leaf, issuer] = chain;
  if (leaf === undefined || issuer === undefined)
    throw new Error(`no chain for ${host} in ${pem.length} bytes`);
  const key = createPrivateKey(pem);
  const signed = chain.slice(1).every((certificate, index) => chain[index]?.verify(certificate.publicKey));
  return {
    host,
    names: leaf.subjectAltName,
    isWhole: pem.startsWith('-----BEGIN PRIVATE KEY-----') && leaf.checkPrivateKey(key) && signed,
    serial: leaf.serialNumber,
    lifetime: Math.round((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 1000),
  };
}

/** Reads every certificate file of a folder, as a program that comes by at any moment would. */
export async function readKeyPairs(folder: string): Promise<KeyPairFile[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.pem'));
  return Promise.all(
    files.map(async (file) => readKeyPair(file.slice(0, -4), await readFile(join(folder, file), 'utf8'))),
  );
}

/** The permission bits of a file or folder. */
export async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}
