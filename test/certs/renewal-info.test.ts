import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { AuthorityKeyIdentifierExtension, X509CertificateGenerator } from '@peculiar/x509';
import t from 'tap';
import { readRetryAfter } from '../../src/acme/retry-after.ts';
import { certificateId } from '../../src/certs/certificate-id.ts';
import { readRenewalInfo } from '../../src/certs/renewal-info.ts';
import { readCases } from '../cases.ts';

interface Window {
  readonly start: string;
  readonly end: string;
}

interface Good extends Window {
  readonly title: string;
  readonly retry?: string;
  readonly page?: string;
  readonly in: number;
  readonly explanation?: string;
}

const cases = readCases<{ good: Good[]; bad: Window[] }>('renewal-info.yaml', import.meta);
const now = Date.parse('2026-11-22T20:00:00Z');

t.test('renewal information', async (t) => {
  for (const { title, start, end, retry, page, in: seconds, explanation } of cases.good) {
    const resource = {
      suggestedWindow: { start, end },
      ...(page === undefined ? {} : { explanationURL: page }),
    };
    const expected = { start: Date.parse(start), end: Date.parse(end), askAgain: now + seconds * 1000 };
    t.same(
      readRenewalInfo(resource, readRetryAfter(retry, now), now),
      explanation === undefined ? expected : { ...expected, explanation },
      title,
    );
  }
});

t.test('a window that can not be is no window', async (t) => {
  for (const suggestedWindow of cases.bad) {
    t.equal(readRenewalInfo({ suggestedWindow }, undefined, now), undefined, JSON.stringify(suggestedWindow));
  }
});

t.test('the example of RFC 9773 section 4.1: a serial number whose first bit is set', async (t) => {
  const pem = await certificate('87654321', '69885b6b87464041e1b37b847ba0ae2cde01c8d4');
  t.equal(certificateId(pem), 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  t.equal(
    certificateId(`-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n${pem}`),
    certificateId(pem),
  );
});

t.test('serial numbers otherwise, and certificates without the key of their issuer', async (t) => {
  t.equal(certificateId(await certificate('0102', 'ff')), '_w.AQI');
  t.equal(certificateId(await certificate('01', undefined)), undefined);
  t.equal(certificateId(''), undefined);
  t.equal(certificateId('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), undefined);
});

async function certificate(serialNumber: string, issuerKey: string | undefined): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const extensions = issuerKey === undefined ? [] : [new AuthorityKeyIdentifierExtension(issuerKey)];
  const options = { serialNumber, name: 'CN=test', keys, signingAlgorithm: algorithm, extensions };
  return (await X509CertificateGenerator.createSelfSigned(options)).toString('pem');
}
