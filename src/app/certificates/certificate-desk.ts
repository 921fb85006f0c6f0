import type { CertificateDesk } from '../../admin/parts.ts';
import type { CertificateState } from '../../certs/certificate-state.ts';
import { policyHost } from '../../names/hostname.ts';
import type { PemFolder } from '../../store/files/pem.ts';
import type { Certificates } from './certificates.ts';

export interface CertificateDeskOptions {
  /** Undefined where none are ordered. */
  readonly certificates: Pick<Certificates, 'state' | 'renew'> | undefined;
  readonly pems: PemFolder;
  readonly localCa: boolean;
  now(): number;
}

/** Tells what certificates there are, wherever they come from. */
export function certificateDesk({
  certificates,
  pems,
  localCa,
  now,
}: CertificateDeskOptions): CertificateDesk {
  return {
    state: (domain) => {
      const host = policyHost(domain);
      const known = certificates?.state(host);
      if (known !== undefined) return known;
      const nothing = {
        host,
        issuer: undefined,
        notAfter: undefined,
        renewAt: undefined,
        why: '',
        remedy: '',
      };
      const pair = pems.read(host);
      if (pair.ok) {
        const { notAfter } = pair.value;
        return { ...nothing, state: notAfter <= now() ? 'expired' : 'valid', issuer: 'folder', notAfter };
      }
      if (localCa) return { ...nothing, state: 'valid', issuer: 'local CA' };
      const [flaw] = pair.flaws;
      return {
        ...nothing,
        state: 'none',
        why: flaw?.message ?? '',
        remedy: flaw?.remedy ?? '',
      } satisfies CertificateState;
    },
    renew: (domain) => (certificates?.renew(policyHost(domain)) ? 'asked' : 'not-here'),
  };
}
