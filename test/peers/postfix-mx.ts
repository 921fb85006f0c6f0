import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';
import { type Listener, startPostfix } from './postfix.ts';
import type { KeyAndCertificate } from './test-ca.ts';

export interface MxOptions {
  /** Domains that it takes mail for. */
  readonly domains: readonly string[];
  /** For each address what it shows after STARTTLS; without a certificate it offers no STARTTLS. */
  readonly addresses: ReadonlyMap<string, KeyAndCertificate | undefined>;
}

/** A mail exchanger: takes the mail of its domains on port 25 and throws it away. */
export interface Mx {
  close(): Promise<void>;
}

export async function startMx(host: Host, { domains, addresses }: MxOptions): Promise<Mx> {
  const keys = await host.folder('mx-keys');
  const listeners: Listener[] = [];
  for (const [address, certificate] of addresses) {
    // An IPv6 address stands in brackets before its port.
    const at = address.includes(':') ? `[${address}]:25` : `${address}:25`;
    const file = join(keys, `${listeners.length}.pem`);
    if (certificate) await writeFile(file, `${certificate.key}\n${certificate.certificate}`, { mode: 0o600 });
    listeners.push({
      at,
      settings: certificate
        ? { smtpd_tls_security_level: 'may', smtpd_tls_chain_files: file }
        : { smtpd_tls_security_level: 'none' },
    });
  }
  const settings = {
    inet_protocols: 'all',
    virtual_mailbox_domains: domains.join(', '),
    virtual_mailbox_maps: 'static:all',
    virtual_transport: 'discard:',
    smtpd_relay_restrictions: 'reject_unauth_destination',
  };
  const { program } = await startPostfix(host, 'mx', settings, listeners);
  await host.waitForPort(25, program);
  return { close: () => program.stop() };
}
