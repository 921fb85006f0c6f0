import { cloudflarePublisher } from '../../announce/cloudflare.ts';
import { powerDnsPublisher } from '../../announce/powerdns.ts';
import type { Publisher } from '../../announce/publisher.ts';
import { rfc2136Publisher } from '../../announce/rfc2136.ts';
import { route53Publisher } from '../../announce/route53.ts';
import { webhookPublisher } from '../../announce/webhook.ts';
import { tsigKey } from '../../dns/tsig.ts';
import type { PublisherSettings } from '../config/publisher-settings.ts';

export interface PublisherParts {
  /** Of our own DNS server. */
  readonly own: Publisher;
  /** For whom a person sets the records. */
  readonly manual: Publisher;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The one that the operator set. Secrets are revealed here, to the one who needs them. */
export function configuredPublisher(settings: PublisherSettings, parts: PublisherParts): Publisher {
  const { own, manual, now } = parts;
  switch (settings.by) {
    case 'own':
      return own;
    case 'manual':
      return manual;
    case 'rfc2136': {
      const { server, zone, key } = settings;
      const secret = Buffer.from(key.secret.reveal(), 'base64');
      return rfc2136Publisher({ server, zone, key: tsigKey(key.name, key.algorithm, secret), now });
    }
    case 'cloudflare':
      return cloudflarePublisher({ ...settings, apiToken: settings.apiToken.reveal(), now });
    case 'route53':
      return route53Publisher({ ...settings, secretAccessKey: settings.secretAccessKey.reveal(), now });
    case 'powerdns':
      return powerDnsPublisher({ ...settings, apiKey: settings.apiKey.reveal(), now });
    case 'webhook':
      return webhookPublisher({ ...settings, secret: settings.secret.reveal(), now });
  }
}
