'use strict';
// A store of the new generation through its official client, @eventstore/db-client.

const client = require('../node/node_modules/@eventstore/db-client');
const { Consumer } = require('./consumer');
const { request } = require('./http_request');
const { DEFAULTS } = require('./group_settings');

const REVISIONS = { any: client.ANY, noStream: client.NO_STREAM, exists: client.STREAM_EXISTS };
const KINDS = {
  'persistent-subscription-exists': 'group-exists',
  'persistent-subscription-does-not-exist': 'group-does-not-exist',
  'persistent-subscription-dropped': 'dropped',
  'maximum-append-size-exceeded': 'too-large',
};

function kindOf(error) {
  if (error.code === 16) return 'not-authenticated';
  return KINDS[error.type] || error.type || 'failed';
}

async function told(promise) {
  try {
    return await promise;
  } catch (error) {
    throw Object.assign(new Error(error.message, { cause: error }), { kind: kindOf(error) });
  }
}

// The client hands JSON over parsed; all else as bytes.
const bytes = (value) => {
  if (value === undefined) return Buffer.alloc(0);
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(JSON.stringify(value));
};

function record(event) {
  if (!event) return null;
  return {
    id: event.id, stream: event.streamId, number: Number(event.revision), type: event.type, isJson: event.isJson,
    data: bytes(event.data), metadata: bytes(event.metadata),
  };
}

const resolved = (event) =>
  ({ event: record(event.event), link: record(event.link), retryCount: event.retryCount, raw: event });

