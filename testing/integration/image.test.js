'use strict';
// What docs/deployment.md tells of the image's parts.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { withCopier } = require('./copier');
const { newStore, oldStore, withStores } = require('./stores');

// The names of the files in a tar archive: a header of 512 bytes each, and the content in blocks of as many.
function filesOf(archive) {
  const files = [];
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const text = (from, length) => archive.toString('latin1', at + from, at + from + length).replace(/\0.*/s, '');
    if (text(156, 1) === '0') files.push(path.basename(text(0, 100)));
    at += 512 + 512 * Math.ceil(parseInt(text(124, 12), 8) / 512);
  }
  return files;
}

test('docs/deployment.md lists the Debian packages that are in the image', () =>
  withStores([oldStore, newStore], (source, destination) =>
    withCopier(source, destination, {}, async (copier) => {
      const parts = [];
      for await (const part of await copier.started.copyArchiveFromContainer('/var/lib/dpkg/status.d')) parts.push(part);
      const page = fs.readFileSync(path.join(__dirname, '../../docs/deployment.md'), 'utf8');
      const told = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, names]) => [...names.matchAll(/`(.*?)`/g)].map(([, name]) => name));
      assert.deepEqual(filesOf(Buffer.concat(parts)).sort(), told.sort());
    }),
  ));
