import type { Endpoint } from './endpoint.ts';
import { problemsOf } from './openapi.ts';
import { PROBLEMS, type ProblemName } from './problem.ts';

/** A JSON schema, as far as it is told here. */
interface Shown {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
}

/** The reference of the API as a page of Markdown: what its document says, for people. */
export function referenceOf(endpoints: readonly Endpoint[]): string {
  const groups = [...Map.groupBy(endpoints, ({ tag }) => tag)];
  return [
    INTRODUCTION,
    '## All of it\n',
    table(
      ['request', 'what', 'scope'],
      endpoints.map((one) => [
        `[\`${one.method} ${one.path}\`](#${one.id.toLowerCase()})`,
        one.summary,
        scopeOf(one),
      ]),
    ),
    ...groups.flatMap(([tag, here]) => [
      `## ${tag[0]?.toUpperCase()}${tag.slice(1)}\n`,
      ...here.map(sectionOf),
    ]),
    '## Problems\n',
    'The type of each is `urn:postseal:problem:` and the name.\n',
    table(
      ['name', 'status', 'what'],
      Object.entries(PROBLEMS).map(([name, [status, title]]) => [`\`${name}\``, String(status), title]),
    ),
  ].join('\n');
}

const INTRODUCTION = `# The admin API

<!-- Made of the API's own description by \`npm run docs\`. -->

Everything that an operator or a tenant's own administrator does, over HTTP, on the listener \`listen.admin\`. It speaks plain
HTTP on loopback: put a proxy with TLS before it where it leaves the machine, and name the proxy in \`admin_proxies\`.
The same as OpenAPI 3.1: \`/openapi.json\`.

\`\`\`sh
curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8470/api/v1/tenants
\`\`\`

- **Tokens.** The first one, of scope admin, is printed once when the server first starts; or set \`admin_token\`. A token has a
  scope (viewer, operator, admin: each does all that the one before does) and may be bound to some tenants, by their domains
  or by labels. It sees and changes no others; their names are answered as unknown ones are. After five bad tokens in a row an
  address waits, each time twice as long.
- **Changes** need \`If-Match\` with the \`ETag\` that was read. 412: another request changed the document since. 409: somebody
  edited the file; the answer has both texts. With \`dry_run=true\` a change is only told: what is served before and after, the
  id, what is risky, and what senders will see.
- **Lists** answer \`{ "items": […], "next": cursor or null }\`.
- **The same again.** A POST with an \`Idempotency-Key\` may be sent again within 24 hours: the same request gets the same answer
  and is done once; another one with the key is refused (422). The answer is kept sealed under a key made of the token itself.
- **What is wrong** is told as a problem (RFC 9457); its \`errors\` tell each flaw with its path, message, remedy and, where there
  is one, the section of the RFC, the line and the column.
`;

function sectionOf(one: Endpoint): string {
  const { id, method, path, summary, description, query, body, answers } = one;
  const rows = Object.entries(query?.properties ?? {}).map(([name, schema]) => [
    `\`${name}\``,
    typeOf(schema as Shown),
    (schema as Shown).description ?? '',
  ]);
  const parts = [`### ${id}\n`, `\`${method} /api/v1${path}\``, `: ${summary}. Needs ${scopeOf(one)}.\n`];
  return [
    parts.join(''),
    ...(description === undefined ? [] : [`${description}\n`]),
    ...(rows.length === 0 ? [] : [table(['query', 'type', 'what'], rows)]),
    ...(body === undefined ? [] : [`Takes \`${body.type ?? 'application/json'}\`:\n`, example(body.example)]),
    ...Object.entries(answers).map(([status, { description: what }]) => `- ${status}: ${what}`),
    `- ${problemsOf(one).map(problemOf).join(', ')}\n`,
    ...shownExample(one),
  ].join('\n');
}

/** The usual answer. */
function shownExample({ answers }: Endpoint): string[] {
  const first = Object.values(answers).at(-1);
  const shown = Object.values(first?.content ?? {})[0];
  return shown === undefined ? [] : [example(shown.example)];
}

function scopeOf({ needs, isForUnbound }: Endpoint): string {
  return isForUnbound === true ? `${needs}, not bound` : needs;
}

function typeOf({ type, enum: values }: Shown): string {
  return values === undefined ? (type ?? '') : values.join(', ');
}

function problemOf(name: ProblemName): string {
  return `${PROBLEMS[name][0]} \`${name}\``;
}

function example(value: unknown): string {
  if (typeof value === 'string') return `\`\`\`\n${value.trimEnd()}\n\`\`\`\n`;
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\`\n`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[heads, heads.map(() => '---'), ...rows].map(line).join('\n')}\n`;
}
