'use strict';
// A store of the new generation: CONFORMANCE_NEXT is its connection string. Access rules hold over TLS alone, and
// errors of deadlines are asked for by hand over HTTP/2, as the official client ends its calls itself.

const assert = require('node:assert/strict');
const http2 = require('node:http2');
const { test } = require('node:test');
const { defineCopyCases } = require('./copy_cases');
const { NO_ID, defineCases, stream, json, binary, many, refused } = require('./cases');
const { NextStore } = require('./next_store');

const connection = process.env.CONFORMANCE_NEXT;
const tls = Boolean(connection) && !/tls=false/i.test(connection);
const admin = tls ? { user: 'admin', password: 'changeit' } : {};
const open = (credentials) => NextStore.open({ connection, ...(credentials || admin) });

if (!connection) {
  test('next', { skip: 'no connection string of a store of the new generation' });
} else {
  defineCases(open);
  defineCopyCases(open);
  defineNextCases();
  defineAccessCases({ skip: tls ? false : 'a store without TLS takes everyone for the system user' });
}

async function withStore(credentials, run) {
  const store = await open(credentials);
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

// 24.10.4 and later: metadata and type count against the limit for one append as well as the data, and nobody who is
// anonymous is let in.
async function isOfToday(store) {
  const { esVersion } = JSON.parse((await store.request('GET', '/info')).body);
  const version = esVersion.split('.').map(Number);
  const first = [24, 10, 4];
  const differs = first.findIndex((n, i) => version[i] !== n);
  return differs < 0 || version[differs] > first[differs];
}

function defineNextCases() {
  const check = (name, run) => test(name, { timeout: 120000 }, () => withStore(undefined, run));

  check('errors: more than 1 MiB in one append, as the version counts', async (store) => {
    const s = stream();
    const event = (size) => binary(Buffer.alloc(size, 1), 'Bytes', Buffer.from('{}'));
    const most = 1024 * 1024 - ((await isOfToday(store)) ? 2 * event(0).type.length + event(0).metadata.length : 0);
    await store.append(s, [event(most)]);
    await refused(store.append(s, [event(most + 1)]), 'too-large');
    await refused(store.append(s, Array.from({ length: 3 }, () => event(400 * 1024))), 'too-large');
  });
  check('errors: an id of zeros', async (store) => {
    await assert.rejects(store.append(stream(), [{ ...json(), id: NO_ID }]));
  });
  check('groups: all are listed', async (store) => {
    const s = stream();
    await store.createGroup(s, 'g');
    const groups = await store.client.listAllPersistentSubscriptions(store.options);
    assert.ok(groups.some((g) => g.eventSource === s && g.groupName === 'g'));
  });
  test('errors: a deadline, which the server keeps by itself', { timeout: 120000, skip: tls && 'asked without TLS' }, async () => {
    const host = connection.replace(/^.*\/\//, '').replace(/[?/].*/, '').replace(/^.*@/, '');
    const session = http2.connect(`http://${host}`);
    // A subscription to the end of $all, with UUIDs as text.
    const options = Buffer.from([0x0a, 0x0a, 0x12, 0x02, 0x1a, 0x00, 0x32, 0x00, 0x42, 0x00, 0x4a, 0x02, 0x12, 0x00]);
    options[1] = options.length - 2;
    const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, options.length]), options]);
    const call = session.request({
      ':method': 'POST', ':path': '/event_store.client.streams.Streams/Read', 'content-type': 'application/grpc',
      'te': 'trailers', 'grpc-timeout': '400m',
    });
    let status;
    call.on('trailers', (trailers) => { status = trailers['grpc-status']; });
    call.on('response', (headers) => { status ??= headers['grpc-status']; });
    call.on('error', () => {});
    call.resume();
    call.end(frame);
    await new Promise((resolve) => { call.on('close', resolve); });
    session.close();
    assert.ok(status === '4' || call.rstCode === http2.constants.NGHTTP2_CANCEL, `status ${status}, ${call.rstCode}`);
  });
}

function defineAccessCases(options) {
  const check = (name, credentials, run) => test(name, { timeout: 120000, ...options }, () => withStore(credentials, run));

  check('access: a wrong password', { user: 'admin', password: 'wrong' }, async (store) => {
    await refused(store.append(stream(), [json()]), 'not-authenticated');
  });
  check('access: anonymous on a plain stream', {}, async (store) => {
    const s = stream();
    if (await isOfToday(store)) {
      await refused(store.append(s, [json()]), 'access-denied');
      await refused(store.read(s), 'access-denied');
      return;
    }
    await store.append(s, [json()]);
    assert.equal((await store.read(s)).events.length, 1);
  });
  check('access: anonymous on $-streams, $all and groups', {}, async (store) => {
    await refused(store.append('$' + stream(), [json()]), 'access-denied');
    await refused(store.readAll(), 'access-denied');
    await refused(store.createGroup(stream(), 'g'), 'access-denied');
  });
  check('access: a list of rights in the metadata', undefined, async (store) => {
    const s = stream();
    await store.append(s, many(1));
    await store.setMetadata(s, { acl: { writeRoles: ['$admins'], readRoles: ['$all'] } });
    await withStore({}, async (anonymous) => {
      if (await isOfToday(store)) await refused(anonymous.read(s), 'access-denied');
      else assert.equal((await anonymous.read(s)).events.length, 1);
      await refused(anonymous.append(s, [json()]), 'access-denied');
    });
  });
}
