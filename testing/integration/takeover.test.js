'use strict';
// A group that the npm package has made and half worked off is taken over: same group, same position, and a destination
// that holds the package's copies, whose bytes it has written anew.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const path = require('node:path');
const { test } = require('node:test');
const { eventually } = require('./containers');
const { withCopier } = require('./copier');
const { PASSWORD, newStore, oldStore, withStores } = require('./stores');

const STREAMS = ['hero-1', 'hero-2', 'hero-3'];
const CONFIGURATION = `
subscriptions:
  - {stream: $ce-hero, group: taken-over}
events:
  - type: HeroGrew
`;

// Bytes that JSON.parse and JSON.stringify do not give back.
const grown = (number) => ({
  id: randomUUID(),
  type: 'HeroGrew',
  text: `{ "number" : ${number}.0 }`,
  metadata: { user: 'integration' },
});

// Runs the package until `done`, and kills it: it has no way to stop.
async function withOldPackage(source, destination, done) {
  const credentials = { username: 'admin', password: PASSWORD };
  const settings = {
    source: source.packageSettings(credentials),
    destination: destination.packageSettings(credentials),
    stream: '$ce-hero',
    group: 'taken-over',
  };
  const old = spawn(process.execPath, [path.join(__dirname, 'old-package.js'), JSON.stringify(settings)]);
  let output = '';
  for (const stream of [old.stdout, old.stderr]) stream.on('data', (text) => (output += text));
  const ended = new Promise((resolve) => old.on('exit', resolve));
  try {
    await done();
  } catch (error) {
    throw new Error(`${error.message}; the package wrote:\n${output}`, { cause: error });
  } finally {
    old.kill('SIGKILL');
    await ended;
  }
}

async function total(destination) {
  const counts = await Promise.all(STREAMS.map((stream) => destination.witness.count(stream)));
  return counts.reduce((sum, count) => sum + count, 0);
}

const directions = [
  // The package acknowledges what it has written, so it may be killed in the middle, which needs some time.
  { direction: [oldStore, newStore], isKilledMidway: true, each: 400 },
  { direction: [oldStore, oldStore], isKilledMidway: true, each: 400 },
  // Here it acknowledges before it writes, and loses what is on its way: it is killed when it has nothing to do.
  { direction: [newStore, oldStore], isKilledMidway: false, each: 60 },
  { direction: [newStore, newStore], isKilledMidway: false, each: 60 },
];

for (const { direction, isKilledMidway, each } of directions) {
  const [from, to] = direction.map((make) => make().name);
  test(`takes over a group of the npm package, from ${from} to ${to}`, () =>
    withStores(direction, async (source, destination) => {
      const written = new Map(STREAMS.map((stream) => [stream, Array.from({ length: each }, (_, i) => grown(i))]));
      const write = async (first, last) => {
        for (const [stream, events] of written) await source.witness.append(stream, events.slice(first, last));
      };
      const all = STREAMS.length * each;

      await write(0, isKilledMidway ? each : each / 2);
      await withOldPackage(source, destination, () =>
        eventually('the package copies', async () => (await total(destination)) >= (isKilledMidway ? all / 4 : all / 2)),
      );
      const before = await total(destination);
      assert.ok(before < all, 'something is left to do');
      if (!isKilledMidway) await write(each / 2, each);

      await withCopier(source, destination, { configuration: CONFIGURATION }, async (copier) => {
        await eventually('the rest', async () => (await total(destination)) >= all);
        assert.equal(await copier.stop(), 0);
        const output = await copier.output();
        assert.match(output, /subscribed to '\$ce-hero' as group 'taken-over'/);
        assert.doesNotMatch(output, /the group created/, 'it has kept its position');
      });
      for (const [stream, events] of written) {
        const ids = (await destination.witness.read(stream)).map(({ id }) => id);
        assert.deepEqual(ids.sort(), events.map(({ id }) => id).sort(), `nothing lost or doubled in ${stream}`);
      }
    }));
}
