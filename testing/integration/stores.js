'use strict';
// Event stores in containers. Their images are named by the environment; by default they are the real servers' own.

const { Container, Watched, eventually, freePort } = require('./containers');
const { LegacyWitness, NextWitness } = require('./witnesses');

const OLD_IMAGE = process.env.INTEGRATION_OLD_IMAGE || 'docker.io/eventstore/eventstore:release-5.0.1';
const NEW_IMAGES = (
  process.env.INTEGRATION_NEW_IMAGES ||
  ['21.2.0', '21.10.0', '22.10.0'].map((version) => `docker.io/eventstore/eventstore:${version}-buster-slim`).join()
).split(',');

const PASSWORD = 'changeit';

const PROJECTIONS = { EVENTSTORE_RUN_PROJECTIONS: 'All', EVENTSTORE_START_STANDARD_PROJECTIONS: 'true' };
const LOOPBACK = { EVENTSTORE_EXT_IP: '127.0.0.1', EVENTSTORE_INT_IP: '127.0.0.1' };

class Store {
  constructor(image) {
    this.image = image;
  }

  async start() {
    this.httpPort = await freePort();
    const environment = { ...PROJECTIONS, ...LOOPBACK, ...(await this.ports()) };
    this.watched = await Watched.of(await new Container(this.image).withEnvironment(environment).start());
    await this.ready();
    return this;
  }

  async ready() {
    await eventually(`${this.image} leads`, async () => {
      const info = await (await fetch(`http://127.0.0.1:${this.httpPort}/info`)).json();
      return ['master', 'leader'].includes(info.state.toLowerCase());
    });
    this.witness = await this.connect();
  }

  async remove() {
    await this.witness?.close();
    await this.watched?.remove();
  }
}

class LegacyStore extends Store {
  name = 'old';

  async ports() {
    this.tcpPort = await freePort();
    const [intTcp, intHttp] = [await freePort(), await freePort()];
    return {
      EVENTSTORE_EXT_TCP_PORT: String(this.tcpPort),
      EVENTSTORE_INT_TCP_PORT: String(intTcp),
      EVENTSTORE_EXT_HTTP_PORT: String(this.httpPort),
      EVENTSTORE_INT_HTTP_PORT: String(intHttp),
      // The real image's own configuration file has those of the default ports.
      EVENTSTORE_EXT_HTTP_PREFIXES: `http://*:${this.httpPort}/`,
      EVENTSTORE_INT_HTTP_PREFIXES: `http://*:${intHttp}/`,
    };
  }

  connect() {
    return LegacyWitness.connect(this.tcpPort, this.httpPort, PASSWORD);
  }

  // How the copier is told where it is.
  variables(side) {
    return {
      [`EVENTSTORE_INTERCO_HTTP_ENDPOINT_${side}`]: 'http://127.0.0.1',
      [`EVENTSTORE_INTERCO_HTTP_PORT_${side}`]: String(this.httpPort),
      [`EVENTSTORE_INTERCO_TCP_PORT_${side}`]: String(this.tcpPort),
    };
  }

  // How the npm package eventstore-interconnect is told.
  packageSettings(credentials) {
    return {
      credentials,
      tcp: { host: '127.0.0.1', port: this.tcpPort },
      http: { host: 'http://127.0.0.1', port: this.httpPort },
    };
  }
}

class NextStore extends Store {
  name = `new (${this.image.split(':').pop()})`;

  async ports() {
    return {
      EVENTSTORE_INSECURE: 'true',
      EVENTSTORE_ENABLE_ATOM_PUB_OVER_HTTP: 'true',
      EVENTSTORE_HTTP_PORT: String(this.httpPort),
      EVENTSTORE_INT_TCP_PORT: String(await freePort()),
    };
  }

  connect() {
    return NextWitness.connect(this.httpPort);
  }

  variables(side) {
    return { [`EVENTSTORE_INTERCO_CONNECTION_STRING_${side}`]: `esdb://127.0.0.1:${this.httpPort}?tls=false` };
  }

  packageSettings(credentials) {
    return { credentials, connectionString: `esdb://127.0.0.1:${this.httpPort}?tls=false` };
  }
}

const oldStore = () => new LegacyStore(OLD_IMAGE);
const newStores = NEW_IMAGES.map((image) => () => new NextStore(image));
const newStore = newStores[0];

// [from, to], each a function that makes a store: all four directions, with each image of the new generation.
const directions = [
  [oldStore, oldStore],
  ...newStores.flatMap((next) => [
    [oldStore, next],
    [next, oldStore],
    [next, next],
  ]),
];

// Runs `body` with a source and a destination, which are gone afterwards.
async function withStores([from, to], body) {
  const stores = [from(), to()];
  try {
    await Promise.all(stores.map((store) => store.start()));
    await body(...stores);
  } finally {
    await Promise.allSettled(stores.map((store) => store.remove()));
  }
}

module.exports = { PASSWORD, directions, newStore, oldStore, withStores };
