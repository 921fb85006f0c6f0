import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Server } from '../server/server.ts';
import { textOf } from './desk.ts';
import { readHealth, readMetric, served } from './running.ts';
import { SmallDisk } from './small-disk.ts';

// A busy machine is slow, not wrong.
t.setTimeout(180_000);

const DOMAINS = Array.from({ length: 20 }, (_, index) => `d${index}.test`);

/** So long that the pages of the state file which are there already can't hold all of them. */
function mxOf(generation: string): string[] {
  return Array.from({ length: 100 }, (_, index) => `mx${index}.${generation}.example.test`);
}

function publish({ home }: SmallDisk, generation: string): void {
  for (const domain of DOMAINS) {
    const path = join(home.policies, `${domain}.yaml`);
    writeFileSync(
      path,
      JSON.stringify({ domain, policy: { mode: 'enforce', max_age: 604800, mx: mxOf(generation) } }),
    );
  }
}

async function serves(
  t: Test,
  server: Server,
  disk: SmallDisk,
  generation: string,
  when: string,
): Promise<void> {
  const texts = await Promise.all(DOMAINS.map((domain) => served(server, disk, domain)));
  t.same(
    texts.filter((text) => text !== textOf(mxOf(generation))),
    [],
    when,
  );
}

async function failed(t: Test, server: Server): Promise<void> {
  const told = async () =>
    (await readHealth(server)).problems.some((problem) => /^The state file can't be written/.test(problem));
  await server.until(told, 'the problem in /readyz');
  t.match(await readHealth(server), { status: 'ready', tenants: 20 });
  t.equal(await readMetric(server, 'postseal_policies_fresh'), 0);
  t.match(server.logged('policies_not_read').at(-1), { msg: /Make room on its disk/ });
}

async function recovered(t: Test, server: Server, disk: SmallDisk, generation: string): Promise<void> {
  const last = DOMAINS.at(-1) ?? '';
  await server.until(async () => (await served(server, disk, last)) === textOf(mxOf(generation)), generation);
  await server.until(async () => (await readHealth(server)).problems.length === 0, 'no problem in /readyz');
  await serves(t, server, disk, generation, `${generation} is served when the disk can be written again`);
  t.equal(await readMetric(server, 'postseal_policies_fresh'), 1);
}

/** Waits for the workers of a server that was killed: what they have open would keep the disk from being remounted. */
async function ended(workers: readonly number[]): Promise<void> {
  while (workers.some((pid) => existsSync(`/proc/${pid}/fd/0`))) await pause(20);
}

t.test('the state file on a disk that is full, or read-only', async (t) => {
  const disk = await SmallDisk.make();
  t.teardown(() => disk.remove());
  publish(disk, 'one');
  let server = await Server.start(disk.home, {}, disk.through);
  t.teardown(() => server.stop('SIGKILL'));
  await serves(t, server, disk, 'one', 'at the start');

  t.comment('full while it runs');
  disk.fill();
  publish(disk, 'two');
  await failed(t, server);
  await serves(t, server, disk, 'one', 'the last good ones are served while the disk is full');
  disk.empty();
  await recovered(t, server, disk, 'two');

  t.comment('killed and started while it is full');
  disk.fill();
  publish(disk, 'three');
  await failed(t, server);
  await server.stop('SIGKILL');
  server = await Server.start(disk.home, {}, disk.through);
  await failed(t, server);
  await serves(t, server, disk, 'two', 'the last good ones are served after a start on a full disk');
  disk.empty();
  await recovered(t, server, disk, 'three');

  t.comment('ended and started while it is full');
  disk.fill();
  t.equal(await server.stop(), 0);
  publish(disk, 'four');
  server = await Server.start(disk.home, {}, disk.through);
  await failed(t, server);
  await serves(t, server, disk, 'three', 'the last good ones are served after another start on a full disk');
  disk.empty();
  await recovered(t, server, disk, 'four');

  t.comment('ended, and started on a read-only disk');
  t.equal(await server.stop(), 0);
  disk.remount('ro');
  publish(disk, 'five');
  server = await Server.start(disk.home, {}, disk.through);
  await failed(t, server);
  await serves(t, server, disk, 'four', 'the last good ones are served on a read-only disk');
  disk.remount('rw');
  await recovered(t, server, disk, 'five');

  t.comment('killed, and started on a read-only disk');
  const { workers } = server;
  await server.stop('SIGKILL');
  await ended(workers);
  disk.remount('ro');
  publish(disk, 'six');
  server = await Server.start(disk.home, {}, disk.through);
  await failed(t, server);
  await serves(t, server, disk, 'five', 'and also where the log of changes was left behind');
  disk.remount('rw');
  await recovered(t, server, disk, 'six');
});
