'use strict';
// deploy/ as its readers, Compose and Kubernetes, take it. Whether the copier finds in it what it needs: //deploy:manifests_test.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const YAML = require('yaml');
const { problemsOfCompose, problemsOfKubernetes } = require('./schemas');

const DEPLOY = path.join(__dirname, '../../deploy');

// As Compose and kubectl read it, in which 0440 is octal.
const read = (file) => YAML.parse(fs.readFileSync(path.join(DEPLOY, file), 'utf8'), { version: '1.1' });

const manifests = fs
  .readdirSync(path.join(DEPLOY, 'kubernetes'), { recursive: true })
  .filter((file) => file.endsWith('.yaml') && path.basename(file) !== 'kustomization.yaml')
  .map((file) => path.join('kubernetes', file));

// Calls `change` with each mapping within the document, and its path.
function eachMapping(node, change, at = '') {
  if (node === null || typeof node !== 'object') return;
  if (!Array.isArray(node)) change(node, at);
  for (const [key, value] of Object.entries(node)) eachMapping(value, change, `${at}/${key}`);
}

// The paths of the mappings to which a key can be added without a problem.
function wherePermitted(document, problemsOf) {
  const permitted = [];
  eachMapping(document, (mapping, at) => {
    mapping.misspelt = '1';
    if (problemsOf(document).length === 0) permitted.push(at);
    delete mapping.misspelt;
  });
  return permitted;
}

test('compose.yaml is as the Compose specification says', () => {
  assert.deepEqual(problemsOfCompose(read('compose.yaml')), []);
});

test('a wrong key or type in compose.yaml is found', () => {
  const compose = read('compose.yaml');
  const free = /^\/services\/[a-z]+\/environment$/; // any name goes
  assert.deepEqual(wherePermitted(compose, problemsOfCompose).filter((at) => !free.test(at)), []);
  compose.services.interconnect.restart = 3;
  assert.match(problemsOfCompose(compose).join('\n'), /^\/services\/interconnect\/restart: must be string/m);
});

test('the files, secrets, volumes and services that compose.yaml names are there', () => {
  const { services, secrets, volumes } = read('compose.yaml');
  for (const { file } of Object.values(secrets)) assert.ok(fs.statSync(path.join(DEPLOY, file)).isFile(), file);
  const used = new Set();
  for (const [name, service] of Object.entries(services)) {
    for (const other of service.depends_on ?? []) assert.ok(services[other], `${name} depends on ${other}`);
    for (const secret of service.secrets ?? []) assert.ok(secrets[secret], `${name} needs ${secret}`) ?? used.add(secret);
    for (const volume of service.volumes ?? []) {
      const [from] = volume.split(':');
      if (from.startsWith('.')) assert.ok(fs.statSync(path.join(DEPLOY, from)).isFile(), volume);
      else assert.ok(from in volumes, volume);
    }
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, `${name} is for this machine only`);
  }
  assert.deepEqual([...used].sort(), Object.keys(secrets).sort());
});

for (const file of manifests) {
  test(`${file} is as its schema says`, () => {
    assert.deepEqual(problemsOfKubernetes(read(file)), []);
  });

  test(`a wrong key or type in ${file} is found`, () => {
    const manifest = read(file);
    const permitted = wherePermitted(manifest, problemsOfKubernetes);
    // Where any name goes.
    const free = /\/(labels|matchLabels|data|stringData|limits|requests|nodeSelector|annotations|selector)$/;
    assert.deepEqual(permitted.filter((at) => !free.test(at)), []);
    manifest.metadata.name = 3;
    assert.match(problemsOfKubernetes(manifest).join('\n'), /^\/metadata\/name: must be string/m);
  });
}

test('every kind that the manifests are to have is there', () => {
  const kinds = manifests.map((file) => read(file).kind).sort();
  assert.deepEqual(kinds, [
    'ConfigMap',
    'Deployment',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'Secret',
    'Service',
    'ServiceMonitor',
  ]);
});
