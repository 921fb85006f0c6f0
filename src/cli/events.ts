import { setTimeout as pause } from 'node:timers/promises';
import { printable } from '../flaws/quote.ts';
import { domainOf, openClient } from './client.ts';
import type { Session } from './config.ts';
import { readEvents, type ServerEvent } from './event-stream.ts';
import { CommandFailure, EXIT, print, tell } from './printing.ts';
import { paint } from './terminal.ts';

export interface EventOptions {
  readonly domain?: string;
  readonly kind?: readonly string[];
  readonly after?: number;
  readonly json?: boolean;
}

/** Milliseconds: the first pause before it is listened again, and the longest. */
const PAUSES = { first: 1_000, longest: 30_000 };

/**
 * `postseal events`: what happens, as it happens, until it is told to stop. It goes on where it was after the server was
 * away.
 */
export async function followEvents(options: EventOptions, session: Session): Promise<void> {
  const { domain, kind, after, json } = options;
  const api = openClient(session);
  const query = { ...(domain !== undefined && { domain: domainOf(domain) }), ...(kind && { kind }) };
  let last = after === undefined ? undefined : `${after}`;
  let wait = PAUSES.first;
  for (;;) {
    const headers = { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) };
    try {
      for await (const event of readEvents(await api.stream('GET', '/events', { query, headers }))) {
        last = event.id ?? last;
        wait = PAUSES.first;
        print(json ? jsonLine(event) : line(event));
      }
    } catch (error) {
      // The first time it is a mistake of whoever asks.
      const isGone = error instanceof CommandFailure && error.code === EXIT.unavailable && last !== undefined;
      const isCut = !(error instanceof CommandFailure);
      if (!isGone && !isCut) throw error;
    }
    tell('The server is away; events go on when it is back');
    await pause(wait);
    wait = Math.min(PAUSES.longest, wait * 2);
  }
}

function jsonLine({ id, event, data }: ServerEvent): string {
  return JSON.stringify({
    number: id === undefined ? null : Number(id),
    event,
    ...(JSON.parse(data) as object),
  });
}

function line({ event, data }: ServerEvent): string {
  const { at = '', domain, ...rest } = JSON.parse(data) as Readonly<Record<string, unknown>>;
  const said = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const parts = [paint('dim', String(at)), paint('cyan', event), printable(String(domain ?? '-'))];
  return [...parts, printable(said.join(' '))].join('  ');
}
