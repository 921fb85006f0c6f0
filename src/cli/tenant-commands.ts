import { type Command, InvalidArgumentError, Option } from 'commander';
import { MODES } from '../policy/policy.ts';
import { PUBLICATION_STAGES } from '../tenant/publication.ts';
import type { Session } from './config.ts';
import type { ImportOptions } from './import-options.ts';
import type { AddOptions } from './tenant-add.ts';
import { type ChangeOptions, rollBack, type SetOptions, setTenant } from './tenant-change.ts';
import { showHistory } from './tenant-history.ts';
import { removeTenant } from './tenant-leave.ts';
import { type ListOptions, listTenants } from './tenant-list.ts';
import type { PlanOptions } from './tenant-plan.ts';
import { showPolicy, showTenant } from './tenant-show.ts';

interface Json {
  readonly json?: boolean;
}

/** Adds the commands below `tenant`. */
export function addTenantCommands(program: Command, session: () => Session): void {
  const tenant = program.command('tenant').description('look after tenants');
  listed(tenant.command('list').alias('ls'))
    .description('list tenants with their policy, and how far it is on its way to senders')
    .option('--name <piece>', 'only those whose domain has this piece')
    .addOption(new Option('--mode <mode>', 'only those in this mode').choices([...MODES]))
    .addOption(new Option('--stage <stage>', 'only those at this stage').choices([...PUBLICATION_STAGES]))
    .option('--label <label...>', 'only those with these labels, key=value each')
    .action((options: ListOptions) => listTenants(options, session()));
  listed(tenant.command('show'))
    .argument('<domain>', 'the policy domain')
    .description('show a tenant: policy, certificate, and what its newest revision waits for')
    .action((domain: string, options: Json) => showTenant(domain, options, session()));
  listed(tenant.command('policy'))
    .argument('<domain>', 'the policy domain')
    .description('print the policy as it is served, to the byte')
    .action((domain: string, options: Json) => showPolicy(domain, options, session()));
  listed(tenant.command('history').alias('revisions'))
    .argument('<domain>', 'the policy domain')
    .description('list every revision with its id, the newest first')
    .action((domain: string, options: Json) => showHistory(domain, options, session()));
  changing(policyOptions(tenant.command('add')))
    .argument('<domain>', 'the policy domain')
    .description(
      'create a tenant with a policy made from its MX, tell the DNS records, and follow it to senders',
    )
    .action(async (domain: string, options: AddOptions) =>
      (await import('./tenant-add.ts')).addTenant(domain, options, session()),
    );
  changing(policyOptions(tenant.command('adopt')))
    .argument('<domain>', 'the policy domain')
    .description(
      'take over a domain whose policy is served elsewhere, and tell how it comes here without a gap',
    )
    .action(async (domain: string, options: AddOptions) =>
      (await import('./tenant-adopt.ts')).adoptTenant(domain, options, session()),
    );
  changing(policyOptions(tenant.command('set')))
    .argument('<domain>', 'the policy domain')
    .description('change what is named of the policy and the labels, and nothing else')
    .option('--unlabel <key...>', 'labels to take away')
    .action((domain: string, options: SetOptions) => setTenant(domain, options, session()));
  changing(tenant.command('rollback'))
    .argument('<domain>', 'the policy domain')
    .argument('<number>', 'the revision', wholeNumber)
    .description('return to the policy of an earlier revision, under a new id')
    .action((domain: string, number: number, options: ChangeOptions) =>
      rollBack(domain, number, options, session()),
    );
  listed(tenant.command('plan'))
    .argument('<domain>', 'the policy domain')
    .description('tell what other MX hosts would do at senders, and the safe order of steps')
    .requiredOption('--mx <host...>', 'the MX hosts that are to be')
    .action(async (domain: string, options: PlanOptions) =>
      (await import('./tenant-plan.ts')).planTenant(domain, options, session()),
    );
  listed(tenant.command('import'))
    .argument('<source>', 'a file of JSON lines, - for stdin, a folder of documents, or an export')
    .description('create many tenants; may be repeated until nothing fails')
    .option('--update', 'change those that are there already')
    .option('--dry-run', 'tell what would come of it, and change nothing')
    .option('--cause <text>', 'why, for the history')
    .action(async (source: string, options: ImportOptions) =>
      (await import('./tenant-import.ts')).importTenants(source, options, session()),
    );
  asking(tenant.command('remove').alias('rm'))
    .argument('<domain>', 'the policy domain')
    .description('let a tenant leave through mode none (RFC 8461 section 8.3)')
    .option('--force', 'stop serving it at once, whatever that breaks at senders')
    .option('--local', "on this machine's state file, without the admin API; its document must be gone")
    .action(async (domain: string, options: ChangeOptions & { force?: boolean; local?: boolean }) =>
      options.local
        ? (await import('./tenant-remove.ts')).removeLocally(domain, options, session().config)
        : removeTenant(domain, options, session()),
    );
}

/** What all lists take. */
function listed(command: Command): Command {
  return command.option('--json', 'one JSON document');
}

function policyOptions(command: Command): Command {
  return command
    .addOption(new Option('--mode <mode>', 'the mode').choices([...MODES]))
    .option('--max-age <seconds>', 'how long senders keep the policy', wholeNumber)
    .option('--mx <host...>', 'the MX hosts, or patterns such as *.mx.example.net')
    .option('--label <label...>', 'labels, key=value each');
}

function asking(command: Command): Command {
  return listed(command)
    .option('--dry-run', 'tell what would come of it, and change nothing')
    .option('--cause <text>', 'why, for the history')
    .option('-y, --yes', 'ask nothing');
}

function changing(command: Command): Command {
  return asking(command)
    .option('--wait', 'wait until senders see it, also for what a person has to do')
    .option('--timeout <seconds>', 'wait no longer than this', wholeNumber, TIMEOUT);
}

// Seconds: a certificate takes some, and DNS as long as it takes.
const TIMEOUT = 300;

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is no whole number.');
  return Number(text);
}
