import type Type from 'typebox';
import { keptToken, readNewToken, tellToken } from '../admin/endpoints/tokens.ts';
import { mintToken } from '../admin/mint.ts';
import type { NewTokenShape } from '../admin/shapes/token.ts';
import type { Config } from '../app/config/config.ts';
import { openAccess } from '../store/files/access-file.ts';
import { StateFileError } from '../store/files/state-error.ts';
import { CommandFailure, EXIT } from './printing.ts';

/** Whoever has the state file: for when no token is left that may make one. */
const BY = { name: 'local', address: '' };

/** Makes a token in this machine's state file; a running server takes it at once. */
export function createLocally(body: Type.Static<typeof NewTokenShape>, config: Config) {
  const now = Date.now();
  const wanted = readNewToken(body, now);
  if (!wanted.ok) throw new CommandFailure('No token was created', '', EXIT.flawed, wanted.flaws);
  const secret = mintToken();
  const token = keptToken(secret, wanted.value, BY.name, now);
  const entry = {
    at: now,
    by: BY,
    action: 'token.create',
    domain: undefined,
    before: undefined,
    after: undefined,
  };
  const access = openAccess(config.store.state);
  try {
    if (access.tokens.add(token, { ...entry, cause: token.name })) return { token: tellToken(token), secret };
  } catch (error) {
    if (!(error instanceof StateFileError)) throw error;
    throw new CommandFailure(error.message, error.remedy, EXIT.unavailable);
  } finally {
    access.close();
  }
  throw new CommandFailure(
    `A token was named ${token.name} already`,
    'Choose another name: none is used twice',
    EXIT.conflict,
  );
}
