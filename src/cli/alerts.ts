import type { Alert } from '../alerts/alert.ts';
import { alertMessage } from '../alerts/message.ts';
import { outsideChannels } from '../app/operations/alerts.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print } from './printing.ts';

/** `postseal alerts test`: whether what is configured takes alerts. Works without a server. */
export async function testAlerts(file: string | undefined): Promise<void> {
  const config = loadConfig(file);
  if (config === undefined) return;
  const channels = outsideChannels(config.alerts);
  if (channels.length === 0) {
    fail('Alerts are told to the log alone', 'Set alerts.webhook or alerts.command', EXIT.flawed);
    return;
  }
  const now = Date.now();
  const why = 'postseal alerts test was called';
  const subject = config.serviceName;
  const alert: Alert = { kind: 'test', severity: 'warning', subject, since: now, why, remedy: '' };
  const message = alertMessage([{ state: 'raised', alert }], config.serviceName, now);
  for (const channel of channels) {
    const told = await channel.tell(message, new AbortController().signal);
    if (told.outcome === 'told') print(`${channel.name} has taken the test alert`);
    else fail(`The ${channel.name} has not taken the test alert`, told.why, EXIT.unavailable);
  }
}
