'use strict';
// All four directions: what one official client writes, another reads back from the destination.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { test } = require('node:test');
const { eventually } = require('./containers');
const { CONFIGURATION, withCopier } = require('./copier');
const { directions, withStores } = require('./stores');
const { numbered } = require('./witnesses');

const STREAMS = Array.from({ length: 5 }, (_, i) => `hero-${i}`);

const CHECKED = `${CONFIGURATION}    dataSchema: {type: object, required: [number]}
  - type: Painted
`;

const odd = () => [
  { id: randomUUID(), type: 'HeroGrew', json: { number: 1, text: 'ünïcode ✓', list: [1, [2], { deep: null }] }, metadata: {} },
  { id: randomUUID(), type: 'HeroGrew', json: { number: 2 } },
  { id: randomUUID(), type: 'Painted', bytes: Buffer.from([0, 1, 254, 255, 10, 13]), metadata: { brush: 3 } },
  { id: randomUUID(), type: 'HeroGrew', json: { number: 3, big: 'x'.repeat(300_000) }, metadata: { $causedBy: 'me' } },
];

// As it must be at the destination: all the same, and the copy's three members in the metadata.
const copied = (stream) => (event) => ({
  ...event,
  metadata: { ...event.metadata, eventStreamId: stream, eventId: event.id, eventType: event.type },
});

async function expectCopied(destination, stream, events) {
  await eventually(`${events.length} events in ${stream}`, async () => (await destination.witness.count(stream)) >= events.length);
  assert.deepEqual(await destination.witness.read(stream), events.map(copied(stream)));
  if (destination.witness.idsOverHttp) {
    assert.deepEqual(await destination.witness.idsOverHttp(stream), events.map(({ id }) => id), 'over HTTP');
  }
}

for (const direction of directions) {
  const [from, to] = direction.map((make) => make().name);
  test(`copies from ${from} to ${to}, stops, and goes on`, () =>
    withStores(direction, async (source, destination) => {
      const written = new Map(STREAMS.map((stream, i) => [stream, i === 0 ? odd() : numbered(100)]));
      for (const [stream, events] of written) await source.witness.append(stream, events);
      await source.witness.append('hero-0', [
        { id: randomUUID(), type: 'SecretTold', json: { number: 0 } },
        { id: randomUUID(), type: 'HeroGrew', json: { name: 'no number' } },
      ]);

      await withCopier(source, destination, { configuration: CHECKED }, async (copier) => {
        for (const [stream, events] of written) await expectCopied(destination, stream, events);
        // While it runs, and in the middle of it.
        const more = numbered(50, 100);
        await source.witness.append('hero-1', more);
        written.get('hero-1').push(...more);
        await expectCopied(destination, 'hero-1', written.get('hero-1'));
        assert.equal(await copier.stop(), 0, 'asked to stop');
      });

      // While there is none.
      for (const stream of STREAMS) {
        const more = numbered(20, 200);
        await source.witness.append(stream, more);
        written.get(stream).push(...more);
      }
      await withCopier(source, destination, { configuration: CHECKED }, async (copier) => {
        for (const [stream, events] of written) await expectCopied(destination, stream, events);
        assert.equal(await copier.stop(), 0, 'asked to stop');
      });
    }));
}
