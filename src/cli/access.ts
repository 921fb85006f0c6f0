import { readFileSync } from 'node:fs';
import type { Config } from '../app/config/config.ts';
import { CLIENT_VARIABLES, type Environment } from '../app/config/environment.ts';
import { Secret } from '../app/config/secret.ts';
import { addressScope } from '../checks/address-scope.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { isSpecialUse } from '../names/special-use.ts';
import { reachable } from './reachable.ts';

/** Where the admin API is, and what opens it. */
export interface Access {
  /** Without a path. */
  readonly server: string;
  readonly token: Secret | undefined;
}

/** The server by the option, by POSTSEAL_SERVER, or else the one of this machine. A token never comes by an option. */
export function readAccess(
  option: string | undefined,
  environment: Environment,
  config: Config,
): Parsed<Access> {
  const named = option ?? environment[CLIENT_VARIABLES.server];
  const path = option === undefined ? CLIENT_VARIABLES.server : '--server';
  const server = named === undefined ? ownServer(config) : readServer(named, path);
  const token = readToken(environment, config);
  const flaws = [server, token].flatMap((part) => (part.ok ? [] : part.flaws));
  if (flaws.length > 0 || !server.ok || !token.ok) return flawed(...flaws);
  return parsed({ server: server.value, token: token.value });
}

function ownServer({ listen }: Config): Parsed<string> {
  const [address] = listen.admin;
  if (address !== undefined) return parsed(`http://${reachable(address)}`);
  const message = 'The admin API is off on this machine';
  return flawed({
    path: 'listen.admin',
    message,
    remedy: 'Give it an address, or name another server: --server',
  });
}

function readServer(text: string, path: string): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.pathname !== '/') {
    const remedy = 'Write for example https://admin.example.net, or http://127.0.0.1:8470';
    return flawed({ path, message: 'It is no address of a server', remedy });
  }
  if (url.protocol === 'https:' || isNear(url.hostname)) return parsed(url.origin);
  const message = `The token would go to ${url.hostname} for everybody to read`;
  const remedy = 'Use https, or a tunnel to that machine: ssh -L 8470:127.0.0.1:8470';
  return flawed({ path, message, remedy });
}

/** Whether a name or an address is of this machine or of a network of one's own. */
function isNear(hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (address.includes(':') || /^[\d.]+$/.test(address)) return addressScope(address) !== 'public';
  return isSpecialUse(hostname);
}

function readToken(environment: Environment, { admin }: Config): Parsed<Secret | undefined> {
  const text = environment[CLIENT_VARIABLES.token];
  if (text !== undefined) return parsed(new Secret(text));
  const file = environment[CLIENT_VARIABLES.tokenFile];
  if (file === undefined) return parsed(admin.token);
  try {
    return parsed(new Secret(readFileSync(file, 'utf8').trim()));
  } catch (error) {
    return flawed(unreadable(error as NodeJS.ErrnoException));
  }
}

function unreadable({ code }: NodeJS.ErrnoException): Flaw {
  const message = `The file can't be read (${code})`;
  return { path: CLIENT_VARIABLES.tokenFile, message, remedy: 'Correct its name, or let yourself read it' };
}
