import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { formatPath } from '../../flaws/path.ts';
import { shapeFlaws } from '../../flaws/schema.ts';
import { sealed } from '../sealing.ts';
import { Settings } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A key of the configuration with the environment variable that sets it. */
interface Variable {
  readonly name: string;
  readonly path: readonly string[];
  readonly isText: boolean;
  readonly isSecret: boolean;
}

const PREFIX = 'POSTSEAL_';

/** Names the configuration file. */
export const CONFIG_FILE = `${PREFIX}CONFIG`;

/** What the command line reads by itself: which server to talk to, and the token for it. */
export const CLIENT_VARIABLES = {
  server: `${PREFIX}SERVER`,
  token: `${PREFIX}TOKEN`,
  tokenFile: `${PREFIX}TOKEN_FILE`,
} as const;

const NO_SETTINGS: readonly string[] = [CONFIG_FILE, ...Object.values(CLIENT_VARIABLES)];

/** What Kubernetes sets in every container for a service whose name begins with `postseal`. */
const OF_KUBERNETES = /^POSTSEAL_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$/;
const PORT_OF_KUBERNETES = /^POSTSEAL_(\w+_)?PORT=(tcp|udp|sctp):\/\//;

const VARIABLES = variablesOf(Settings, []);
/** Of each of these there is one with `_FILE` at its end, too. */
export const SECRET_VARIABLES = VARIABLES.filter(({ isSecret }) => isSecret).map(({ name }) => name);

const BY_NAME = new Map(VARIABLES.map((variable) => [variable.name, variable]));
const BY_PATH = new Map(VARIABLES.map((variable) => [formatPath(variable.path), variable]));

const settingsFlaws = shapeFlaws(Settings);

/** The variable that sets a key, such as `POSTSEAL_LISTEN_HTTPS` for `listen.https`. */
export function variableOf(key: string): string | undefined {
  return BY_PATH.get(key)?.name;
}

/** The keys that environment variables set, or every flaw with the name of its variable as the path. */
export function readEnvironment(environment: Environment): Parsed<Settings> {
  const settings: Record<string, unknown> = {};
  const flaws: Flaw[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || NO_SETTINGS.includes(name) || text === undefined) continue;
    const variable = BY_NAME.get(name);
    if (variable !== undefined) place(settings, variable.path, variable.isText ? text : fromText(text));
    else if (!isOfKubernetes(name, text)) flaws.push(unknown(name));
  }
  const shape = settingsFlaws(settings).map((flaw) => ({
    ...flaw,
    path: variableOf(flaw.path) ?? flaw.path,
  }));
  flaws.push(...shape);
  return flaws.length === 0 ? parsed(sealed(settings)) : flawed(...flaws);
}

function variablesOf(schema: object, path: readonly string[]): Variable[] {
  const { properties, type, secret } = schema as {
    properties?: Record<string, object>;
    type?: string;
    secret?: boolean;
  };
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([key, value]) => variablesOf(value, [...path, key]));
  }
  const name = `${PREFIX}${path.join('_').toUpperCase()}`;
  return [{ name, path, isText: type === 'string', isSecret: secret === true }];
}

function place(settings: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) settings[key] = value;
  else {
    settings[key] ??= {};
    place(settings[key] as Record<string, unknown>, rest, value);
  }
}

function fromText(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}

function isOfKubernetes(name: string, text: string): boolean {
  return OF_KUBERNETES.test(name) || PORT_OF_KUBERNETES.test(`${name}=${text}`);
}

function unknown(name: string): Flaw {
  const known = VARIABLES.map((variable) => variable.name).join(', ');
  return {
    path: name,
    message: 'Unknown variable',
    remedy: `Remove it; the variables known here are ${known}`,
  };
}
