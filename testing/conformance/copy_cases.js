'use strict';
// What a copier of streams relies on: links, what categories leave out, groups that somebody made, destinations that hide
// events, and projections that stop. Where versions differ, each must do as its own age does.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { binary, checker, ids, json, link, many, numbers, refused, stream } = require('./cases');

const DELETION = '{"$tb":9223372036854775807}';

// The version's three numbers, to compare.
async function versionOf(store) {
  const { body } = await store.request('GET', '/info');
  const [a, b, c] = JSON.parse(body).esVersion.split('.').map(Number);
  return a * 1e6 + b * 1e3 + c;
}
const version = (a, b, c) => a * 1e6 + b * 1e3 + c;

// 21.10 breaks off the whole BatchAppend where ids are known and hidden (BatchAppendResp.cs: there is no message for "no
// position"). The client sends an append so unless it carries a login of its own.
async function endsTheCall(store) {
  if (store.generation !== 'next' || store.options.credentials) return false;
  const v = await versionOf(store);
  return v >= version(21, 10, 0) && v < version(22, 6, 0);
}

async function projection(store, name) {
  const { status, body } = await store.request('GET', `/projection/${encodeURIComponent(name)}/statistics`);
  return status === 200 ? JSON.parse(body).projections[0] : undefined;
}
async function command(store, name, what, status) {
  const answer = await store.request('POST', `/projection/${encodeURIComponent(name)}/command/${what}`, '', { 'content-type': 'application/json' });
  assert.equal(answer.status, 200, answer.body);
  while ((await projection(store, name)).status !== status) await new Promise((go) => { setTimeout(go, 100); });
}
async function withProjections(store, t, run) {
  if ((await projection(store, '$by_category'))?.status !== 'Running') return t.skip('no projections');
  return run();
}

// An event as its bytes, flagged as JSON, which the clients will not send.
async function appendRaw(store, s, type, data) {
  const { status } = await store.request('POST', `/streams/${encodeURIComponent(s)}`, data,
      { 'content-type': 'application/json', 'es-eventtype': type, 'es-eventid': randomUUID() });
  assert.equal(status, 201);
}

// Reads, links as they are, until there are so many.
async function awaitEvents(store, s, count) {
  for (;;) {
    const { events } = await store.read(s, { count: 1000 });
    if (events.length >= count) return events;
  }
}
const texts = (events) => events.map((e) => e.event.data.toString());
const place = (e) => e && `${e.number}@${e.stream}`;

