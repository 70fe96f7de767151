'use strict';
// What all containers here have in common: the host's network, ports that were free, and an end that is seen.

const net = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');
const { GenericContainer, getContainerRuntimeClient, Wait } = require('testcontainers');

const PATIENCE_MS = 60_000;

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Looks until `look` returns something that is not false, null or undefined; that. Errors of `look` are its "not yet".
async function eventually(what, look, patience = PATIENCE_MS) {
  const deadline = Date.now() + patience;
  for (;;) {
    let last;
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`, { cause: last });
    await sleep(50);
  }
}

// A container on the host's network, which may be restarted by the engine.
class Container extends GenericContainer {
  constructor(image) {
    super(image);
    this.withNetworkMode('host').withWaitStrategy(Wait.forListeningPorts());
    // By which tools/integration finds what is left after an interruption.
    if (process.env.INTEGRATION_RUN) this.withLabels({ 'interconnect.run': process.env.INTEGRATION_RUN });
  }

  withRestartPolicy(Name, MaximumRetryCount = 0) {
    this.hostConfig.RestartPolicy = { Name, MaximumRetryCount };
    return this;
  }
}

// Whether an engine's container of that id runs, with which code it has ended, and what it has written.
class Watched {
  static async of(started) {
    const client = await getContainerRuntimeClient();
    return new Watched(started, client.container.getById(started.getId()));
  }

  constructor(started, container) {
    this.started = started;
    this.container = container;
  }

  async state() {
    const { State, RestartCount } = await this.container.inspect();
    return { running: State.Running, code: State.ExitCode, restarts: RestartCount };
  }

  async output() {
    const raw = await this.container.logs({ stdout: true, stderr: true, follow: false });
    return demultiplexed(raw);
  }

  async says(text) {
    return eventually(`it says: ${text}`, async () => (await this.output()).includes(text)).catch(async (error) => {
      throw new Error(`${error.message}\n${await this.output()}`);
    });
  }

  // Waits until it has ended by itself; the exit code.
  async ends() {
    const ended = await eventually('it ends', async () => {
      const state = await this.state();
      return state.running ? undefined : state;
    });
    return ended.code;
  }

  // SIGTERM, as `docker stop`; the exit code.
  async stop() {
    await this.container.stop({ t: 20 });
    return this.ends();
  }

  async remove() {
    await this.started.stop({ timeout: 0 });
  }
}

// Docker frames the pieces of a log: one byte of which stream, three of nothing, four of the length.
function demultiplexed(raw) {
  const parts = [];
  for (let at = 0; at + 8 <= raw.length; ) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString();
}

module.exports = { Container, Watched, eventually, freePort };
