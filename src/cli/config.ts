import { type Config, readConfig } from '../app/config/config.ts';
import { CLIENT_VARIABLES } from '../app/config/environment.ts';
import { type Access, readAccess } from './access.ts';
import { CommandFailure, EXIT, failWithFlaws, printJson } from './printing.ts';

/** What was said before the command. */
export interface Session {
  /** The configuration file. */
  readonly config?: string;
  /** The admin API to talk to. */
  readonly server?: string;
}

/** Whether somebody named a server, so that nothing is looked for on this machine. */
export function isRemote({ server }: Session): boolean {
  return (server ?? process.env[CLIENT_VARIABLES.server]) !== undefined;
}

/** The configuration; where it is flawed, every flaw is printed and the exit code set. */
export function loadConfig(file: string | undefined): Config | undefined {
  const config = readConfig(process.env, file);
  if (config.ok) return config.value;
  failWithFlaws('The configuration is flawed', config.flaws);
  return undefined;
}

/** The configuration and the way to the server. Throws a {@link CommandFailure}. */
export function loadAccess({ config: file, server }: Session): {
  readonly config: Config;
  readonly access: Access;
} {
  const config = readConfig(process.env, file);
  if (!config.ok) throw new CommandFailure('The configuration is flawed', '', EXIT.flawed, config.flaws);
  const access = readAccess(server, process.env, config.value);
  if (!access.ok) throw new CommandFailure('There is no way to the server', '', EXIT.usage, access.flaws);
  return { config: config.value, access: access.value };
}

/** `postseal config check`: the configuration as it is understood, or its flaws. */
export function checkConfig(file: string | undefined): void {
  const config = loadConfig(file);
  if (config !== undefined) printJson(config);
}
