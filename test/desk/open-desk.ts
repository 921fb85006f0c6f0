import type { Test } from 'tap';
import { Claims } from '../../src/app/tenants/claims.ts';
import { PolicyLoop } from '../../src/app/tenants/policy-loop.ts';
import { FileDesk } from '../../src/app/tenants/tenant-desk.ts';
import type { MailHosts } from '../../src/checks/mail-hosts.ts';
import { ClaimFile } from '../../src/store/files/claim-file.ts';
import { DocumentWriter } from '../../src/store/files/document-writer.ts';
import { OnDemand } from '../../src/store/files/on-demand.ts';
import type { Actor, Edit, EditOutcome, EditRequest } from '../../src/tenant/desk.ts';
import { Desk } from '../reload/desk.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { DnsTable } from './dns-table.ts';

export const ALICE: Actor = { name: 'token:alice', address: '192.0.2.7' };

/** The desk of tenants over a real folder and a real state file, and the loop that takes changes in. */
export class OpenDesk extends Desk {
  tenants!: FileDesk;
  loop!: PolicyLoop;
  readonly dns = new DnsTable();
  /** What DNS is to say. */
  mailHosts: MailHosts | undefined;

  static async open(t: Test): Promise<OpenDesk> {
    const desk = new OpenDesk();
    t.teardown(() => desk.end());
    await desk.begin();
    return desk;
  }

  /** What the server does at its start; `hears` whether the folder is watched, too. */
  async begin(): Promise<void> {
    const writer = new DocumentWriter(this.policies);
    writer.sweep();
    this.loop = new PolicyLoop({ job: this.job, folder: this.policies, log: this.logger });
    const ready = this.loop.start();
    this.tenants = new FileDesk({
      store: this.store,
      writer,
      claims: new Claims({
        store: new ClaimFile(new OnDemand(this.state)),
        dns: this.dns,
        isOurs: (name) => name === 'sts.example.net',
        now: this.now,
      }),
      folder: this.policies,
      look: (files) => this.loop.look(files),
      ready,
      mailHosts: async () => this.mailHosts,
      ttl: 300,
      log: this.logger,
      now: this.now,
    });
    await ready;
  }

  edit(name: string, edit: Edit, more: Partial<EditRequest> = {}): Promise<EditOutcome> {
    return this.tenants.edit({ domain: policyDomain(name), edit, by: ALICE, ...more });
  }

  async end(): Promise<void> {
    await this.loop.close();
    this.tenants.close();
    this.remove();
  }
}

export function policyWith(mode: string, max_age: number, ...mx: string[]) {
  return { mode, max_age, mx };
}
