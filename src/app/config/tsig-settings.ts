import type { TsigAlgorithm } from '../../dns/tsig.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { quote } from '../../flaws/quote.ts';
import type { Secret } from './secret.ts';

/** A key to sign DNS messages with. */
export interface TsigSettings {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  /** In base64. */
  readonly secret: Secret;
}

const FEWEST_OCTETS = 16;

/** @param paths the keys of the configuration that hold the secret and the name. */
export function readTsigKey(
  {
    name: written,
    algorithm = 'hmac-sha256',
    secret,
  }: Partial<TsigSettings> & Pick<TsigSettings, 'name' | 'secret'>,
  paths: { readonly secret: string; readonly name: string },
): Parsed<TsigSettings> {
  const flaws: Flaw[] = [];
  const octets = Buffer.from(secret.reveal(), 'base64');
  const isBase64 = octets.toString('base64').replace(/=+$/, '') === secret.reveal().replace(/=+$/, '');
  if (!isBase64 || octets.length < FEWEST_OCTETS) {
    const message = `Is no key of at least ${FEWEST_OCTETS} octets in base64`;
    flaws.push({ path: paths.secret, message, remedy: 'Make one, for example with keymgr -t NAME' });
  }
  const name = written.toLowerCase().replace(/\.$/, '');
  if (!/^[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63}){0,2}$/.test(name)) {
    const message = `${quote(name)} is no name of a key`;
    flaws.push({ path: paths.name, message, remedy: 'Use letters, digits, hyphens and dots' });
  }
  return flaws.length > 0 ? flawed(...flaws) : parsed({ name, algorithm, secret });
}
