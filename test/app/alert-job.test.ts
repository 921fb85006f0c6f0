import t from 'tap';
import { World } from './alert-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

t.test('what fails at once is told in one message, and nothing twice', async (t) => {
  const world = new World(t);
  world.fail('a', 'b', 'c');
  await world.pass();
  t.same(world.said(), [['raised a', 'raised b', 'raised c']]);
  world.fail('d');
  await world.pass(MINUTE);
  world.fail('e');
  await world.pass(MINUTE);
  t.same(world.said(), [], 'what comes up soon after is gathered');
  await world.pass(13 * MINUTE);
  t.same(world.said(), [['raised d', 'raised e']]);
  world.mend('a', 'e');
  await world.pass(HOUR);
  await world.pass(HOUR);
  t.same(world.said(), [['resolved a', 'resolved e']]);
  await world.pass(22 * HOUR);
  t.same(world.said(), [['continues b', 'continues c', 'continues d']]);
});

t.test('a restart repeats nothing, and forgets nothing', async (t) => {
  const world = new World(t);
  world.fail('a', 'b');
  await world.pass();
  world.said();
  await world.restart();
  await world.pass(MINUTE);
  t.same(world.said(), []);
  world.mend('b');
  await world.restart();
  await world.pass(HOUR);
  t.same(world.said(), [['resolved b']], 'what was mended while nobody looked is told');
});

t.test(
  'a channel that takes nothing is tried ever more seldom, then told what is true by then',
  async (t) => {
    const world = new World(t);
    world.isDown = true;
    world.fail('a', 'b');
    const tries: number[] = [];
    for (let minute = 0; minute < 300; minute += 1) {
      await world.pass(MINUTE);
      if (world.said().length > 0) tries.push(minute);
    }
    t.same(tries, [0, 1, 6, 21, 81, 141, 201, 261]);
    t.match(world.job.problems(), [/^Alerts can't be told by webhook: out of order$/]);
    world.isDown = false;
    world.mend('a');
    await world.pass(HOUR);
    t.same(world.said(), [['raised b']], 'what nobody heard of is not told to be over');
    t.same(world.job.problems(), []);
    t.same(world.job.counts().messages, [
      { channel: 'webhook', outcome: 'failed', count: 8 },
      { channel: 'webhook', outcome: 'told', count: 1 },
    ]);
  },
);

t.test('while it can not be known what lasts, nothing counts as over', async (t) => {
  const world = new World(t);
  world.fail('a');
  await world.pass();
  world.said();
  world.isBlind = true;
  await world.pass(2 * HOUR);
  t.same(world.said(), []);
  world.isBlind = false;
  world.mend('a');
  await world.pass(HOUR);
  t.same(world.said(), [['resolved a']]);
});

t.test('on a full disk it is told once all the same, and remembered when there is room', async (t) => {
  const world = new World(t);
  world.isFull = true;
  world.fail('a');
  await world.pass();
  await world.pass(HOUR);
  t.same(world.said(), [['raised a']]);
  world.isFull = false;
  await world.pass(HOUR);
  await world.restart();
  await world.pass(HOUR);
  t.same(world.said(), []);
});

t.test('a clock that is set back a year silences nobody', async (t) => {
  const world = new World(t);
  world.isDown = true;
  world.fail('a');
  await world.pass();
  world.isDown = false;
  world.said();
  await world.pass(-365 * 24 * HOUR);
  t.same(world.said(), [['raised a']]);
  await world.pass(-365 * 24 * HOUR);
  t.same(world.said(), [['continues a']]);
});
