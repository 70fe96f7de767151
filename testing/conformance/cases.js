'use strict';
// What both generations must do, through whatever client: each case is run against either kind of store.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { test } = require('node:test');
const { DEFAULTS } = require('./group_settings');

const NO_ID = '00000000-0000-0000-0000-000000000000';
const stream = () => `conformance-${randomUUID()}`;

function json(type = 'Thing', data = { a: 1 }, metadata = '') {
  return { id: randomUUID(), type, isJson: true, data: Buffer.from(JSON.stringify(data)), metadata: Buffer.from(metadata) };
}
function binary(data, type = 'Bytes', metadata = Buffer.alloc(0)) {
  return { id: randomUUID(), type, isJson: false, data, metadata };
}
const link = (number, target) => ({ ...binary(Buffer.from(`${number}@${target}`), '$>') });
const many = (count) => Array.from({ length: count }, (_, i) => json('Thing', { i }));
const ids = (events) => events.map((e) => (e.event || e.link || e).id);
const numbers = (events) => events.map((e) => (e.link || e.event).number);

async function refused(promise, kind) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.kind, kind, error.stack);
    return true;
  });
}

// Defines cases, each with a connection of its own: `open(options)` opens a store, `options` being user and password.
function checker(open) {
  return (name, run, options) => test(name, { timeout: 120000, ...options }, async (t) => {
    const opened = [];
    const connect = async (credentials) => {
      opened.push(await open(credentials));
      return opened.at(-1);
    };
    try {
      await run(await connect(), connect, t);
    } finally {
      await Promise.all(opened.map((store) => store.close()));
    }
  });
}

