import { JSON_TYPE } from './answer.ts';
import { type Endpoint, type Promised, typesOf } from './endpoint.ts';
import { PROBLEM_TYPE, PROBLEMS, type ProblemName, problemUri } from './problem.ts';
import { ProblemShape } from './shapes/problem.ts';

type Json = Readonly<Record<string, unknown>>;

const API = '/api/v1';

const INTRODUCTION = `Edit tenants, see and undo every change.

Each request carries a token: \`Authorization: Bearer postseal_…\`. A token has a scope (viewer, operator, admin: each
does all that the one before does) and may be bound to some tenants; it sees and changes no others, whose names are
answered as unknown ones are.

What is wrong is told as a problem (RFC 9457); its \`errors\` tell each flaw with its place and what to do about it.
A change of a document needs \`If-Match\` with the \`ETag\` that was read. With \`dry_run=true\` a change is only told.
A POST with an \`Idempotency-Key\` may be sent again: the same request gets the same answer for 24 hours.
Times are in UTC.`;

const TAGS: Readonly<Record<string, string>> = {
  tenants: 'The policy domains.',
  claims: 'Domains whose control is yet to be shown.',
  tokens: 'Who may use the API.',
  audit: 'Who did what, and who was turned away.',
  events: 'What happens, as it happens.',
};

/** The document of the API, OpenAPI 3.1. It says all that the endpoints say of themselves, and nothing else. */
export function openapiOf(endpoints: readonly Endpoint[]): Json {
  const components = new Components();
  const paths = Object.fromEntries(
    [...Map.groupBy(endpoints, ({ path }) => path)].map(([path, here]) => [
      `${API}${path}`,
      Object.fromEntries(here.map((one) => [one.method.toLowerCase(), operationOf(one, components)])),
    ]),
  );
  const used = [...new Set(endpoints.map(({ tag }) => tag))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Postseal admin API',
      version: '1',
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    security: [{ token: [] }],
    tags: used.map((name) => ({ name, description: TAGS[name] })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token, postseal_…' } },
      schemas: components.schemas,
    },
  };
}

function operationOf(one: Endpoint, components: Components): Json {
  const { id, tag, summary, description, needs, isForUnbound, body } = one;
  const reach = `Needs the scope ${needs}${isForUnbound ? ', with a token that is not bound to some tenants' : ''}.`;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: description === undefined ? reach : `${description}\n\n${reach}`,
    ...listed('parameters', parametersOf(one, components)),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: {
          [body.type ?? JSON_TYPE]: { schema: components.refer(body.schema), example: body.example },
        },
      },
    }),
    responses: responsesOf(one, components),
  };
}

function listed(key: string, items: readonly unknown[]): Json {
  return items.length === 0 ? {} : { [key]: items };
}

function parametersOf(one: Endpoint, components: Components): Json[] {
  const path = [...one.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name] ?? name,
    schema: { type: 'string' },
    ...PATH_EXAMPLES[name],
  }));
  const query = Object.entries(one.query?.properties ?? {}).map(([name, schema]) => {
    const { description, ...rest } = components.refer(schema);
    return { name, in: 'query', description, schema: rest };
  });
  return [...path, ...query, ...headersOf(one)];
}

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  domain: 'The policy domain, in A-labels or in its own script.',
  id: "The token's id.",
  number: "The revision's number.",
};

const PATH_EXAMPLES: Readonly<Record<string, Json>> = {
  domain: { example: 'example.com' },
  id: { example: '3f1c9a0b7d42e655' },
  number: { example: '1' },
};

function headersOf(one: Endpoint): Json[] {
  const text = { type: 'string' };
  const found: Json[] = [];
  if (needsMatch(one))
    found.push({
      name: 'If-Match',
      in: 'header',
      required: true,
      description: 'The ETag of the document that the change was made for.',
      schema: text,
      example: '"5f3a9c1e0b7d42aa"',
    });
  if (mayBeKnown(one))
    found.push({
      name: 'If-None-Match',
      in: 'header',
      description: 'The ETag of what the client has already.',
      schema: text,
    });
  if (one.method === 'POST')
    found.push({
      name: 'Idempotency-Key',
      in: 'header',
      description:
        'A text of your own, 1 to 255 visible characters of ASCII: the request is then done once only.',
      schema: text,
    });
  return found;
}

