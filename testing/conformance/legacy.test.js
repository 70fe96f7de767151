'use strict';
// A store of the old generation: CONFORMANCE_LEGACY_TCP and CONFORMANCE_LEGACY_HTTP say where it is, as HOST:PORT.

const assert = require('node:assert/strict');
const { after, test } = require('node:test');
const { defineCopyCases } = require('./copy_cases');
const { NO_ID, defineCases, stream, json, binary, refused } = require('./cases');
const { LegacyStore } = require('./legacy_store');

const address = { tcp: process.env.CONFORMANCE_LEGACY_TCP, http: process.env.CONFORMANCE_LEGACY_HTTP };
const open = (credentials) => LegacyStore.open({ ...address, ...credentials });

if (!address.tcp || !address.http) {
  test('legacy', { skip: 'no address of a store of the old generation' });
} else {
  defineCases(open);
  defineCopyCases(open);
  defineLegacyCases();
}

function defineLegacyCases() {
  const check = (name, run, credentials) => test(name, { timeout: 120000 }, async () => {
    const store = await open(credentials);
    try {
      await run(store);
    } finally {
      store.close();
    }
  });

  check('errors: an event of more than 16 MiB', async (store) => {
    await refused(store.append(stream(), [binary(Buffer.alloc(17 * 1024 * 1024, 1))]), 'bad-request');
    assert.deepEqual(await store.append(stream(), [json()]), { next: 0 });
  });
  check('errors: an id of zeros', async (store) => {
    await refused(store.append(stream(), [{ ...json(), id: NO_ID }]), 'bad-request');
  });

  // Access rules.
  check('access: a wrong password', async (store) => {
    await refused(store.append(stream(), [json()]), 'not-authenticated');
  }, { user: 'admin', password: 'wrong' });
  check('access: anonymous on a plain stream', async (store) => {
    const s = stream();
    await store.append(s, [json()]);
    assert.equal((await store.read(s)).events.length, 1);
  }, { user: '' });
  check('access: anonymous on $-streams, $all and groups', async (store) => {
    await refused(store.append('$' + stream(), [json()]), 'access-denied');
    await assert.rejects(store.readAll());
    await assert.rejects(store.createGroup(stream(), 'g'));
  }, { user: '' });
  check('access: a list of rights in the metadata', async (store) => {
    const s = stream();
    await store.append(s, [json()]);
    await store.setMetadata(s, { $acl: { $w: '$admins', $r: '$all' } });
    const anonymous = await open({ user: '' });
    try {
      assert.equal((await anonymous.read(s)).events.length, 1);
      await refused(anonymous.append(s, [json()]), 'access-denied');
    } finally {
      anonymous.close();
    }
  });

  // geteventstore-promise, over HTTP.
  check('http: ping, and streams that are there, missing and deleted', async (store) => {
    const http = store.httpClient();
    await http.ping();
    const s = stream();
    assert.equal(await http.checkStreamExists(s), false);
    await store.append(s, [json()]);
    assert.equal(await http.checkStreamExists(s), true);
    await store.delete(s, { hard: true });
    await assert.rejects(http.checkStreamExists(s), (error) => error.response.status === 410);
  });
  check('http: groups asserted twice, told, and removed', async (store) => {
    const groups = store.httpClient().persistentSubscriptions;
    const s = stream();
    await groups.assert('g', s, { maxRetryCount: 4 });
    await groups.assert('g', s, { maxRetryCount: 5 });
    assert.equal((await groups.getSubscriptionInfo('g', s)).config.maxRetryCount, 5);
    assert.deepEqual((await groups.getStreamSubscriptionsInfo(s)).map((g) => g.groupName), ['g']);
    await groups.remove('g', s);
    await assert.rejects(groups.remove('g', s), (error) => error.response.status === 404);
  });
  check('http: events written', async (store) => {
    const s = stream();
    await store.httpClient().writeEvent(s, 'Written', { a: 1 }, { m: 1 });
    const [{ event }] = (await store.read(s)).events;
    assert.equal(event.type, 'Written');
    assert.deepEqual(JSON.parse(event.data), { a: 1 });
  });
  check('http: events read forward and backward', async (store) => {
    const http = store.httpClient();
    const s = stream();
    const events = [json(), json(), binary(Buffer.from([0, 255])), json()];
    await store.append(s, events);
    const ids = events.map(({ id }) => id);
    assert.deepEqual((await http.getAllStreamEvents(s, 3)).map((e) => e.eventId), ids);
    const [first] = await http.getEvents(s, 1, 2, 'forward');
    assert.equal(first.eventId, ids[1]);
    assert.equal(first.eventNumber, 1);
    assert.deepEqual(first.data, JSON.parse(events[1].data));
    assert.deepEqual((await http.getEvents(s, undefined, 2, 'backward')).map((e) => e.eventId), [ids[3], ids[2]]);
    assert.deepEqual(await http.getEvents(s, 4, 2, 'forward'), []);
  });
  check('http: a wrong password', async (store) => {
    await assert.rejects(store.httpClient().checkStreamExists('$all'), (error) => error.response.status === 401);
  }, { user: 'admin', password: 'wrong' });
}

// The HTTP client keeps its connections.
after(() => setImmediate(() => process.exit()).unref());
