import { type Command, Option } from 'commander';
import { SCOPES } from '../access/scope.ts';
import { type AuditOptions, listAudit } from './audit.ts';
import type { Session } from './config.ts';
import { type EventOptions, followEvents } from './events.ts';
import { wholeNumber } from './tenant-commands.ts';
import { createToken, listTokens, type NewTokenOptions, revokeToken } from './token.ts';

interface Json {
  readonly json?: boolean;
}

// Lines that are told where no number is given.
const LINES = 100;

/** Adds the commands of tokens, the audit and events. */
export function addAccessCommands(program: Command, session: () => Session): void {
  const token = program.command('token').description('look after the tokens of the admin API');
  token
    .command('create')
    .argument('<name>', 'a name that no token had before')
    .description('make a token, and print what it says: once and never again')
    .addOption(new Option('--scope <scope>', 'what it may do').choices([...SCOPES]).default('admin'))
    .option('--domain <domain...>', 'only for these tenants')
    .option('--label <label...>', 'only for tenants with one of these labels, key=value each')
    .option('--expires <time>', 'until then: 90d, or a time such as 2027-11-22T00:00:00Z')
    .option('--local', "on this machine's state file, without the admin API: for when all tokens are lost")
    .option('--json', 'one JSON document')
    .action((name: string, options: NewTokenOptions) => createToken(name, options, session()));
  token
    .command('list')
    .description('list all tokens that there ever were, without what they say')
    .option('--json', 'one JSON document')
    .action((options: Json) => listTokens(options, session()));
  token
    .command('revoke')
    .argument('<token>', 'its name or its id')
    .description('make a token good for nothing, from this moment on')
    .option('--json', 'one JSON document')
    .action((name: string, options: Json) => revokeToken(name, options, session()));

  const audit = program.command('audit').description('look at who did what');
  audit
    .command('list')
    .description('list what was done and what was refused, the newest first')
    .option('--actor <name>', 'only by them, such as token:console')
    .option('--action <action>', 'only this, such as tenant.replace')
    .option('--domain <domain>', 'only to this tenant')
    .option('--since <time>', 'not before')
    .option('--until <time>', 'before')
    .option('--limit <lines>', 'so many lines', wholeNumber, LINES)
    .option('--json', 'one JSON document')
    .action((options: AuditOptions) => listAudit(options, session()));
  audit
    .command('verify')
    .description("look whether every line is there as it was written, in this machine's state file")
    .option('--json', 'one JSON document')
    .action(async (options: Json) =>
      (await import('./audit-verify.ts')).verifyAudit(options, session().config),
    );

  program
    .command('events')
    .description('print what happens, as it happens, until it is interrupted')
    .option('--domain <domain>', 'only of this tenant')
    .option('--kind <kind...>', 'only of these kinds, such as publication.stage')
    .option('--after <number>', 'from the one after this on', wholeNumber)
    .option('--json', 'a JSON document per line')
    .action((options: EventOptions) => followEvents(options, session()));
}
