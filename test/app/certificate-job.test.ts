import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import t from 'tap';
import { CertificateJob } from '../../src/app/certificates/certificate-job.ts';
import { CertificateSteps } from '../../src/app/certificates/certificate-steps.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { AccountKeys } from '../../src/store/files/account-keys.ts';
import { PemFolder } from '../../src/store/files/pem.ts';
import { openUpkeep } from '../../src/store/files/upkeep-file.ts';

const LOOKS = 30;
// Shorter than what the job waits for steps that end together.
const PAUSE_MILLISECONDS = 30;

t.test('looks that end one after the other do not keep the first order waiting', async (t) => {
  const folder = t.testdir();
  const store = openUpkeep(folder);
  const log = pino({ level: 'silent' });
  const happened: string[] = [];
  const issuer = {
    facts: async () => ({ issuers: [], hasRenewalInfo: false }),
    order: async () => {
      happened.push('order');
      return { outcome: 'rejected', why: 'for a test' } as const;
    },
    changeKey: async () => ({ outcome: 'changed' }) as const,
    renewalInfo: async () => undefined,
  };
  const steps = new CertificateSteps({
    store,
    pems: new PemFolder(join(folder, 'certs')),
    look: async ({ host }) => {
      await sleep(PAUSE_MILLISECONDS * (1 + hosts.indexOf(host)));
      happened.push('look');
      return { found: 'good', ways: { ca: ['http-01'] }, why: 'for a test', findings: [] };
    },
    renewed: async () => {},
    ordered: () => {},
    tell: () => undefined,
    log,
    now: Date.now,
  });
  const keys = new AccountKeys(join(folder, 'acme'), 'ca');
  const authorities = [{ name: 'ca', issuer, keys, challenges: ['http-01'], limits: {} }] as const;
  const job = new CertificateJob({ store, steps, authorities, parallel: 1, log, now: Date.now });
  const hosts = Array.from({ length: LOOKS }, (_, index) => `mta-sts.host${index}.test` as Hostname);
  job.add(hosts);
  job.start();
  while (happened.filter((each) => each === 'look').length < LOOKS) await sleep(PAUSE_MILLISECONDS);
  await job.close();
  store.close();
  t.ok(happened.includes('order'), 'an order was placed before the last look ended', { happened });
});
