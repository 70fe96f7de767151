'use strict';
// A store of the old generation through its official clients: node-eventstore-client over TCP, geteventstore-promise over
// HTTP. What has no method there is asked over HTTP by hand.

const { randomUUID } = require('node:crypto');
const client = require('../node/node_modules/node-eventstore-client');
const promised = require('../node/node_modules/geteventstore-promise');
const { Consumer } = require('./consumer');
const { request } = require('./http_request');
const { DEFAULTS } = require('./group_settings');

const VERSIONS = { any: -2, noStream: -1, exists: -4 };
const ACTIONS = { unknown: 0, park: 1, retry: 2, skip: 3, stop: 4 };
const KINDS = {
  WrongExpectedVersionError: 'wrong-expected-version',
  StreamDeletedError: 'stream-deleted',
  AccessDeniedError: 'access-denied',
};

function kindOf(error) {
  const message = String(error && error.message);
  if (KINDS[error.name]) return KINDS[error.name];
  if (/already exists/i.test(message)) return 'group-exists';
  if (/does not exist|not found/i.test(message)) return 'group-does-not-exist';
  if (/authenticat/i.test(message)) return 'not-authenticated';
  if (/access|permission/i.test(message)) return 'access-denied';
  if (/bad request/i.test(message)) return 'bad-request';
  return 'failed';
}

async function told(promise) {
  try {
    return await promise;
  } catch (error) {
    throw Object.assign(new Error(error.message, { cause: error }), { kind: kindOf(error) });
  }
}

function record(event) {
  if (!event) return null;
  return {
    id: event.eventId,
    stream: event.eventStreamId,
    number: Number(event.eventNumber),
    type: event.eventType,
    isJson: event.isJson,
    data: Buffer.from(event.data || ''),
    metadata: Buffer.from(event.metadata || ''),
  };
}

const resolved = (event) => ({ event: record(event.event), link: record(event.link), raw: event });

class LegacyStore {
  // `tcp` and `http` are HOST:PORT.
  static async open({ tcp, http, user = 'admin', password = 'changeit' }) {
    const store = new LegacyStore();
    store.generation = 'legacy';
    store.http = http;
    store.credentials = user ? new client.UserCredentials(user, password) : null;
    store.user = user;
    store.password = password;
    store.connection = client.createConnection(
        { maxReconnections: 0, maxRetries: 0, operationTimeout: 30000, heartbeatTimeout: 20000 },
        `tcp://${tcp}`, `conformance-${randomUUID()}`);
    store.connection.on('error', () => {});
    const connected = new Promise((resolve, reject) => {
      store.connection.once('connected', resolve);
      store.connection.once('closed', (reason) => reject(new Error(`${tcp}: ${reason}`)));
    });
    await store.connection.connect();
    await connected;
    return store;
  }

  close() { this.connection.close(); }

  // A request of the HTTP API by hand, as admin.
  request(method, path, body, headers) { return request(`http://${this.http}`, method, path, body, headers); }

  // The client of the HTTP API.
  httpClient() {
    const [hostname, port] = this.http.split(':');
    return new promised.HTTPClient({
      hostname, port: Number(port), credentials: { username: this.user, password: this.password },
    });
  }

  async append(stream, events, expected = 'any') {
    const version = VERSIONS[expected] ?? expected;
    const data = events.map((e) => client.createEventData(e.id, e.type, e.isJson, e.data, e.metadata));
    const result = await told(this.connection.appendToStream(stream, version, data, this.credentials));
    return { next: Number(result.nextExpectedVersion) };
  }

  async read(stream, { from = 'start', direction = 'forward', count = 100, resolve = false } = {}) {
    const number = from === 'start' ? 0 : from === 'end' ? -1 : from;
    const read = direction === 'forward' ? 'readStreamEventsForward' : 'readStreamEventsBackward';
    const slice = await told(this.connection[read](stream, number, count, resolve, this.credentials));
    const status = { success: 'ok', streamNotFound: 'no-stream', streamDeleted: 'deleted' }[slice.status] || slice.status;
    return { status, events: slice.events.map(resolved) };
  }

