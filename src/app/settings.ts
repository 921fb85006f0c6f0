import Type from 'typebox';

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
      metrics: text('addresses with ports, such as "127.0.0.1:9464", or off'),
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
    workers: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 256 })], {
        description: 'auto, or a number of processes from 1 to 256',
      }),
    ),
    limits: section({
      connections: count('the most connections at once, from 1 to 1000000', 1_000_000),
      certificates: count('the most certificates in memory per worker, from 1 to 1000000', 1_000_000),
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

export type Settings = Type.Static<typeof Settings>;

function section<T extends Type.TProperties>(properties: T) {
  return Type.Optional(Type.Object(properties, { additionalProperties: false }));
}

function text(description: string) {
  return Type.Optional(Type.String({ minLength: 1, description }));
}

function count(description: string, maximum: number) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum, description }));
}
