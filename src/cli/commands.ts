import { Command, CommanderError, Option } from 'commander';
import { RECORD_FORMATS } from '../tenant/record-format.ts';
import { addAccessCommands } from './access-commands.ts';
import { checkConfig, isRemote, type Session } from './config.ts';
import { CommandFailure, EXIT, failWith } from './printing.ts';
import type { RecordsOptions } from './records.ts';
import { addTenantCommands } from './tenant-commands.ts';

/**
 * Runs the command line; the outcome is in `process.exitCode`.
 * `takeSignals` is called by a command that ends by itself when it is told to.
 */
export async function run(args: readonly string[], takeSignals: () => void): Promise<void> {
  const program = createProgram(takeSignals);
  // Whoever reads may stop early, as `head` does; that ends neither a list nor a server.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await program.parseAsync(args);
  } catch (error) {
    if (error instanceof CommandFailure) return failWith(error);
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

/** All commands, as the help and the documentation know them. What a command needs is loaded when it is called. */
export function createProgram(takeSignals: () => void): Command {
  const program = new Command('postseal')
    .description('Hosts the MTA-STS policies (RFC 8461) of many domains')
    .option('--config <file>', 'the configuration file (else POSTSEAL_CONFIG, else the environment alone)')
    .option(
      '--server <address>',
      'the admin API to talk to (else POSTSEAL_SERVER, else that of this machine)',
    )
    .showHelpAfterError()
    .exitOverride();
  const session = (): Session => program.opts<Session>();
  const config = (): string | undefined => session().config;

  program
    .command('serve')
    .description('serve the policies of all tenants until told to stop (SIGTERM)')
    .action(async () => (await import('./serve.ts')).serve(config(), takeSignals));

  program
    .command('records')
    .argument('[domains...]', 'the policy domains; all tenants where none is given')
    .description('print the DNS records that tenants need, with their present policy ids')
    .addOption(new Option('--format <format>', FORMATS_HELP).choices(RECORD_FORMATS).default('zone'))
    .option('--json', 'the same as --format json')
    .action(async (domains: string[], options: RecordsOptions) => {
      if (!isRemote(session())) {
        return (await import('./records.ts')).printRecords(domains, options, config());
      }
      const { printRemoteRecords } = await import('./records-remote.ts');
      return printRemoteRecords(domains, options.json ? 'json' : options.format, session());
    });

  addTenantCommands(program, session);
  addAccessCommands(program, session);

  const cert = program.command('cert').description("look after tenants' certificates");
  cert
    .command('list')
    .description(
      'print the certificate of every policy host: state, CA, end, next renewal, and what is wrong',
    )
    .option('--json', 'one JSON document instead of lines')
    .action(async (options: { json?: boolean }) =>
      isRemote(session())
        ? (await import('./cert-remote.ts')).listRemoteCertificates(options, session())
        : (await import('./cert.ts')).listCertificates(options, config()),
    );
  cert
    .command('renew')
    .argument('<domains...>', 'the policy domains')
    .description('ask for new certificates now')
    .action(async (domains: string[]) =>
      isRemote(session())
        ? (await import('./cert-remote.ts')).renewRemoteCertificates(domains, session())
        : (await import('./cert.ts')).renewCertificates(domains, config()),
    );
  cert
    .command('rekey')
    .description('change the keys of our accounts at the CAs, by the running server')
    .action(async () => (await import('./rekey.ts')).changeAccountKeys(config()));

  program
    .command('export')
    .argument('<folder>', 'a folder that is not there yet, or empty')
    .description(
      'write all policies, documents, records and the ledger as files that other servers can serve',
    )
    .option('--json', 'what was done, as one JSON document')
    .action(async (folder: string, options: { json?: boolean }) =>
      (await import('./export.ts')).exportBundle(folder, options, config()),
    );

  program
    .command('alerts')
    .description('look after where alerts are told')
    .command('test')
    .description('tell a test alert to the webhook and the command that are configured')
    .action(async () => (await import('./alerts.ts')).testAlerts(config()));

  program
    .command('config')
    .description('look at the configuration')
    .command('check')
    .description('print every flaw and contradiction of the configuration')
    .action(() => checkConfig(config()));

  return program;
}

const FORMATS_HELP =
  'zone: lines with whole names; bind: to paste into a zone file; cloudflare: for its import of records; json';
