import { readFileSync } from 'node:fs';
import { CHALLENGE_TYPES, type ChallengeType } from '../../certs/issuer.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import type { Secret } from './secret.ts';
import type { Settings } from './settings.ts';

/** A CA to order certificates from, as the operator set it. */
export interface Authority {
  /** The host name of its directory. */
  readonly name: string;
  readonly directory: string;
  readonly email: string | undefined;
  readonly profile: string | undefined;
  /** PEM certificates to trust in place of the public ones. */
  readonly root: string | undefined;
  readonly eab: { readonly keyId: string; readonly hmacKey: Secret } | undefined;
}

export interface Acme {
  /** In the order of preference; none where certificates are only read from their folder. */
  readonly authorities: readonly Authority[];
  readonly challenges: readonly ChallengeType[];
  /** Orders at once at each CA. */
  readonly parallel: number;
}

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const OFF = 'off';
const PARALLEL = 20;

/** Reads the sections `acme` and `acme_fallback`. Where no CA is set, Let's Encrypt is taken for a public name. */
export function readAcme({ acme = {}, acme_fallback }: Settings, isPublic: boolean): Parsed<Acme> {
  const directory = acme.directory ?? (isPublic ? LETS_ENCRYPT : OFF);
  const found = [readAuthority('acme', { ...acme, directory })];
  if (acme_fallback !== undefined) found.push(readAuthority('acme_fallback', acme_fallback));
  const challenges = readChallenges(acme.challenges);
  const authorities = found.flatMap((authority) => (authority.ok ? (authority.value ?? []) : []));
  const flaws = [...found, challenges].flatMap((part) => (part.ok ? [] : part.flaws));
  if (authorities.length > 1 && authorities[0]?.name === authorities[1]?.name) {
    const message = `Is at the same host as acme.directory, ${authorities[0]?.name}: one is down when the other is`;
    flaws.push({
      path: 'acme_fallback.directory',
      message,
      remedy: 'Name another CA, or remove acme_fallback',
    });
  }
  if (flaws.length > 0 || !challenges.ok) return flawed(...flaws);
  return parsed({ authorities, challenges: challenges.value, parallel: acme.parallel ?? PARALLEL });
}

function readAuthority(
  section: string,
  settings: NonNullable<Settings['acme_fallback']>,
): Parsed<Authority | undefined> {
  const { directory = OFF, email, profile, ca_file, eab_key_id, eab_hmac_key } = settings;
  if (directory === OFF) return parsed(undefined);
  const root = readRoot(section, ca_file);
  const flaws: Flaw[] = root.ok ? [] : [...root.flaws];
  if (!URL.canParse(directory) || new URL(directory).protocol !== 'https:') {
    const remedy = `Write the https address of the CA's directory, such as ${LETS_ENCRYPT}`;
    flaws.push({ path: `${section}.directory`, message: 'Is no https address', remedy });
  }
  if ((eab_key_id === undefined) !== (eab_hmac_key === undefined)) {
    const missing = eab_key_id === undefined ? 'eab_key_id' : 'eab_hmac_key';
    flaws.push({ path: `${section}.${missing}`, message: 'Missing', remedy: 'Set both, or neither' });
  }
  if (flaws.length > 0 || !root.ok) return flawed(...flaws);
  const eab =
    eab_key_id === undefined || eab_hmac_key === undefined
      ? undefined
      : { keyId: eab_key_id, hmacKey: eab_hmac_key };
  return parsed({ name: new URL(directory).hostname, directory, email, profile, root: root.value, eab });
}

function readRoot(section: string, file: string | undefined): Parsed<string | undefined> {
  if (file === undefined) return parsed(undefined);
  try {
    return parsed(readFileSync(file, 'utf8'));
  } catch (error) {
    const message = `The file can't be read (${(error as NodeJS.ErrnoException).code})`;
    return flawed({
      path: `${section}.ca_file`,
      message,
      remedy: 'Correct its name, or let Postseal read it',
    });
  }
}

function readChallenges(text = CHALLENGE_TYPES.join(',')): Parsed<readonly ChallengeType[]> {
  const types = text.split(',').map((part) => part.trim());
  const isKnown = (type: string): type is ChallengeType =>
    (CHALLENGE_TYPES as readonly string[]).includes(type);
  if (types.every(isKnown)) return parsed([...new Set(types)]);
  const remedy = `Write one or both of ${CHALLENGE_TYPES.join(', ')}, the preferred one first`;
  return flawed({ path: 'acme.challenges', message: 'Has an unknown challenge type', remedy });
}
