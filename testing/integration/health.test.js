'use strict';
// The image's own health check, and the pages that probes and Prometheus ask for.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { eventually, freePort } = require('./containers');
const { CONFIGURATION, withCopier } = require('./copier');
const { newStore, oldStore, withStores } = require('./stores');
const { numbered } = require('./witnesses');

const HEALTH_CHECK = ['/usr/bin/interconnect', 'health'];

test('tells that it copies, and that its stores answer', () =>
  withStores([oldStore, newStore], async (source, destination) => {
    const port = await freePort();
    await source.witness.append('hero-1', numbered(10));
    const configuration = `${CONFIGURATION}http: {port: ${port}}\n`;
    await withCopier(source, destination, { configuration }, async (copier) => {
      await eventually('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200);
      await eventually('the copies', async () => (await destination.witness.count('hero-1')) === 10);
      assert.equal((await copier.started.exec(HEALTH_CHECK)).exitCode, 0);
      await eventually('they are counted', async () =>
        /^interconnect_events_copied_total 10$/m.test(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
      );
    });
  }));

test('its health check fails where no port is configured, and says so', () =>
  withStores([oldStore, newStore], (source, destination) =>
    withCopier(source, destination, {}, async (copier) => {
      const { exitCode, output } = await copier.started.exec(HEALTH_CHECK);
      assert.notEqual(exitCode, 0);
      assert.match(output, /http\.port/);
    }),
  ));
