'use strict';
// Several copiers in one group share the work.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { eventually } = require('./containers');
const { withCopier } = require('./copier');
const { newStore, oldStore, withStores } = require('./stores');
const { numbered } = require('./witnesses');

const STREAMS = Array.from({ length: 30 }, (_, i) => `hero-${i}`);
const EVENTS = 60;

for (const direction of [
  [oldStore, newStore],
  [newStore, oldStore],
]) {
  const [from, to] = direction.map((make) => make().name);
  test(`three copiers in one group, from ${from} to ${to}: each has a share, nothing is lost, doubled or out of order`, () =>
    withStores(direction, (source, destination) =>
      withCopier(source, destination, {}, (first) =>
        withCopier(source, destination, {}, (second) =>
          withCopier(source, destination, {}, async (third) => {
            const copiers = [first, second, third];
            await Promise.all(copiers.map((copier) => copier.says('subscribed to')));
            const written = new Map(STREAMS.map((stream) => [stream, numbered(EVENTS)]));
            for (let from = 0; from < EVENTS; from += 20) {
              for (const [stream, events] of written) await source.witness.append(stream, events.slice(from, from + 20));
            }
            for (const [stream, events] of written) {
              await eventually(stream, async () => (await destination.witness.count(stream)) >= EVENTS);
              const ids = (await destination.witness.read(stream)).map(({ id }) => id);
              assert.deepEqual(ids, events.map(({ id }) => id), stream);
            }
            for (const copier of copiers) {
              assert.equal(await copier.stop(), 0);
              assert.match(await copier.output(), /copied [1-9]/);
            }
          }),
        ),
      ),
    ));
}
