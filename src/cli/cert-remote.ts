import { type ListedCertificate, printCertificates } from './cert-list.ts';
import { domainOf, openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import { print } from './printing.ts';
import { domains } from './records-remote.ts';
import type { ToldCertificate } from './told.ts';

/** `postseal cert list` of a server that was named. */
export async function listRemoteCertificates(options: { json?: boolean }, session: Session): Promise<void> {
  const api = openClient(session);
  const items: ListedCertificate[] = [];
  for await (const domain of domains(api, [])) {
    const {
      not_after: notAfter,
      renew_at: renewAt,
      ...rest
    } = await api.get<ToldCertificate>(tenantPath(domain, '/certificate'));
    items.push({ ...rest, notAfter, renewAt });
  }
  printCertificates(items, options);
}

/** `postseal cert renew` at a server that was named. */
export async function renewRemoteCertificates(names: readonly string[], session: Session): Promise<void> {
  const api = openClient(session);
  for (const name of names) {
    const path = tenantPath(domainOf(name), '/certificate/renew');
    const { value } = await api.must<ToldCertificate>('POST', path);
    print(`${value.host} asked for`);
  }
}
