import { type Config, readConfig } from '../app/config.ts';
import { failWithFlaws, printJson } from './printing.ts';

/** The configuration; where it is flawed, every flaw is printed and the exit code set. */
export function loadConfig(file: string | undefined): Config | undefined {
  const config = readConfig(process.env, file);
  if (config.ok) return config.value;
  failWithFlaws('The configuration is flawed', config.flaws);
  return undefined;
}

/** `postseal config check`: the configuration as it is understood, or its flaws. */
export function checkConfig(file: string | undefined): void {
  const config = loadConfig(file);
  if (config !== undefined) printJson(config);
}