function defineCases(open) {
  const check = checker(open);

  // Appends.
  for (const expected of ['any', 'noStream']) {
    check(`append: ${expected} on a missing stream`, async (store) => {
      assert.deepEqual(await store.append(stream(), many(2), expected), { next: 1 });
    });
  }
  for (const expected of ['exists', 0, 7]) {
    check(`append: ${expected} on a missing stream is a wrong version`, async (store) => {
      await refused(store.append(stream(), [json()], expected), 'wrong-expected-version');
    });
  }
  for (const expected of ['any', 'exists', 1]) {
    check(`append: ${expected} on a stream that ends with 1`, async (store) => {
      const s = stream();
      await store.append(s, many(2));
      assert.deepEqual(await store.append(s, [json()], expected), { next: 2 });
    });
  }
  for (const expected of ['noStream', 0, 2]) {
    check(`append: ${expected} on a stream that ends with 1 is a wrong version`, async (store) => {
      const s = stream();
      await store.append(s, many(2));
      await refused(store.append(s, [json()], expected), 'wrong-expected-version');
    });
  }
  check('append: no events', async (store) => {
    const s = stream();
    await store.append(s, many(2));
    await store.append(s, []);
    assert.equal((await store.read(s)).events.length, 2);
  });
  check('append: binary, empty and big events come back as they were', async (store) => {
    const s = stream();
    const events = [
      binary(Buffer.from([0, 1, 127, 128, 255])), binary(Buffer.alloc(0)), binary(Buffer.alloc(900 * 1024, 7)),
      binary(Buffer.from('b'), 'Bytes', Buffer.from([255, 254, 0])), json('Thing', { text: 'ä€𝄞' }, '{"m":[1]}'),
    ];
    for (const event of events) await store.append(s, [event]);
    const { events: read } = await store.read(s);
    read.forEach(({ event }, i) => {
      const { id, type, isJson, data, metadata } = event;
      assert.deepEqual({ id, type, isJson, data, metadata }, events[i]);
    });
    assert.equal(read.length, events.length);
  });

  // The same ids again.
  for (const expected of ['any', 'noStream']) {
    check(`again: the same batch with ${expected} is written once`, async (store) => {
      const s = stream();
      const events = many(3);
      await store.append(s, events, expected);
      await store.append(s, [json()]);
      assert.deepEqual(await store.append(s, events, expected), { next: 2 });
      assert.equal((await store.read(s)).events.length, 4);
    });
  }
  check('again: with the version before it, cut otherwise', async (store) => {
    const s = stream();
    const events = many(4);
    await store.append(s, events, 'noStream');
    assert.deepEqual(await store.append(s, events.slice(1, 3), 0), { next: 2 });
    assert.equal((await store.read(s)).events.length, 4);
  });
  for (const expected of ['any', 'noStream']) {
    check(`again: a batch that is partly known is a wrong version (${expected})`, async (store) => {
      const s = stream();
      const events = many(2);
      await store.append(s, events, 'noStream');
      await refused(store.append(s, [...events, json()], expected), 'wrong-expected-version');
    });
  }
  check('again: an id twice in one new batch is stored twice', async (store) => {
    const s = stream();
    const event = json();
    await store.append(s, [event, event], 'noStream');
    assert.deepEqual(ids((await store.read(s)).events), [event.id, event.id]);
  });
  check('again: an id of another stream is new', async (store) => {
    const event = json();
    await store.append(stream(), [event]);
    const s = stream();
    await store.append(s, [event]);
    assert.equal((await store.read(s)).events.length, 1);
  });
  check('again: the same id with other data keeps the first', async (store) => {
    const s = stream();
    const event = json('First');
    await store.append(s, [event]);
    await store.append(s, [{ ...json('Second'), id: event.id }]);
    assert.deepEqual((await store.read(s)).events.map((e) => e.event.type), ['First']);
  });

  // Reads.
  check('read: forward, from a number, in pages', async (store) => {
    const s = stream();
    await store.append(s, many(7));
    assert.deepEqual(numbers((await store.read(s, { from: 2, count: 3 })).events), [2, 3, 4]);
    assert.deepEqual(numbers((await store.read(s, { from: 5, count: 3 })).events), [5, 6]);
    assert.deepEqual((await store.read(s, { from: 7 })), { status: 'ok', events: [] });
  });
  check('read: backward, from the end and from a number', async (store) => {
    const s = stream();
    await store.append(s, many(7));
    const backward = async (from, count) => numbers((await store.read(s, { from, count, direction: 'backward' })).events);
    assert.deepEqual(await backward('end', 3), [6, 5, 4]);
    assert.deepEqual(await backward(1, 3), [1, 0]);
    // The old protocol counts from the number that was asked for, the new one from the first event.
    assert.deepEqual((await backward(9, 5)).slice(0, 2), [6, 5]);
  });
  check('read: a missing stream', async (store) => {
    assert.deepEqual(await store.read(stream()), { status: 'no-stream', events: [] });
    assert.deepEqual(await store.read(stream(), { from: 'end', direction: 'backward' }), { status: 'no-stream', events: [] });
  });
  check('read: $all backward ends with what was written last', async (store) => {
    const s = stream();
    const events = many(3);
    await store.append(s, events);
    const last = await store.readAll({ direction: 'backward', count: 200 });
    assert.deepEqual(ids(last.filter((e) => e.event && e.event.stream === s)), ids(events).reverse());
  });
  check('read: $all forward from the start', async (store) => {
    await store.append(stream(), many(3));
    assert.equal((await store.readAll({ count: 3 })).length, 3);
  });

  // Links.
  check('links: resolved to their events, or told as they are', async (store) => {
    const target = stream();
    const s = stream();
    const events = many(2);
    await store.append(target, events);
    await store.append(s, [link(1, target), link(0, target)]);
    const resolved = (await store.read(s, { resolve: true })).events;
    assert.deepEqual(resolved.map((e) => e.event.id), [events[1].id, events[0].id]);
    assert.deepEqual(resolved.map((e) => e.link.number), [0, 1]);
    assert.deepEqual((await store.read(s)).events.map((e) => e.event.type), ['$>', '$>']);
  });
  check('links: without a target', async (store) => {
    const deleted = stream();
    await store.append(deleted, [json()]);
    const s = stream();
    await store.append(s, [link(0, stream()), link(5, deleted), link(0, deleted)]);
    await store.delete(deleted, { hard: true });
    const { events } = await store.read(s, { resolve: true });
    assert.deepEqual(events.map((e) => e.event), [null, null, null]);
    assert.deepEqual(events.map((e) => e.link.number), [0, 1, 2]);
  });

  // Metadata of streams.
  check('metadata: written and read', async (store) => {
    const s = stream();
    assert.deepEqual(await store.getMetadata(s), {});
    const written = store.generation === 'next' ? { maxCount: 2, mine: 'x' } : { $maxCount: 2, mine: 'x' };
    await store.setMetadata(s, written, 'noStream');
    assert.deepEqual(await store.getMetadata(s), written);
    await refused(store.setMetadata(s, written, 'noStream').then(() => store.setMetadata(s, { mine: 'y' }, 'noStream')),
        'wrong-expected-version');
  });
  const metadata = (store, key, value) => ({ [store.generation === 'next' ? key : '$' + key]: value });
  check('metadata: maxCount hides all but the last', async (store) => {
    const s = stream();
    await store.append(s, many(5));
    await store.setMetadata(s, metadata(store, 'maxCount', 2));
    assert.deepEqual(numbers((await store.read(s, { from: 3 })).events), [3, 4]);
    assert.deepEqual(numbers((await store.read(s, { from: 'end', direction: 'backward' })).events), [4, 3]);
  });
  check('metadata: truncateBefore hides the first', async (store) => {
    const s = stream();
    await store.append(s, many(5));
    await store.setMetadata(s, store.generation === 'next' ? { truncateBefore: 3 } : { $tb: 3 });
    assert.deepEqual(numbers((await store.read(s, { from: 3 })).events), [3, 4]);
  });
  check('metadata: maxAge hides the old', async (store) => {
    const s = stream();
    await store.setMetadata(s, metadata(store, 'maxAge', 1));
    await store.append(s, [json()]);
    for (;;) {
      const { events } = await store.read(s);
      if (events.length === 0) break;
    }
    await store.append(s, [json()]);
    assert.deepEqual(numbers((await store.read(s, { from: 1 })).events), [1]);
  });

  // Deletes and tombstones.
  check('delete: soft, then the stream is missing and its numbers go on', async (store) => {
    const s = stream();
    await store.append(s, many(2));
    await store.delete(s);
    assert.equal((await store.read(s)).status, 'no-stream');
    assert.deepEqual(await store.append(s, [json()]), { next: 2 });
    assert.deepEqual(numbers((await store.read(s, { from: 2 })).events), [2]);
  });
  check('delete: soft, then noStream begins it anew', async (store) => {
    const s = stream();
    await store.append(s, many(2));
    await store.delete(s);
    assert.deepEqual(await store.append(s, [json()], 'noStream'), { next: 2 });
  });
  check('delete: with a wrong version', async (store) => {
    const s = stream();
    await store.append(s, many(2));
    await refused(store.delete(s, { expected: 0 }), 'wrong-expected-version');
    await store.delete(s, { expected: 1 });
  });
  check('tombstone: nothing is read or written any more', async (store) => {
    const s = stream();
    await store.append(s, many(2));
    await store.delete(s, { hard: true });
    assert.equal((await store.read(s)).status, 'deleted');
    for (const expected of ['any', 'noStream', 'exists', 1]) {
      await refused(store.append(s, [json()], expected), 'stream-deleted');
    }
    await refused(store.delete(s), 'stream-deleted');
    await refused(store.delete(s, { hard: true }), 'stream-deleted');
  });

  // Subscriptions to a stream.
  check('subscription: live events', async (store) => {
    const s = stream();
    await store.append(s, many(2));
    const consumer = await store.subscribe(s);
    const events = many(3);
    await store.append(s, events);
    assert.deepEqual(ids(await consumer.take(3)), ids(events));
    await consumer.stop();
  });

  // Consumer groups.
  check('group: created, found, updated, deleted', async (store) => {
    const s = stream();
    await store.createGroup(s, 'g');
    await refused(store.createGroup(s, 'g'), 'group-exists');
    await store.updateGroup(s, 'g', { maxRetryCount: 3 });
    await store.deleteGroup(s, 'g');
    await refused(store.deleteGroup(s, 'g'), 'group-does-not-exist');
  });
  const other = {
    resolveLinkTos: true, startFrom: 5, extraStatistics: true, messageTimeout: 1234, maxRetryCount: 7,
    liveBufferSize: 77, readBatchSize: 11, historyBufferSize: 33, checkPointAfter: 4321, minCheckPointCount: 3,
    maxCheckPointCount: 44, maxSubscriberCount: 6, namedConsumerStrategy: 'Pinned',
  };
  for (const [name, value] of Object.entries(other)) {
    check(`group: the setting ${name} is kept`, async (store) => {
      const s = stream();
      await store.createGroup(s, 'g', { [name]: value });
      assert.deepEqual(await store.groupSettings(s, 'g'), { ...DEFAULTS, [name]: value });
      await store.updateGroup(s, 'g');
      assert.deepEqual(await store.groupSettings(s, 'g'), DEFAULTS);
    });
  }
  check('group: a missing one is told when it is connected to', async (store) => {
    await refused(store.connect(stream(), 'g'), 'group-does-not-exist');
  });
  for (const [from, first] of [[0, 0], [2, 2]]) {
    check(`group: begins with event ${from}`, async (store) => {
      const s = stream();
      await store.append(s, many(4));
      await store.createGroup(s, 'g', { startFrom: from });
      assert.equal((await (await store.connect(s, 'g')).next()).event.number, first);
    });
  }
  check('group: begins behind the end', async (store) => {
    const s = stream();
    await store.append(s, many(4));
    await store.createGroup(s, 'g', { startFrom: -1 });
    const consumer = await store.connect(s, 'g');
    await store.append(s, [json()]);
    assert.equal((await consumer.next()).event.number, 4);
  });
  check('group: history, then live events, in order', async (store) => {
    const s = stream();
    await store.append(s, many(30));
    await store.createGroup(s, 'g');
    const consumer = await store.connect(s, 'g', { bufferSize: 5 });
    const seen = [];
    for (let i = 0; i < 40; ++i) {
      if (i === 20) await store.append(s, many(10));
      const event = await consumer.next();
      seen.push(event.event.number);
      consumer.ack(event);
    }
    assert.deepEqual(seen, Array.from({ length: 40 }, (_, i) => i));
  });
  check('group: so many events unacknowledged, then one for each acknowledgement', async (store) => {
    const s = stream();
    await store.append(s, many(8));
    await store.createGroup(s, 'g');
    const consumer = await store.connect(s, 'g', { bufferSize: 3 });
    const held = await consumer.take(3);
    consumer.ack(held[1]);
    assert.deepEqual(numbers([...held, await consumer.next()]), [0, 1, 2, 3]);
    assert.equal(consumer.queue.length, 0);
  });
  check('group: links are resolved, and acknowledged as links', async (store) => {
    const target = stream();
    const s = stream();
    await store.append(target, many(2));
    await store.append(s, [link(0, target), link(9, target), link(1, target)]);
    await store.createGroup(s, 'g', { resolveLinkTos: true });
    const consumer = await store.connect(s, 'g', { bufferSize: 1 });
    const seen = [];
    for (let i = 0; i < 3; ++i) {
      const event = await consumer.next();
      seen.push([event.link.number, event.event && event.event.number]);
      consumer.ack(event);
    }
    assert.deepEqual(seen, [[0, 0], [1, null], [2, 1]]);
  });

  // Nack, timeouts and parked messages. `marker` comes after what must not come.
  const grouped = async (store, settings, events = [json('First'), json('Second')]) => {
    const s = stream();
    await store.append(s, events);
    await store.createGroup(s, 'g', settings);
    return s;
  };
  const parkedOf = (s) => `$persistentsubscription-${s}::g-parked`;
  const awaitParked = async (store, s, count) => {
    for (;;) {
      const { events } = await store.read(parkedOf(s), { resolve: true });
      if (events.length >= count) return events;
    }
  };
  for (const action of ['retry', 'unknown']) {
    check(`nack: ${action} brings the event again at once`, async (store) => {
      const s = await grouped(store, {}, [json('First')]);
      const consumer = await store.connect(s, 'g');
      consumer.nack(action, await consumer.next());
      const again = await consumer.next();
      assert.equal(again.event.number, 0);
      if (again.retryCount !== undefined) assert.equal(again.retryCount, 1);
    });
  }
  for (const action of ['skip', 'stop']) {
    check(`nack: ${action} drops the event and goes on`, async (store) => {
      const s = await grouped(store, {});
      const consumer = await store.connect(s, 'g', { bufferSize: 1 });
      consumer.nack(action, await consumer.next());
      const second = await consumer.next();
      assert.equal(second.event.type, 'Second');
      consumer.ack(second);
      await store.append(s, [json('Third')]);
      assert.equal((await consumer.next()).event.type, 'Third');
      assert.equal((await store.read(parkedOf(s))).status, 'no-stream');
    });
  }
  check('nack: park puts a link to the event aside', async (store) => {
    const s = await grouped(store, {});
    const consumer = await store.connect(s, 'g', { bufferSize: 1 });
    consumer.nack('park', await consumer.next());
    assert.equal((await consumer.next()).event.type, 'Second');
    const [parked] = await awaitParked(store, s, 1);
    assert.equal(parked.event.type, 'First');
    assert.match(parked.link.metadata.toString(), /Client explicitly NAK'ed message/);
  });
  check('nack: parked after so many retries', async (store) => {
    const s = await grouped(store, { maxRetryCount: 2 }, [json('First')]);
    const consumer = await store.connect(s, 'g');
    for (let i = 0; i < 3; ++i) consumer.nack('retry', await consumer.next());
    const [parked] = await awaitParked(store, s, 1);
    assert.equal(parked.event.type, 'First');
    assert.match(parked.link.metadata.toString(), /Reached retry count of 2/);
  });
  check('nack: several events in one', async (store) => {
    const s = await grouped(store, {});
    const consumer = await store.connect(s, 'g');
    consumer.nack('retry', ...await consumer.take(2));
    assert.deepEqual(numbers(await consumer.take(2)), [0, 1]);
  });
  check('parked messages are replayed to the group', async (store) => {
    const s = await grouped(store, {});
    const consumer = await store.connect(s, 'g');
    const [first, second] = await consumer.take(2);
    consumer.nack('park', first);
    consumer.ack(second);
    await awaitParked(store, s, 1);
    await store.replayParked(s, 'g');
    const again = await consumer.next();
    assert.equal(again.event.type, 'First');
    consumer.ack(again);
    await store.append(s, [json('Third')]);
    assert.equal((await consumer.next()).event.type, 'Third');
  });
  check('parked messages that are parked again are replayed again', async (store) => {
    const s = await grouped(store, {}, [json('First')]);
    const consumer = await store.connect(s, 'g');
    for (let i = 0; i < 2; ++i) {
      consumer.nack('park', await consumer.next());
      await awaitParked(store, s, 1);
      await store.replayParked(s, 'g');
    }
    assert.equal((await consumer.next()).event.type, 'First');
  });
  check('timeout: an event that nobody acknowledges comes again, then is parked', async (store) => {
    const s = await grouped(store, { messageTimeout: 1000, maxRetryCount: 1 }, [json('First')]);
    const consumer = await store.connect(s, 'g');
    assert.deepEqual(numbers(await consumer.take(2)), [0, 0]);
    const [parked] = await awaitParked(store, s, 1);
    assert.match(parked.link.metadata.toString(), /Reached retry count of 1/);
  });
  check('timeout: a late acknowledgement counts', async (store) => {
    const s = await grouped(store, { messageTimeout: 1000 }, [json('First')]);
    const consumer = await store.connect(s, 'g', { bufferSize: 1 });
    const [late] = await consumer.take(2);
    consumer.ack(late);
    await store.append(s, [json('Second')]);
    assert.equal((await consumer.next()).event.type, 'Second');
  });

  // Several consumers.
  check('consumers: RoundRobin gives to each in turn', async (store, connect) => {
    const s = stream();
    await store.createGroup(s, 'g', { startFrom: 0 });
    const consumers = [await store.connect(s, 'g'), await (await connect()).connect(s, 'g')];
    await store.append(s, many(6));
    const shares = await Promise.all(consumers.map((c) => c.take(3)));
    assert.deepEqual(shares.map((share) => numbers(share).map((n) => n % 2)).sort(), [[0, 0, 0], [1, 1, 1]]);
  });
  check('consumers: DispatchToSingle fills the first before the second', async (store, connect) => {
    const s = stream();
    await store.createGroup(s, 'g', { namedConsumerStrategy: 'DispatchToSingle' });
    const consumers = [await store.connect(s, 'g', { bufferSize: 4 }), await (await connect()).connect(s, 'g', { bufferSize: 4 })];
    await store.append(s, many(6));
    const shares = await Promise.all([consumers[0].take(2), consumers[1].take(2)]);
    const one = await Promise.race(consumers.map((c) => c.take(2).then((more) => [consumers.indexOf(c), more])));
    assert.deepEqual(numbers([...shares[one[0]], ...one[1]]), [0, 1, 2, 3]);
    assert.deepEqual(numbers(shares[1 - one[0]]), [4, 5]);
  });
  check('consumers: Pinned keeps the events of a stream together', async (store, connect) => {
    const targets = [stream(), stream(), stream(), stream()];
    const s = stream();
    for (const target of targets) await store.append(target, many(3));
    await store.createGroup(s, 'g', { namedConsumerStrategy: 'Pinned', resolveLinkTos: true, historyBufferSize: 50 });
    const owner = new Map();
    const seen = new Promise((resolve) => {
      let left = 12;
      const listen = async (consumer) => {
        while (left > 0) {
          const event = await consumer.next();
          assert.equal(owner.get(event.event.stream) ?? consumer, consumer);
          owner.set(event.event.stream, consumer);
          consumer.ack(event);
          if (--left === 0) resolve();
        }
      };
      store.listeners = [store, store].map(() => listen);
    });
    const consumers = [await store.connect(s, 'g', { bufferSize: 20 }), await (await connect()).connect(s, 'g', { bufferSize: 20 })];
    consumers.forEach((consumer, i) => store.listeners[i](consumer).catch(() => {}));
    for (let i = 0; i < 3; ++i) await store.append(s, targets.map((target) => link(i, target)));
    await seen;
  });
  check('consumers: what one held goes to the other when it leaves', async (store, connect) => {
    const s = stream();
    await store.createGroup(s, 'g');
    const leaving = await connect();
    const first = await leaving.connect(s, 'g');
    await store.append(s, many(2));
    await first.take(2);
    const second = await store.connect(s, 'g');
    await first.stop();
    assert.deepEqual(numbers(await second.take(2)), [0, 1]);
  });
  check('consumers: no more than maxSubscriberCount', async (store) => {
    const s = stream();
    await store.createGroup(s, 'g', { maxSubscriberCount: 1 });
    await store.connect(s, 'g');
    await assert.rejects(store.connect(s, 'g'));
  });
  for (const change of ['update', 'delete']) {
    check(`consumers: dropped when the group is ${change}d`, async (store) => {
      const s = stream();
      await store.createGroup(s, 'g');
      const consumer = await store.connect(s, 'g');
      await (change === 'update' ? store.updateGroup(s, 'g') : store.deleteGroup(s, 'g'));
      await consumer.end;
    });
  }
  check('consumers: a tombstone of the stream is an event, and nobody is dropped', async (store) => {
    const s = stream();
    await store.append(s, [json()]);
    await store.createGroup(s, 'g', { startFrom: -1 });
    const consumer = await store.connect(s, 'g');
    await store.delete(s, { hard: true });
    assert.equal((await consumer.next()).event.type, '$streamDeleted');
  });
}

module.exports = { NO_ID, checker, defineCases, stream, json, binary, link, many, ids, numbers, refused };
