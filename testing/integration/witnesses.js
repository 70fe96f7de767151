'use strict';
// The official clients, behind one small face: an event is {id, type}, with json or its text or bytes, and may have metadata.
//   append(stream, events)  writes at the stream's end
//   read(stream)            all of it, oldest first; metadata as JSON where it is some
//   count(stream)
//   idsOverHttp(stream)     of its events, oldest first; the old generation only

const { randomUUID } = require('node:crypto');
const legacy = require('node-eventstore-client');
const next = require('@eventstore/db-client');
const { HTTPClient } = require('geteventstore-promise');

const EVENTS_A_READ = 1000;

function metadataOf(bytes) {
  if (!bytes || bytes.length === 0) return undefined;
  return JSON.parse(Buffer.from(bytes).toString());
}

class LegacyWitness {
  static async connect(port, httpPort, password) {
    const connection = legacy.createConnection({ maxReconnections: -1 }, `tcp://127.0.0.1:${port}`);
    connection.on('error', () => {}); // told by each call as well
    const connected = new Promise((resolve) => connection.once('connected', resolve));
    await connection.connect();
    await connected;
    const credentials = { username: 'admin', password };
    const http = new HTTPClient({ hostname: '127.0.0.1', port: httpPort, credentials });
    return new LegacyWitness(connection, new legacy.UserCredentials('admin', password), http);
  }

  constructor(connection, credentials, http) {
    this.connection = connection;
    this.credentials = credentials;
    this.http = http;
  }

  async append(stream, events) {
    const formatted = events.map(({ id, type, json, text, bytes, metadata }) =>
      legacy.createEventData(
        id,
        type,
        bytes === undefined,
        bytes ?? Buffer.from(text ?? JSON.stringify(json)),
        metadata === undefined ? null : Buffer.from(JSON.stringify(metadata)),
      ),
    );
    await this.connection.appendToStream(stream, legacy.expectedVersion.any, formatted, this.credentials);
  }

  async read(stream) {
    const events = [];
    for (let from = 0; ; ) {
      const slice = await this.connection.readStreamEventsForward(stream, from, EVENTS_A_READ, false, this.credentials);
      for (const { event } of slice.events) {
        const { eventId: id, eventType: type, data, isJson } = event;
        const content = isJson ? { json: JSON.parse(data.toString()) } : { bytes: Buffer.from(data) };
        events.push({ id, type, ...content, metadata: metadataOf(event.metadata) });
      }
      if (slice.isEndOfStream || slice.events.length === 0) return events;
      from = slice.nextEventNumber.toNumber();
    }
  }

  async count(stream) {
    const end = await this.connection.readStreamEventsBackward(stream, -1, 1, false, this.credentials);
    return end.events.length === 0 ? 0 : end.lastEventNumber.toNumber() + 1;
  }

  async idsOverHttp(stream) {
    const events = await this.http.getAllStreamEvents(stream, EVENTS_A_READ);
    return events.map(({ eventId }) => eventId);
  }

  async tombstone(stream) {
    await this.connection.deleteStream(stream, legacy.expectedVersion.any, true, this.credentials);
  }

  async close() {
    this.connection.close();
  }
}

class NextWitness {
  static async connect(port) {
    return new NextWitness(next.EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`));
  }

  constructor(client) {
    this.client = client;
  }

  async append(stream, events) {
    const formatted = events.map(({ id, type, json, text, bytes, metadata }) =>
      bytes === undefined
        ? next.jsonEvent({ id, type, data: json ?? JSON.parse(text), metadata }) // it takes no text
        : next.binaryEvent({ id, type, data: bytes, metadata: metadata && Buffer.from(JSON.stringify(metadata)) }),
    );
    await this.client.appendToStream(stream, formatted);
  }

  async read(stream) {
    const events = [];
    try {
      for await (const { event } of this.client.readStream(stream)) {
        const content = event.isJson ? { json: event.data } : { bytes: Buffer.from(event.data) };
        const metadata = event.metadata instanceof Uint8Array ? metadataOf(event.metadata) : event.metadata;
        events.push({ id: event.id, type: event.type, ...content, metadata });
      }
    } catch (error) {
      if (!(error instanceof next.StreamNotFoundError)) throw error;
    }
    return events;
  }

  async count(stream) {
    try {
      for await (const { event } of this.client.readStream(stream, { direction: next.BACKWARDS, fromRevision: next.END, maxCount: 1 })) {
        return Number(event.revision) + 1;
      }
    } catch (error) {
      if (!(error instanceof next.StreamNotFoundError)) throw error;
    }
    return 0;
  }

  async tombstone(stream) {
    await this.client.tombstoneStream(stream);
  }

  // Its connection ends with the server: dispose() waits for ever for a read whose stream was not there.
  async close() {}
}

// `count` JSON events, numbered from `first`.
function numbered(count, first = 0, type = 'HeroGrew') {
  return Array.from({ length: count }, (_, i) => ({
    id: randomUUID(),
    type,
    json: { number: first + i },
    metadata: { user: 'integration' },
  }));
}

module.exports = { LegacyWitness, NextWitness, numbered };
