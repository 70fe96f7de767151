'use strict';
// Two test event stores and a copier between them, as processes.

const { spawn } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const STORE = path.join(ROOT, 'bazel-bin/testing/eventstore/eventstore');
const COPIER = path.join(ROOT, 'bazel-bin/app/interconnect');
const PASSWORD = 'hush-7351-changeit';

// A process; what it writes is kept.
class Child {
  constructor(program, args, env = {}) {
    this.output = '';
    this.process = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.process.on('exit', (code) => resolve(code)));
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (data) => {
        this.output += data;
        this.heard?.();
      });
    }
  }

  // What the pattern finds in the output, as soon as it is there.
  async says(pattern) {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      const grown = new Promise((resolve) => { this.heard = () => resolve(true); });
      const goes = await Promise.race([grown, this.ended.then(() => false)]);
      if (!goes && !pattern.test(this.output)) throw new Error(`ended without ${pattern}:\n${this.output}`);
    }
  }

  signal(name) { this.process.kill(name); }
}

class Store {
  static async start(args) {
    const store = new Store();
    store.child = new Child(STORE, ['--projections', ...args]);
    const [, tcp, http, admin] = await store.child.says(/ready tcp=(\d+) http=(\d+) admin=(\d+)/);
    Object.assign(store, { tcp, http, admin });
    return store;
  }

  async tell(target, body) {
    const reply = await fetch(`http://127.0.0.1:${this.admin}${target}`, { method: 'POST', body: JSON.stringify(body) });
    if (reply.status !== 200) throw new Error(`${target}: ${await reply.text()}`);
  }
  // Events of type `type` in streams hero-0 and on.
  load(events, options = {}) {
    return this.tell('/load', { prefix: 'hero-', streams: 5, events, size: 64, ...options });
  }
  append(stream, events) {
    const base64 = (text) => Buffer.from(text).toString('base64');
    return this.tell(`/append/${stream}`, {
      events: events.map(({ type, data }) => ({
        id: randomUUID(), type, contentType: 'application/json', data: base64(data), metadata: '',
      })),
    });
  }
  misbehave(how) { return this.tell('/misbehave', how); }
}

// From the old generation to the new one.
class Copy {
  static async make() {
    const copy = new Copy();
    copy.folder = await fs.mkdtemp(path.join(os.tmpdir(), 'interconnect-browser-'));
    copy.source = await Store.start([`--user=admin:${PASSWORD}`]);
    copy.destination = await Store.start(['--generation=next']);
    return copy;
  }

  write(name, text) { return fs.writeFile(path.join(this.folder, name), text); }

  // `http` and `more`: of the configuration file. Leaves its address in `url`.
  async start({ http = 'port: 0', more = '', events = "[{type: '*'}]", stallAfter = 60_000, writerTimeout = 500 } = {}) {
    await this.write('interconnect.yaml', `
subscriptions: [{stream: $ce-hero, group: copy}]
events: ${events}
http: {${http}}
monitoring: {lagInterval: 200, stallAfter: ${stallAfter}}
source: {predecessorWait: 0}
${more}
`);
    const prefix = 'EVENTSTORE_INTERCO_';
    this.copier = new Child(COPIER, ['--config', path.join(this.folder, 'interconnect.yaml')], {
      [`${prefix}HTTP_ENDPOINT_SRC`]: '127.0.0.1',
      [`${prefix}HTTP_PORT_SRC`]: this.source.http,
      [`${prefix}TCP_PORT_SRC`]: this.source.tcp,
      [`${prefix}CREDENTIALS_USERNAME_SRC`]: 'admin',
      [`${prefix}CREDENTIALS_PASSWORD_SRC`]: PASSWORD,
      [`${prefix}CONNECTION_STRING_DST`]: `esdb://127.0.0.1:${this.destination.http}?tls=false`,
      [`${prefix}EVENT_WRITER_TIMEOUT_IN_MS`]: `${writerTimeout}`,
      CONNECTION_LINK_CHECK_INTERVAL_IN_MS: '100',
    });
    [this.url] = (await this.copier.says(/status page: (\S+)/)).slice(1);
    this.port = new URL(this.url).port;
  }

  async end() {
    for (const child of [this.copier, this.source?.child, this.destination?.child]) {
      child?.signal('SIGKILL');
      await child?.ended;
    }
    await fs.rm(this.folder, { recursive: true });
  }
}

module.exports = { Copy, PASSWORD };
