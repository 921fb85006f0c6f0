import { Command, CommanderError, Option } from 'commander';
import { RECORD_FORMATS } from '../tenant/record-format.ts';
import { testAlerts } from './alerts.ts';
import { listCertificates, renewCertificates } from './cert.ts';
import { checkConfig } from './config.ts';
import { exportBundle } from './export.ts';
import { EXIT } from './printing.ts';
import { printRecords, type RecordsOptions } from './records.ts';
import { changeAccountKeys } from './rekey.ts';
import { serve } from './serve.ts';
import { removeTenant } from './tenant.ts';

/**
 * Runs the command line; the outcome is in `process.exitCode`.
 * `takeSignals` is called by a command that ends by itself when it is told to.
 */
export async function run(args: readonly string[], takeSignals: () => void): Promise<void> {
  const program = new Command('postseal')
    .description('Hosts the MTA-STS policies (RFC 8461) of many domains')
    .option('--config <file>', 'the configuration file (else POSTSEAL_CONFIG, else the environment alone)')
    .showHelpAfterError()
    .exitOverride();
  const config = (): string | undefined => program.opts<{ config?: string }>().config;

  program
    .command('serve')
    .description('serve the policies of all tenants until told to stop (SIGTERM)')
    .action(() => serve(config(), takeSignals));

  program
    .command('records')
    .argument('[domains...]', 'the policy domains; all tenants where none is given')
    .description('print the DNS records that tenants need, with their present policy ids')
    .addOption(new Option('--format <format>', FORMATS_HELP).choices(RECORD_FORMATS).default('zone'))
    .option('--json', 'the same as --format json')
    .action((domains: string[], options: RecordsOptions) => printRecords(domains, options, config()));

  program
    .command('tenant')
    .description('look after tenants')
    .command('remove')
    .argument('<domain>', 'the policy domain')
    .description('stop serving a tenant whose document is gone; tells what that breaks')
    .option('--force', 'although senders may still hold its policy')
    .action((domain: string, options: { force?: boolean }) => removeTenant(domain, options, config()));

  const cert = program.command('cert').description("look after tenants' certificates");
  cert
    .command('list')
    .description(
      'print the certificate of every policy host: state, CA, end, next renewal, and what is wrong',
    )
    .option('--json', 'one JSON document instead of lines')
    .action((options: { json?: boolean }) => listCertificates(options, config()));
  cert
    .command('renew')
    .argument('<domains...>', 'the policy domains')
    .description('ask for new certificates now')
    .action((domains: string[]) => renewCertificates(domains, config()));
  cert
    .command('rekey')
    .description('change the keys of our accounts at the CAs, by the running server')
    .action(() => changeAccountKeys(config()));

  program
    .command('export')
    .argument('<folder>', 'a folder that is not there yet, or empty')
    .description(
      'write all policies, documents, records and the ledger as files that other servers can serve',
    )
    .option('--json', 'what was done, as one JSON document')
    .action((folder: string, options: { json?: boolean }) => exportBundle(folder, options, config()));

  program
    .command('alerts')
    .description('look after where alerts are told')
    .command('test')
    .description('tell a test alert to the webhook and the command that are configured')
    .action(() => testAlerts(config()));

  program
    .command('config')
    .description('look at the configuration')
    .command('check')
    .description('print every flaw and contradiction of the configuration')
    .action(() => checkConfig(config()));

  // Whoever reads may stop early, as `head` does; that ends neither a list nor a server.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await program.parseAsync(args);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

const FORMATS_HELP =
  'zone: lines with whole names; bind: to paste into a zone file; cloudflare: for its import of records; json';
