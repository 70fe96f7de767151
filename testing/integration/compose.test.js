'use strict';
// The copier as deploy/compose.yaml starts it: its variables, files, secrets and restart policy. Where Compose would have a
// network of its own, the names of the stores are those of this machine, and the ports are free ones.

const assert = require('node:assert/strict');
const fs = require('node:fs/promises');
const path = require('node:path');
const { test } = require('node:test');
const YAML = require('yaml');
const { eventually, freePort } = require('./containers');
const { withContainer } = require('./copier');
const { newStore, oldStore, withStores } = require('./stores');
const { numbered } = require('./witnesses');

const DEPLOY = path.join(__dirname, '../../deploy');
const text = (file) => fs.readFile(path.join(DEPLOY, file), 'utf8');

async function asComposed(source, destination, port) {
  const compose = YAML.parse(await text('compose.yaml'));
  const service = compose.services.interconnect;
  const files = {};
  for (const volume of service.volumes) {
    const [from, to] = volume.split(':');
    files[to] = (await text(from)).replace('port: 9090', `port: ${port}`);
  }
  for (const secret of service.secrets) files[`/run/secrets/${secret}`] = await text(compose.secrets[secret].file);
  const { environment } = service;
  return {
    files,
    variables: {
      ...environment,
      EVENTSTORE_INTERCO_HTTP_PORT_SRC: String(source.httpPort),
      EVENTSTORE_INTERCO_TCP_PORT_SRC: String(source.tcpPort),
      EVENTSTORE_INTERCO_CONNECTION_STRING_DST: environment.EVENTSTORE_INTERCO_CONNECTION_STRING_DST.replace(
        ':2113',
        `:${destination.httpPort}`,
      ),
    },
    hosts: { source: '127.0.0.1', destination: '127.0.0.1' },
    restart: [service.restart],
  };
}

// As Prometheus of compose.yaml asks.
async function scrape(port) {
  const compose = YAML.parse(await text('compose.yaml'));
  const [job] = YAML.parse(await text('compose/prometheus.yml')).scrape_configs;
  const secret = path.basename(job.authorization.credentials_file);
  const token = (await text(compose.secrets[secret].file)).trim();
  return fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${token}` } });
}

test('the copier of compose.yaml copies, is well, and shows itself to those with the token', () =>
  withStores([oldStore, newStore], async (source, destination) => {
    const port = await freePort();
    await source.witness.append('hero-1', numbered(10));
    await withContainer(await asComposed(source, destination, port), async (copier) => {
      await eventually('the copies', async () => (await destination.witness.count('hero-1')) === 10);
      await eventually('they are counted', async () =>
        /^interconnect_events_copied_total 10$/m.test(await (await scrape(port)).text()),
      );
      const ask = async (page) => (await fetch(`http://127.0.0.1:${port}${page}`)).status;
      await eventually('it is ready', async () => (await ask('/readyz')) === 200);
      assert.equal(await ask('/healthz'), 200);
      for (const page of ['/', '/status', '/metrics']) assert.equal(await ask(page), 401, page);
      assert.equal((await copier.started.exec(['/usr/bin/interconnect', 'health'])).exitCode, 0);
      assert.equal(await copier.stop(), 0);
      const output = await copier.output();
      assert.doesNotMatch(output, /changeit|whoever reaches/);
    });
  }));