class NextStore {
  // `connection` is a connection string.
  static async open({ connection, user, password }) {
    const store = new NextStore();
    store.generation = 'next';
    store.options = user ? { credentials: { username: user, password } } : {};
    store.client = client.EventStoreDBClient.connectionString(connection);
    const host = connection.replace(/^.*\/\//, '').replace(/[?/].*/, '').replace(/^.*@/, '');
    store.http = `${/tls=false/i.test(connection) ? 'http' : 'https'}://${host}`;
    return store;
  }

  async close() { await this.client.dispose?.(); }

  // A request of the HTTP API by hand, as admin.
  request(method, path, body, headers) { return request(this.http, method, path, body, headers); }

  async append(stream, events, expected = 'any') {
    const expectedRevision = REVISIONS[expected] ?? BigInt(expected);
    const data = events.map((e) => e.isJson
      ? client.jsonEvent({ id: e.id, type: e.type, data: JSON.parse(e.data), metadata: e.metadata.length ? JSON.parse(e.metadata) : undefined })
      : client.binaryEvent({ id: e.id, type: e.type, data: e.data, metadata: e.metadata.length ? e.metadata : undefined }));
    const result = await told(this.client.appendToStream(stream, data, { expectedRevision, ...this.options }));
    return { next: Number(result.nextExpectedRevision) };
  }

  async read(stream, { from = 'start', direction = 'forward', count = 100, resolve = false } = {}) {
    const events = [];
    try {
      const read = this.client.readStream(stream, {
        fromRevision: typeof from === 'number' ? BigInt(from) : from,
        direction: direction === 'forward' ? client.FORWARDS : client.BACKWARDS,
        maxCount: count, resolveLinkTos: resolve, ...this.options,
      });
      for await (const event of read) events.push(resolved(event));
      return { status: 'ok', events };
    } catch (error) {
      error.kind = kindOf(error);
      if (error.kind === 'stream-not-found') return { status: 'no-stream', events };
      if (error.kind === 'stream-deleted') return { status: 'deleted', events };
      throw error;
    }
  }

  async readAll({ direction = 'forward', count = 100 } = {}) {
    const read = this.client.readAll({
      fromPosition: direction === 'forward' ? client.START : client.END,
      direction: direction === 'forward' ? client.FORWARDS : client.BACKWARDS, maxCount: count, ...this.options,
    });
    const events = [];
    try {
      for await (const event of read) events.push(resolved(event));
    } catch (error) {
      error.kind = kindOf(error);
      throw error;
    }
    return events;
  }

  async delete(stream, { expected = 'any', hard = false } = {}) {
    const options = { expectedRevision: REVISIONS[expected] ?? BigInt(expected), ...this.options };
    await told(hard ? this.client.tombstoneStream(stream, options) : this.client.deleteStream(stream, options));
  }

  async setMetadata(stream, metadata, expected = 'any') {
    await told(this.client.setStreamMetadata(stream, metadata,
        { expectedRevision: REVISIONS[expected] ?? BigInt(expected), ...this.options }));
  }

  async getMetadata(stream) {
    const { metadata } = await told(this.client.getStreamMetadata(stream, this.options));
    return metadata || {};
  }

  settings(changes) {
    const s = { ...DEFAULTS, ...changes };
    return {
      resolveLinkTos: s.resolveLinkTos, startFrom: s.startFrom === -1 ? client.END : s.startFrom === 0 ? client.START : BigInt(s.startFrom),
      extraStatistics: s.extraStatistics, messageTimeout: s.messageTimeout, maxRetryCount: s.maxRetryCount,
      liveBufferSize: s.liveBufferSize, readBatchSize: s.readBatchSize, historyBufferSize: s.historyBufferSize,
      checkPointAfter: s.checkPointAfter, checkPointLowerBound: s.minCheckPointCount,
      checkPointUpperBound: s.maxCheckPointCount,
      maxSubscriberCount: s.maxSubscriberCount === 0 ? client.UNBOUNDED : s.maxSubscriberCount,
      consumerStrategyName: s.namedConsumerStrategy,
    };
  }

  async createGroup(stream, group, changes = {}) {
    await told(this.client.createPersistentSubscriptionToStream(stream, group, this.settings(changes), this.options));
  }
  async updateGroup(stream, group, changes = {}) {
    await told(this.client.updatePersistentSubscriptionToStream(stream, group, this.settings(changes), this.options));
  }
  async deleteGroup(stream, group) {
    await told(this.client.deletePersistentSubscriptionToStream(stream, group, this.options));
  }

  async groupSettings(stream, group) {
    const { settings: s } = await told(this.client.getPersistentSubscriptionToStreamInfo(stream, group, this.options));
    const start = { [client.START]: 0, [client.END]: -1 };
    return {
      resolveLinkTos: s.resolveLinkTos, startFrom: start[s.startFrom] ?? Number(s.startFrom),
      extraStatistics: s.extraStatistics, messageTimeout: s.messageTimeout, maxRetryCount: s.maxRetryCount,
      liveBufferSize: s.liveBufferSize, readBatchSize: s.readBatchSize, historyBufferSize: s.historyBufferSize,
      checkPointAfter: s.checkPointAfter, minCheckPointCount: s.checkPointLowerBound,
      maxCheckPointCount: s.checkPointUpperBound,
      maxSubscriberCount: s.maxSubscriberCount === client.UNBOUNDED ? 0 : s.maxSubscriberCount,
      namedConsumerStrategy: s.consumerStrategyName,
    };
  }

  async replayParked(stream, group) {
    await told(this.client.replayParkedMessagesToStream(stream, group, this.options));
  }

  // Connected once the server confirms; a refusal is thrown.
  connect(stream, group, { bufferSize = 10 } = {}) {
    const consumer = new Consumer();
    const subscription = this.client.subscribeToPersistentSubscriptionToStream(stream, group,
        { bufferSize, ...this.options });
    consumer.ack = (...events) => subscription.ack(...events.map((e) => e.raw));
    consumer.nack = (action, ...events) => subscription.nack(action, 'conformance', ...events.map((e) => e.raw));
    consumer.stop = () => subscription.unsubscribe();
    return new Promise((resolve, reject) => {
      subscription.on('confirmation', () => resolve(consumer));
      subscription.on('data', (event) => consumer.arrived(resolved(event)));
      subscription.on('error', (error) => {
        error.kind = kindOf(error);
        consumer.dropped({ kind: error.kind });
        reject(error);
      });
      subscription.on('end', () => consumer.dropped({ kind: 'dropped' }));
    });
  }

  subscribe(stream) {
    const consumer = new Consumer();
    const subscription = this.client.subscribeToStream(stream, { fromRevision: client.END, ...this.options });
    consumer.stop = () => subscription.unsubscribe();
    return new Promise((resolve, reject) => {
      subscription.on('confirmation', () => resolve(consumer));
      subscription.on('data', (event) => consumer.arrived(resolved(event)));
      subscription.on('error', reject);
    });
  }
}

module.exports = { NextStore };
