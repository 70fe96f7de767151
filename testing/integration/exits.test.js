'use strict';
// How the copier ends, seen from outside: exit codes, what it says, and the engine's restart policy.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { test } = require('node:test');
const { eventually } = require('./containers');
const { CONFIGURATION, withCopier } = require('./copier');
const { newStore, oldStore, withStores } = require('./stores');
const { numbered } = require('./witnesses');

const oldToNew = [oldStore, newStore];
const newToOld = [newStore, oldStore];

const SHORT_TIMES = {
  EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS: '1000',
  CONNECTION_LINK_CHECK_INTERVAL_IN_MS: '500',
};
const CHECKED = `
subscriptions:
  - {stream: $ce-hero, group: integration}
events:
  - {type: HeroGrew, dataSchema: {type: object, required: [number]}}
`;

const invalid = () => ({ id: randomUUID(), type: 'HeroGrew', json: { name: 'no number' } });

test('a wrong configuration: 2, and every problem is named', () =>
  withStores(oldToNew, (source, destination) =>
    withCopier(
      source,
      destination,
      {
        configuration: `${CONFIGURATION}heroes: 1\n`,
        variables: { EVENTSTORE_INTERCO_HTTP_PORT_SRC: 'x', EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC_FILE: '/run/secrets/none' },
      },
      async (copier) => {
        assert.equal(await copier.ends(), 2);
        const output = await copier.output();
        for (const name of ['heroes', 'HTTP_PORT_SRC', 'PASSWORD_SRC_FILE', '/run/secrets/none']) {
          assert.ok(output.includes(name), `${name} is named in: ${output}`);
        }
      },
    ),
  ));

test('a wrong password: 3, and it is not told', () =>
  withStores(oldToNew, (source, destination) =>
    withCopier(source, destination, { password: 'open sesame', variables: SHORT_TIMES }, async (copier) => {
      assert.equal(await copier.ends(), 3);
      assert.ok(!(await copier.output()).includes('sesame'));
    }),
  ));

for (const direction of [oldToNew, newToOld]) {
  const [from, to] = direction.map((make) => make().name);

  test(`an event that cannot be written, ${from} to ${to}: 1, and the engine restarts it as often as it is told to`, () =>
    withStores(direction, async (source, destination) => {
      await destination.witness.append('hero-gone', numbered(1));
      await destination.witness.tombstone('hero-gone');
      const [event] = numbered(1);
      await source.witness.append('hero-gone', [event]);
      await withCopier(source, destination, { variables: SHORT_TIMES, restart: ['on-failure', 2] }, async (copier) => {
        await eventually('it is given up', async () => {
          const { running, restarts } = await copier.state();
          return !running && restarts === 2;
        });
        assert.equal((await copier.state()).code, 1);
        assert.ok((await copier.output()).includes(event.id), 'the event is named');
      });
    }));

  test(`an event that cannot be written, ${from} to ${to}, with skip: it goes on`, () =>
    withStores(direction, async (source, destination) => {
      await destination.witness.append('hero-gone', numbered(1));
      await destination.witness.tombstone('hero-gone');
      await source.witness.append('hero-gone', numbered(1));
      await source.witness.append('hero-there', numbered(10));
      const configuration = `${CONFIGURATION}safetyNet: {onWriteFailure: skip}\n`;
      await withCopier(source, destination, { configuration, variables: SHORT_TIMES }, async (copier) => {
        await copier.says('skip');
        await eventually('the others', async () => (await destination.witness.count('hero-there')) === 10);
        assert.equal(await copier.stop(), 0);
      });
    }));

  test(`an invalid event, ${from} to ${to}: skipped, or 1 where it is to exit`, () =>
    withStores(direction, async (source, destination) => {
      await source.witness.append('hero-1', [invalid(), ...numbered(1)]);
      await withCopier(
        source,
        destination,
        { configuration: `${CHECKED}safetyNet: {onInvalidEvent: exit}\n` },
        async (copier) => assert.equal(await copier.ends(), 1),
      );
      assert.equal(await destination.witness.count('hero-1'), 0);
      await withCopier(source, destination, { configuration: CHECKED }, async (copier) => {
        await eventually('the valid one', async () => (await destination.witness.count('hero-1')) === 1);
        assert.equal(await copier.stop(), 0);
      });
    }));

  test(`a destination that no longer answers, ${from} to ${to}: 1, and the engine restarts it until all is copied`, () =>
    withStores(direction, async (source, destination) => {
      const events = numbered(20);
      await source.witness.append('hero-1', events.slice(0, 10));
      await withCopier(source, destination, { variables: SHORT_TIMES, restart: ['on-failure'] }, async (copier) => {
        await eventually('the first', async () => (await destination.witness.count('hero-1')) === 10);
        await destination.watched.container.pause();
        try {
          await source.witness.append('hero-1', events.slice(10));
          await eventually('it is restarted', async () => (await copier.state()).restarts > 0);
        } finally {
          await destination.watched.container.unpause();
        }
        await eventually('the rest', async () => (await destination.witness.count('hero-1')) >= 20);
        const ids = (await destination.witness.read('hero-1')).map(({ id }) => id);
        assert.deepEqual(ids, events.map(({ id }) => id), 'nothing lost, doubled or out of order');
        assert.equal(await copier.stop(), 0);
      });
    }));
}