function needsMatch({ problems = [] }: Endpoint): boolean {
  return problems.includes('precondition-required');
}

function mayBeKnown({ method, answers }: Endpoint): boolean {
  return method === 'GET' && answers[200]?.headers?.includes('etag') === true;
}

function responsesOf(one: Endpoint, components: Components): Json {
  const good = Object.entries(one.answers).map(
    ([status, promised]) => [status, responseOf(promised, components)] as const,
  );
  const known = mayBeKnown(one) ? [['304', { description: 'It is as the client has it.' }] as const] : [];
  const wrong = [...Map.groupBy(problemsOf(one), (name) => PROBLEMS[name][0])].map(
    ([status, names]) => [String(status), problemResponse(names, components)] as const,
  );
  return Object.fromEntries([...good, ...known, ...wrong]);
}

function responseOf({ description, headers = [], content }: Promised, components: Components): Json {
  return {
    description,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(
        headers.map((name) => [RESPONSE_HEADERS[name].name, RESPONSE_HEADERS[name].is]),
      ),
    }),
    ...(content !== undefined && {
      content: Object.fromEntries(
        Object.entries(content).map(([type, shown]) => [
          type,
          { schema: components.refer(shown?.schema ?? {}), example: shown?.example },
        ]),
      ),
    }),
  };
}

const RESPONSE_HEADERS = {
  etag: {
    name: 'ETag',
    is: { description: 'What tells this document from any other.', schema: { type: 'string' } },
  },
  location: {
    name: 'Location',
    is: { description: 'Where it is.', schema: { type: 'string' } },
  },
} as const;

/** All that may be wrong with a request to an endpoint. */
export function problemsOf(one: Endpoint): readonly ProblemName[] {
  const found: ProblemName[] = ['bad-request', 'unauthorized'];
  if (one.needs !== 'viewer' || one.isForUnbound) found.push('forbidden');
  if (one.path.includes('{')) found.push('not-found');
  if (typesOf(one).length > 0) found.push('not-acceptable');
  if (one.method !== 'GET') found.push('too-large');
  if (one.body !== undefined) found.push('unsupported-media-type', 'flawed');
  if (one.method === 'POST') found.push('interrupted', 'key-reused');
  found.push('too-many-requests', 'unavailable');
  return [...new Set([...found, ...(one.problems ?? [])])].sort((a, b) => PROBLEMS[a][0] - PROBLEMS[b][0]);
}

function problemResponse(names: readonly ProblemName[], components: Components): Json {
  const examples = names.map((name) => {
    const [status, title] = PROBLEMS[name];
    return [name, { value: { type: problemUri(name), title, status, detail: `${title}.` } }] as const;
  });
  return {
    description: names.map((name) => PROBLEMS[name][1]).join(', or: '),
    content: {
      [PROBLEM_TYPE]: { schema: components.refer(ProblemShape), examples: Object.fromEntries(examples) },
    },
  };
}

/** The schemas that have a name, told once and referred to. */
class Components {
  readonly schemas: Record<string, unknown> = {};

  /** A schema as it stands in the document. */
  refer(schema: object): Json {
    const { title, ...rest } = schema as Json;
    if (typeof title !== 'string') return this.#within(schema as Json);
    if (!(title in this.schemas)) {
      this.schemas[title] = {};
      this.schemas[title] = this.#within(rest);
    }
    return { $ref: `#/components/schemas/${title}` };
  }

  #within(schema: Json): Json {
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, this.#any(value)]));
  }

  #any(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#any(one));
    return typeof value === 'object' && value !== null ? this.refer(value) : value;
  }
}
