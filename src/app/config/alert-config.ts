import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import type { Secret } from './secret.ts';
import type { Settings } from './settings.ts';

/** Where alerts are told, beside the log. */
export interface AlertConfig {
  /** http or https; often whoever knows it may write there. */
  readonly webhook: Secret | undefined;
  readonly webhookSecret: Secret | undefined;
  /** The absolute path of a program. */
  readonly command: string | undefined;
}

/** Reads the section `alerts`. */
export function readAlerts(settings: Settings['alerts'] = {}): Parsed<AlertConfig> {
  const { webhook, webhook_secret, command } = settings;
  const flaws = [...webhookFlaws(webhook, webhook_secret), ...commandFlaws(command)];
  if (flaws.length > 0) return flawed(...flaws);
  return parsed({
    webhook,
    webhookSecret: webhook_secret,
    command: command && resolve(command),
  });
}

function webhookFlaws(webhook: Secret | undefined, webhookSecret: Secret | undefined): readonly Flaw[] {
  const flaws: Flaw[] = [];
  if (webhook !== undefined && !/^https?:$/.test(URL.parse(webhook.reveal())?.protocol ?? '')) {
    const remedy = 'Write an address such as https://alerts.example.net/postseal';
    flaws.push({ path: 'alerts.webhook', message: 'Is no http or https address', remedy });
  }
  if (webhook === undefined && webhookSecret !== undefined) {
    const remedy = 'Set alerts.webhook too, or remove this';
    flaws.push({ path: 'alerts.webhook_secret', message: 'Signs nothing: there is no webhook', remedy });
  }
  return flaws;
}

function commandFlaws(command: string | undefined): readonly Flaw[] {
  if (command === undefined) return [];
  try {
    accessSync(resolve(command), constants.X_OK);
    return [];
  } catch (error) {
    const message = `The program can't be run (${(error as NodeJS.ErrnoException).code})`;
    const remedy = 'Write the path of one program, without arguments, that Postseal may run';
    return [{ path: 'alerts.command', message, remedy }];
  }
}
