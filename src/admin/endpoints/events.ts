import Type from 'typebox';
import { HAPPENINGS, type Happened } from '../../access/happening.ts';
import { parsePolicyDomain } from '../../names/hostname.ts';
import { badQuery } from '../bad-query.ts';
import type { Caller } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { EventStream } from '../event-stream.ts';
import type { Parts } from '../parts.ts';
import { problem } from '../problem.ts';
import { isWithin } from '../within.ts';

const EventsQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'the number of the last event that is known, where no Last-Event-ID can be sent',
      }),
    ),
    domain: Type.Optional(Type.String({ description: 'a tenant, for its events alone' })),
    kind: Type.Optional(
      Type.Array(Type.Enum([...HAPPENINGS]), { description: 'the kinds of events, all where none is named' }),
    ),
  },
  { additionalProperties: false },
);

const example = `id: 17
event: policy.revised
data: {"at":"2026-11-22T19:06:50.000Z","domain":"example.com","number":1,"id":"20261122T190650Z5f3a9c1e","mode":"testing","max_age":604800,"actor":"file","cause":"document changed"}

`;

export const listenToEvents = endpoint({
  id: 'listenToEvents',
  tag: 'events',
  method: 'GET',
  path: '/events',
  needs: 'viewer',
  summary: 'Listen to events',
  description:
    `Server-sent events, from now on, or from the one after Last-Event-ID: ${HAPPENINGS.join(', ')}. ` +
    'The last 10,000 are kept; an event `gap` says that what was asked for is kept no more, or was lost with the state file, ' +
    'and that everything is to be looked at anew. A comment is sent every 15 seconds. ' +
    'A token that is bound to some tenants hears of these alone, and a token that is revoked hears nothing more.',
  query: EventsQuery,
  answers: {
    200: {
      description: 'Events, as they come.',
      content: { 'text/event-stream': { schema: Type.String(), example } },
    },
  },
  handle(parts, { caller, query, lastEventId, isGood, signal }) {
    const last = lastEventId === undefined ? query.after : Number(lastEventId);
    if (last !== undefined && !Number.isSafeInteger(last)) {
      const remedy = 'Send the id of the last event, or leave it out';
      return badQuery('Last-Event-ID', 'It is no number of an event', remedy);
    }
    const domain = query.domain === undefined ? undefined : parsePolicyDomain(query.domain);
    if (domain?.ok === false) return badQuery('domain', 'It is no domain', 'Name a tenant, or leave it out');
    const release = parts.listeners.take(caller.token.id);
    if (release === undefined) {
      return problem('too-many-requests', { detail: 'Too many listen already.' }, { 'retry-after': '60' });
    }
    const { happenings, listen } = parts;
    const wants = (happened: Happened) =>
      (query.kind?.includes(happened.kind) ?? true) &&
      (domain === undefined || happened.domain === domain.value) &&
      mayHear(caller, happened, parts);
    const body = new EventStream(last, { happenings, wants, isGood, signal, listen });
    body.once('close', release);
    return { status: 200, type: 'text/event-stream', body };
  },
});

function mayHear({ token: { only } }: Caller, { domain }: Happened, { desk }: Parts): boolean {
  return only === undefined || (domain !== undefined && isWithin(only, domain, desk));
}