function defineCopyCases(open) {
  const check = checker(open);

  // Links.
  check('links: a name with @ is cut at the first, and -1 is the last event', async (store) => {
    const plain = stream();
    const target = `${plain}@b@c`;
    await store.append(plain, many(3));
    await store.append(target, many(2));
    const s = stream();
    await store.append(s, [link(1, target), link(-1, target), link(' 0 ', target), link(-2, target)]);
    const { events } = await store.read(s, { resolve: true });
    assert.deepEqual(events.map((e) => place(e.event)), [`1@${target}`, `1@${target}`, `0@${target}`, null]);
  });
  check('links: a text that begins with no number is an event from 21.2.0 on, when it is read', async (store) => {
    const s = stream();
    await store.append(s, [binary(Buffer.from('x@y'), '$>'), binary(Buffer.from('5'), '$>')]);
    const { events } = await store.read(s, { resolve: true });
    const told = await versionOf(store) >= version(21, 2, 0);
    assert.equal(events[0].event?.type ?? null, told ? '$>' : null);
    assert.equal(events[1].event, null);
  });
  check('links: live ones are cut at every @ up to 21.10.0, history at the first', async (store) => {
    const plain = stream();
    const target = `${plain}@b`;
    const alone = `${stream()}@b`;
    await store.append(plain, many(2));
    await store.append(target, many(2));
    await store.append(alone, many(1));
    const s = stream();
    await store.append(s, [link(0, target), link(0, alone)]);
    await store.createGroup(s, 'g', { resolveLinkTos: true, startFrom: 0 });
    const consumer = await store.connect(s, 'g');
    const history = await consumer.take(2);
    assert.deepEqual(history.map((e) => place(e.event)), [`0@${target}`, `0@${alone}`]);
    consumer.ack(...history);
    await store.append(s, [link(1, target), link(0, alone)]);
    const live = await consumer.take(2);
    const every = await versionOf(store) < version(21, 10, 1);
    // Another stream's event, where there is one of the shorter name.
    assert.deepEqual(live.map((e) => place(e.event)), every ? [`1@${plain}`, null] : [`1@${target}`, `0@${alone}`]);
    assert.deepEqual(numbers(live), [2, 3]);
    // What was not found is not looked for again.
    consumer.nack('retry', live[1]);
    assert.equal(place((await consumer.next()).event), every ? null : `0@${alone}`);
  });
  check('links: a parked one leads to the event of the link again', async (store) => {
    const target = `${stream()}@b`;
    await store.append(target, many(1));
    const s = stream();
    await store.createGroup(s, 'g', { resolveLinkTos: true, maxRetryCount: 1 });
    const consumer = await store.connect(s, 'g');
    await store.append(s, [link(0, target)]);
    for (let i = 0; i < 2; ++i) consumer.nack('retry', await consumer.next());
    const [parked] = await awaitEvents(store, `$persistentsubscription-${s}::g-parked`, 1);
    assert.equal(parked.event.data.toString(), `0@${target}`);
    const { reason } = JSON.parse(parked.event.metadata);
    assert.equal(reason, 'Reached retry count of 1');
    await store.replayParked(s, 'g');
    assert.equal(place((await consumer.next()).event), `0@${target}`);
  });
  check('links: a link to a link is resolved once', async (store) => {
    const target = stream();
    const first = stream();
    const s = stream();
    await store.append(target, many(1));
    await store.append(first, [link(0, target)]);
    await store.append(s, [link(0, first)]);
    const [{ event }] = (await store.read(s, { resolve: true })).events;
    assert.equal(place(event), `0@${first}`);
    assert.equal(event.type, '$>');
    await store.createGroup(s, 'g', { resolveLinkTos: true, startFrom: 0 });
    const consumer = await store.connect(s, 'g');
    assert.equal(place((await consumer.next()).event), `0@${first}`);
  });
  for (const how of ['by the client', 'over HTTP']) {
    check(`group: made ${how} without resolving, links come as events`, async (store) => {
      const target = stream();
      const s = stream();
      await store.append(target, many(2));
      await store.append(s, [link(0, target)]);
      if (how === 'over HTTP') {
        const { status } = await store.request('PUT', `/subscriptions/${s}/g`, '{"resolveLinktos":false,"startFrom":0,"maxRetryCount":1}',
            { 'content-type': 'application/json' });
        assert.equal(status, 201);
      } else {
        await store.createGroup(s, 'g', { resolveLinkTos: false, startFrom: 0, maxRetryCount: 1 });
      }
      const consumer = await store.connect(s, 'g');
      const [history] = await consumer.take(1);
      await store.append(s, [link(1, target)]);
      const [live] = await consumer.take(1);
      assert.deepEqual([history, live].map((e) => [e.event.type, e.event.data.toString(), e.link]),
          [['$>', `0@${target}`, null], ['$>', `1@${target}`, null]]);
      for (let i = 0; i < 2; ++i) {
        consumer.nack('retry', i === 0 ? history : await consumer.next());
      }
      const [parked] = await awaitEvents(store, `$persistentsubscription-${s}::g-parked`, 1);
      assert.equal(parked.event.data.toString(), `0@${s}`);
    });
  }

  // Projections.
  // Whether it parses: by Newtonsoft.Json (21.2.0 on), and by System.Text.Json (24.10.4 on) where that is otherwise.
  const kinds = {
    object: ['{"a":1}', true], empty: ['', false], text: ['plain text', false], mark: ['\ufeff{"a":1}', false],
    depth64: ['['.repeat(64) + ']'.repeat(64), true], depth65: ['['.repeat(65) + ']'.repeat(65), 'until 21.10.7', false],
    commaInside: ['{"a":[1,],}', true], commaBehind: ['{"a":1},', false], commas: ['[1,,2]', true, false],
    comment: ['/*c*/{"a":1}', true], commentBehind: ['{"a":1}// c', true], openComment: ['{"a":1}/* c', false],
    quotes: ["{'a':'b'}", true, false], nan: ['{"a":NaN}', true, false], name: ['{a:1}', true, false],
    octal: ['[017,0x1F]', true, false], nine: ['[09]', false], twice: ['{"a":1,"a":2}', true],
    surrogate: ['["\\ud83d"]', true], escape: ['["\\x41"]', false],
    notUtf8: [Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), true], two: ['{}{}', false],
    lines: ['{"a":1}\n{"a":2}\n', false], number: ['1', true], string: ['"s"', true],
    control: ['["a\u0001\nb"]', true, false], unclosed: ['{"a":1', false], blank: [' ', false], word: ['True', false],
  };
  check('categories: what is flagged as JSON and does not parse is left out from 21.2.0 on', async (store, _, t) => {
    await withProjections(store, t, async () => {
      const category = `kinds${randomUUID().replaceAll('-', '')}`;
      const s = `${category}-1`;
      const type = `Kind${category}`;
      for (const [data] of Object.values(kinds)) await appendRaw(store, s, type, data);
      await store.append(s, [binary(Buffer.from('plain text'), type)]);
      const at = await versionOf(store);
      const parses = (newtonsoft, strict = newtonsoft) => {
        if (at < version(21, 2, 0)) return true;
        if (at >= version(24, 10, 4)) return strict;
        return newtonsoft === 'until 21.10.7' ? at < version(21, 10, 8) : newtonsoft;
      };
      const expected = Object.values(kinds).flatMap(([, ...p], i) => (parses(...p) ? [`${i}@${s}`] : []));
      expected.push(`${Object.keys(kinds).length}@${s}`);
      for (const links of [`$ce-${category}`, `$et-${type}`]) {
        assert.deepEqual(texts(await awaitEvents(store, links, expected.length)), expected, links);
      }
    });
  });
  check('categories: metadata are linked by type under the name of their stream, system streams not at all', async (store, _, t) => {
    await withProjections(store, t, async () => {
      const type = `Type${randomUUID()}`;
      const s = stream();
      if (store.generation === 'legacy') await store.append(`$${s}`, [json(type)]);
      await appendRaw(store, `$$${s}`, type, '{"mine":1}');
      await store.append(s, [json(type)]);
      assert.deepEqual(texts(await awaitEvents(store, `$et-${type}`, 2)), [`0@${s}`, `0@${s}`]);
    });
  });
  check('projections: one that is stopped makes up for it in order', async (store, _, t) => {
    await withProjections(store, t, async () => {
      const category = `late${randomUUID().replaceAll('-', '')}`;
      const streams = [`${category}-1`, `${category}-2`];
      await store.append(streams[0], many(1));
      await awaitEvents(store, `$ce-${category}`, 1);
      await command(store, '$by_category', 'disable', 'Stopped');
      try {
        for (let i = 0; i < 10; ++i) await store.append(streams[i % 2], many(1));
        await awaitEvents(store, `$et-Thing`, 1);
        assert.equal((await store.read(`$ce-${category}`)).events.length, 1);
        assert.equal((await projection(store, '$by_category')).status, 'Stopped');
      } finally {
        await command(store, '$by_category', 'enable', 'Running');
      }
      const expected = [`0@${streams[0]}`];
      for (let i = 0; i < 10; ++i) expected.push(`${i % 2 === 0 ? i / 2 + 1 : (i - 1) / 2}@${streams[i % 2]}`);
      assert.deepEqual(texts(await awaitEvents(store, `$ce-${category}`, 11)), expected);
    });
  });

  // Destinations that hide events.
  const hide = {
    maxCount: (next) => (next ? { maxCount: 1 } : { $maxCount: 1 }),
    truncateBefore: (next) => (next ? { truncateBefore: 2 } : { $tb: 2 }),
  };
  for (const [name, metadata] of Object.entries(hide)) {
    check(`hidden by ${name}: the same ids again with exact versions are known`, async (store) => {
      const s = stream();
      const events = many(3);
      await store.append(s, events, 'noStream');
      await store.setMetadata(s, metadata(store.generation === 'next'));
      if (await endsTheCall(store)) return void await assert.rejects(store.append(s, events.slice(0, 2), 'noStream'));
      assert.deepEqual(await store.append(s, events.slice(0, 2), 'noStream'), { next: 1 });
      assert.deepEqual(await store.append(s, events.slice(1), 0), { next: 2 });
      assert.deepEqual(await store.append(s, events.slice(0, 2), 'any'), { next: 1 });
      await refused(store.append(s, [events[0], json()], 'noStream'), 'wrong-expected-version');
      await refused(store.append(s, [json()], 'noStream'), 'wrong-expected-version');
      await refused(store.append(s, [json()], 0), 'wrong-expected-version');
      assert.deepEqual(numbers((await store.read(s, { from: 'end', direction: 'backward' })).events), [2]);
    });
  }
  check('hidden by a soft deletion: the same ids again are known, and it stays deleted', async (store) => {
    const s = stream();
    const events = many(3);
    await store.append(s, events, 'noStream');
    await store.delete(s);
    if (await endsTheCall(store)) return void await assert.rejects(store.append(s, events, 'noStream'));
    assert.deepEqual(await store.append(s, events, 'noStream'), { next: 2 });
    assert.deepEqual(await store.append(s, events.slice(1), 0), { next: 2 });
    await refused(store.append(s, [events[0], json()], 'noStream'), 'wrong-expected-version');
    await refused(store.append(s, [json()], 0), 'wrong-expected-version');
    await refused(store.append(s, [json()], 'exists'), 'stream-deleted');
    assert.equal((await store.read(s)).status, 'no-stream');
  });
  check('hidden by a soft deletion: noStream goes to the end and revives, by metadata that the server writes', async (store) => {
    const s = stream();
    await store.append(s, many(3));
    await store.delete(s);
    const event = json();
    assert.deepEqual(await store.append(s, [event], 'noStream'), { next: 3 });
    // Written again it is known by its new place only.
    await refused(store.append(s, [event], 'noStream'), 'wrong-expected-version');
    assert.deepEqual(await store.append(s, [event], 2), { next: 3 });
    assert.deepEqual(ids((await store.read(s, { from: 3 })).events), [event.id]);
    const [last] = (await store.read(`$$${s}`, { from: 'end', direction: 'backward' })).events;
    assert.equal(last.event.number, 1);
    assert.deepEqual(JSON.parse(last.event.data), { $tb: 3 });
  });
  check('hidden by a soft deletion: whatever is appended to its metadata revives it, empty', async (store) => {
    const s = stream();
    await store.append(s, many(3));
    await appendRaw(store, `$$${s}`, '$metadata', DELETION);
    assert.equal((await store.read(s)).status, 'no-stream');
    await appendRaw(store, `$$${s}`, '$metadata', '{"$maxCount":5}');
    const [last] = (await store.read(`$$${s}`, { from: 'end', direction: 'backward' })).events;
    assert.equal(last.event.number, 2);
    assert.deepEqual(JSON.parse(last.event.data), { $maxCount: 5, $tb: 3 });
    assert.deepEqual(await store.read(s, { from: 3 }), { status: 'ok', events: [] });
    await appendRaw(store, `$$${s}`, '$metadata', DELETION);
    await appendRaw(store, `$$${s}`, '$metadata', DELETION);
    const [again] = (await store.read(`$$${s}`, { from: 'end', direction: 'backward' })).events;
    assert.deepEqual(JSON.parse(again.event.data), { $tb: 3 });
  });
  check('hidden by maxCount: the last number of a refusal is that of the stream', async (store) => {
    const s = stream();
    await store.append(s, many(8));
    await store.setMetadata(s, hide.maxCount(store.generation === 'next'));
    assert.deepEqual(await store.append(s, [json()], 7), { next: 8 });
    await refused(store.append(s, [json()], 7), 'wrong-expected-version');
  });
}

module.exports = { defineCopyCases };
