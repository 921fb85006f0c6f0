import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './run.ts';

/** Folder of the npm that this machine has. */
export async function npmFolder(): Promise<string> {
  const found = process.env.npm_execpath ?? (await run('sh', ['-c', 'command -v npm'])).trim();
  return join(dirname(await realpath(found)), '..');
}

/** How this machine reaches its npm registry; no passwords or tokens. */
export interface RegistryAccess {
  readonly registry: string;
  /** Certificates (PEM) of the authorities to trust, beside Node's own ones. */
  readonly authorities: string | undefined;
}

/** Reads the registry's address and certificate authorities from npm's configuration. */
export async function registryAccess(): Promise<RegistryAccess> {
  const registry = await npmSetting('registry');
  const file = (await npmSetting('cafile')) ?? process.env.NODE_EXTRA_CA_CERTS;
  if (registry === undefined) throw new Error('npm has no registry configured');
  return { registry, authorities: file && (await readFile(file, 'utf8')) };
}

async function npmSetting(name: string): Promise<string | undefined> {
  const value = (await run('npm', ['config', 'get', name])).trim();
  return value === 'null' || value === 'undefined' || value === '' ? undefined : value;
}
