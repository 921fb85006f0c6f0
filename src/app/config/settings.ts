import Type from 'typebox';
import { TSIG_ALGORITHMS } from '../../dns/tsig.ts';
import type { Secret } from './secret.ts';

/** Who brings policy ids into DNS: our own server, the operator's, a provider of DNS, or a person. */
const ANNOUNCE = ['own', 'rfc2136', 'cloudflare', 'route53', 'powerdns', 'webhook', 'manual'] as const;

const authority = {
  directory: text("the address of a CA's ACME directory, or off"),
  email: text('the address that the CA may write to'),
  profile: text('a certificate profile, by the name that the CA gives it'),
  ca_file: text("a file of PEM certificates, for a CA whose own address the machine doesn't trust"),
  eab_key_id: text('the key id of an external account binding'),
  eab_hmac_key: secret('the key of an external account binding, in base64url'),
};

/**
 * Every key of the configuration, as it is written in the file. A key's environment variable is its path in upper
 * case, joined by `_`, after `POSTSEAL_`: `listen.https` is `POSTSEAL_LISTEN_HTTPS`.
 */
export const Settings = Type.Object(
  {
    service_name: Type.Optional(
      Type.String({ description: "the host name that tenants' CNAMEs point at, such as sts.example.net" }),
    ),
    listen: section({
      https: text('addresses with ports, such as "[::]:443", several joined by commas'),
      http: text('addresses with ports, such as "[::]:80", or off'),
      dns: text('addresses with ports, such as "[::]:53", or off'),
      metrics: text('addresses with ports, such as "127.0.0.1:9464", or off'),
      admin: text('addresses with ports, such as "127.0.0.1:8470", or off'),
    }),
    store: section({
      policies: text('the folder of the tenant documents'),
      certs: text('the folder of the certificates'),
      state: text('the folder of the state file'),
    }),
    local_ca: Type.Optional(
      Type.Boolean({
        description: 'true to issue certificates from a CA of its own, for trying out; else false',
      }),
    ),
    acme: section({
      ...authority,
      challenges: text('http-01, tls-alpn-01 or both joined by a comma, the preferred one first'),
      parallel: count('the most orders at once, from 1 to 100', 100),
    }),
    acme_fallback: section(authority),
    dns: section({
      resolver: text('addresses of DNS resolvers with ports, such as "9.9.9.9:53", several joined by commas'),
      announce: Type.Optional(Type.Enum(ANNOUNCE, { description: `one of ${ANNOUNCE.join(', ')}` })),
      zone: text("the zone that tenants' names point into, such as z.sts.example.net"),
      nameservers: text('names of the servers that answer for the zone, several joined by commas'),
      ttl: count('seconds from 1 to 86400', 86_400),
      negative_ttl: count('seconds from 1 to 86400', 86_400),
      secondaries: text('addresses with ports of servers that copy the zone, several joined by commas'),
      transfer_key: secret('the key that secondaries sign with, in base64'),
      transfer_key_name: text("the key's name"),
      transfer_key_algorithm: tsigAlgorithm(),
      rfc2136: section({
        server: text('the address of the primary with its port, such as "192.0.2.53:53"'),
        zone: text('the zone to change, where it is not to be found by its SOA record'),
        key_name: text('the name of the key that may change the zone'),
        key_algorithm: tsigAlgorithm(),
        key_secret: secret('the secret of the key, in base64'),
      }),
      cloudflare: section({
        api_token: secret('an API token that may edit DNS of the zone'),
        zone_id: text('the id of the zone, for a token that may not look for it'),
      }),
      route53: section({
        access_key_id: text('the id of an access key'),
        secret_access_key: secret('the access key itself'),
        region: text('the region of signatures, such as us-east-1'),
        hosted_zone_id: text('the id of the hosted zone, for a key that may not look for it'),
      }),
      powerdns: section({
        url: text("the address of the server's API, such as http://127.0.0.1:8081"),
        api_key: secret("the server's api-key"),
        server_id: text('the id of the server, where it is not localhost'),
        zone: text('the zone to change, where it is not to be found by the name'),
      }),
      webhook: section({
        url: text('an http or https address that takes record sets'),
        secret: secret('what the requests are signed with: whsec_ and base64, or any text'),
      }),
    }),
    outside: section({
      connect_to: text(
        'where policy hosts are reached from here, such as "10.0.0.5:443", in the place of what DNS tells',
      ),
      ca_file: text('a file of PEM certificates that senders trust beside the usual ones, for a private CA'),
    }),
    reports: section({
      rua: text('where TLS reports go, such as "mailto:tlsrpt@example.net", several joined by commas'),
    }),
    admin_token: secret('a token of the scope admin, at least 32 characters that nobody can guess'),
    admin_proxies: text('addresses or networks of proxies before the admin API, joined by commas'),
    workers: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 256 })], {
        description: 'auto, or a number of processes from 1 to 256',
      }),
    ),
    limits: section({
      connections: count('the most connections at once, from 1 to 1000000', 1_000_000),
      certificates: count('the most certificates in memory per worker, from 1 to 1000000', 1_000_000),
      dns_responses: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 1_000_000,
          description: 'the most equal answers of DNS a second to one network, to 1000000; 0 for any number',
        }),
      ),
      requests: count('requests a minute of one token of the admin API, from 1 to 1000000', 1_000_000),
    }),
    alerts: section({
      webhook: secret('an http or https address that takes alerts by POST, as JSON'),
      webhook_secret: secret('signs what is sent to the webhook, by HMAC-SHA256'),
      command: text('a program that takes alerts on its stdin, as JSON'),
    }),
    metrics: section({
      per_host: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 100_000,
          description: 'the most hosts with a metric of their own, from 0 to 100000',
        }),
      ),
    }),
    log: section({
      level: Type.Optional(
        Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
          description: 'one of trace, debug, info, warn, error, fatal and silent',
        }),
      ),
    }),
  },
  { additionalProperties: false, description: 'the configuration' },
);

export type Announce = (typeof ANNOUNCE)[number];

export type Settings = Type.Static<typeof Settings>;

function section<T extends Type.TProperties>(properties: T) {
  return Type.Optional(Type.Object(properties, { additionalProperties: false }));
}

function text(description: string) {
  return Type.Optional(Type.String({ minLength: 1, description }));
}

/**
 * A text that must not be seen. It may also stand in a file named by the variable with `_FILE` at its end. It is
 * checked as a text, and made a {@link Secret} as soon as it is known to be one.
 */
function secret(description: string) {
  return Type.Optional(Type.Unsafe<Secret>({ type: 'string', minLength: 1, description, secret: true }));
}

function tsigAlgorithm() {
  return Type.Optional(Type.Enum(TSIG_ALGORITHMS, { description: `one of ${TSIG_ALGORITHMS.join(', ')}` }));
}

function count(description: string, maximum: number) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum, description }));
}