  async readAll({ direction = 'forward', count = 100 } = {}) {
    const position = direction === 'forward' ? client.positions.start : client.positions.end;
    const read = direction === 'forward' ? 'readAllEventsForward' : 'readAllEventsBackward';
    const slice = await told(this.connection[read](position, count, false, this.credentials));
    return slice.events.map(resolved);
  }

  async delete(stream, { expected = 'any', hard = false } = {}) {
    await told(this.connection.deleteStream(stream, VERSIONS[expected] ?? expected, hard, this.credentials));
  }

  async setMetadata(stream, metadata, expected = 'any') {
    await told(this.connection.setStreamMetadataRaw(stream, VERSIONS[expected] ?? expected,
        metadata, this.credentials));
  }

  async getMetadata(stream) {
    const result = await told(this.connection.getStreamMetadataRaw(stream, this.credentials));
    return result.streamMetadata || {};
  }

  settings(changes) {
    const s = { ...DEFAULTS, ...changes };
    return new client.PersistentSubscriptionSettings(s.resolveLinkTos, s.startFrom, s.extraStatistics, s.messageTimeout,
        s.maxRetryCount, s.liveBufferSize, s.readBatchSize, s.historyBufferSize, s.checkPointAfter, s.minCheckPointCount,
        s.maxCheckPointCount, s.maxSubscriberCount, s.namedConsumerStrategy);
  }

  async createGroup(stream, group, changes = {}) {
    await told(this.connection.createPersistentSubscription(stream, group, this.settings(changes), this.credentials));
  }
  async updateGroup(stream, group, changes = {}) {
    await told(this.connection.updatePersistentSubscription(stream, group, this.settings(changes), this.credentials));
  }
  async deleteGroup(stream, group) {
    await told(this.connection.deletePersistentSubscription(stream, group, this.credentials));
  }

  async groupSettings(stream, group) {
    const { config } = await this.httpClient().persistentSubscriptions.getSubscriptionInfo(group, stream);
    return {
      resolveLinkTos: config.resolveLinktos, startFrom: config.startFrom, extraStatistics: config.extraStatistics,
      messageTimeout: config.messageTimeoutMilliseconds, maxRetryCount: config.maxRetryCount,
      liveBufferSize: config.liveBufferSize, readBatchSize: config.readBatchSize, historyBufferSize: config.bufferSize,
      checkPointAfter: config.checkPointAfterMilliseconds, minCheckPointCount: config.minCheckPointCount,
      maxCheckPointCount: config.maxCheckPointCount, maxSubscriberCount: config.maxSubscriberCount,
      namedConsumerStrategy: config.namedConsumerStrategy,
    };
  }

  async replayParked(stream, group) {
    const login = Buffer.from(`${this.user}:${this.password}`).toString('base64');
    const response = await fetch(`http://${this.http}/subscriptions/${encodeURIComponent(stream)}/${group}/replayParked`, {
      method: 'POST', body: '{}',
      headers: { 'content-type': 'application/json', 'authorization': `Basic ${login}` },
    });
    if (!response.ok) throw new Error(`replayParked: ${response.status}`);
  }

  async connect(stream, group, { bufferSize = 10 } = {}) {
    const consumer = new Consumer();
    const subscription = await told(this.connection.connectToPersistentSubscription(stream, group,
        (_, event) => consumer.arrived(resolved(event)),
        (_, reason, error) => consumer.dropped({ reason, kind: error ? kindOf(error) : 'dropped' }),
        this.credentials, bufferSize, false));
    consumer.ack = (...events) => subscription.acknowledge(events.map((e) => e.raw));
    consumer.nack = (action, ...events) => subscription.fail(events.map((e) => e.raw), ACTIONS[action], 'conformance');
    consumer.stop = () => { subscription.stop(); return consumer.end; };
    return consumer;
  }

  subscribe(stream) {
    const consumer = new Consumer();
    return this.connection.subscribeToStream(stream, false, (_, event) => consumer.arrived(resolved(event)),
        (_, reason) => consumer.dropped({ reason }), this.credentials).then((subscription) => {
      consumer.stop = () => subscription.close();
      return consumer;
    });
  }
}

module.exports = { LegacyStore };
