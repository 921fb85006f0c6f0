import { createHash, type KeyObject, sign } from 'node:crypto';
import { bits, der, integer, octets, oid, sequence, TRUE, utcTime, utf8 } from './der.ts';

export interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
  /** SubjectPublicKeyInfo of the key, DER. */
  readonly spki: Buffer;
}

export interface Wish {
  readonly subject: string;
  readonly spki: Buffer;
  readonly serial: Buffer;
  readonly days: number;
  /** The DNS name of a leaf; a certificate without one is a CA's. */
  readonly host?: string;
}

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const ECDSA_SHA384 = '1.2.840.10045.4.3.3';
const RSA_SHA256 = '1.2.840.113549.1.1.11';
const DAY = 86_400_000;
/** Two embedded timestamps of certificate transparency take about this many bytes in real leaves. */
const SCT_BYTES = 240;

/** An X.509 certificate (RFC 5280) in DER, of the extensions and the size that Let's Encrypt's have. */
export function certificate(wish: Wish, issuer: Issuer): Buffer {
  const algorithm = signatureAlgorithm(issuer.key);
  const tbs = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(wish.serial),
    algorithm.der,
    name(issuer.name),
    sequence(utcTime(new Date(Date.now() - DAY)), utcTime(new Date(Date.now() + wish.days * DAY))),
    name(wish.subject),
    wish.spki,
    der(0xa3, sequence(...extensions(wish, issuer))),
  );
  return sequence(tbs, algorithm.der, bits(sign(algorithm.hash, tbs, issuer.key)));
}

export function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function signatureAlgorithm(key: KeyObject): { der: Buffer; hash: string } {
  if (key.asymmetricKeyType === 'rsa') return { der: sequence(oid(RSA_SHA256), der(0x05)), hash: 'sha256' };
  const wide = key.asymmetricKeyDetails?.namedCurve === 'secp384r1';
  return { der: sequence(oid(wide ? ECDSA_SHA384 : ECDSA_SHA256)), hash: wide ? 'sha384' : 'sha256' };
}

function name(common: string): Buffer {
  return sequence(der(0x31, sequence(oid('2.5.4.3'), utf8(common))));
}

function extensions(wish: Wish, issuer: Issuer): Buffer[] {
  const both = [
    extension('2.5.29.14', octets(keyId(wish.spki))),
    extension('2.5.29.35', sequence(der(0x80, keyId(issuer.spki)))),
    extension('1.3.6.1.5.5.7.1.1', sequence(sequence(oid('1.3.6.1.5.5.7.48.2'), uri('http://ca.example/')))),
    extension('2.5.29.31', sequence(sequence(der(0xa0, der(0xa0, uri('http://ca.example/100.crl')))))),
    extension('2.5.29.32', sequence(sequence(oid('2.23.140.1.2.1')))),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
  ];
  return [...both, ...(wish.host === undefined ? ofCa() : ofLeaf(wish.host))];
}

function ofCa(): Buffer[] {
  return [
    extension('2.5.29.19', sequence(TRUE), true),
    extension('2.5.29.15', bits(Buffer.from([0x86]), 1), true),
  ];
}

function ofLeaf(host: string): Buffer[] {
  return [
    extension('2.5.29.19', sequence(), true),
    extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
    extension('2.5.29.17', sequence(der(0x82, Buffer.from(host)))),
    extension('1.3.6.1.4.1.55555.1', octets(Buffer.alloc(SCT_BYTES, 0x5c))),
  ];
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [TRUE] : []), octets(value));
}

const uri = (text: string): Buffer => der(0x86, Buffer.from(text));

function keyId(spki: Buffer): Buffer {
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}
