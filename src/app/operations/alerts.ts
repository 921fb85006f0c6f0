import type { Logger } from 'pino';
import type { AlertSource } from '../../alerts/alert.ts';
import type { Channel } from '../../alerts/channel.ts';
import { commandChannel } from '../../alerts/command.ts';
import { webhookChannel } from '../../alerts/webhook.ts';
import { AlertFile } from '../../store/files/alert-file.ts';
import type { StateAccess } from '../../store/files/connection.ts';
import type { AlertConfig } from '../config/alert-config.ts';
import type { Config } from '../config/config.ts';
import { AlertJob } from './alert-job.ts';

interface AlertsOptions {
  readonly config: Config;
  readonly file: StateAccess;
  readonly sources: readonly AlertSource[];
  readonly log: Logger;
  now(): number;
}

/** The job that tells alerts to the log, and wherever else the operator wants them told. */
export function openAlertJob({ config, file, sources, log, now }: AlertsOptions): AlertJob {
  return new AlertJob({
    sources,
    channels: [logChannel(log), ...outsideChannels(config.alerts)],
    openStore: () => new AlertFile(file),
    serviceName: config.serviceName,
    log,
    now,
  });
}

/** The channels that the operator configured. */
export function outsideChannels({ webhook, webhookSecret, command }: AlertConfig): readonly Channel[] {
  return [
    ...(webhook ? [webhookChannel({ url: webhook.reveal(), secret: webhookSecret?.reveal() })] : []),
    ...(command === undefined ? [] : [commandChannel(command)]),
  ];
}

function logChannel(log: Logger): Channel {
  return {
    name: 'log',
    async tell({ alerts, more }) {
      for (const alert of alerts)
        log[alert.state === 'resolved' ? 'info' : 'warn']({ event: 'alert', ...alert });
      if (more > 0) log.warn({ event: 'alerts_more', more });
      return { outcome: 'told' };
    },
  };
}
