'use strict';
// The schemas that deploy/ is checked against: the Compose specification's, and those of Kubernetes and of the Prometheus
// operator. Each check returns what is wrong, a line each.

const Ajv = require('ajv/dist/2019').default;
const compose = require('dclint/schemas/compose.schema.json');

// Ajv would take `id` for a misspelt `$id`, and does not know the `$schema` by that name.
function forAjv(schema) {
  if (schema === null || typeof schema !== 'object') return schema;
  if (Array.isArray(schema)) return schema.map(forAjv);
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => key !== '$schema' && !(key === 'id' && typeof value === 'string'))
      .map(([key, value]) => [key, forAjv(value)]),
  );
}

const validateCompose = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(forAjv(compose));

function problemsOfCompose(document) {
  return validateCompose(document) ? [] : validateCompose.errors.map(said);
}

const said = ({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`;

// The models accept keys that no schema has. But they read those that one has, and only those: what is left unread is
// unknown.
function watched(value, path, unread) {
  if (value === null || typeof value !== 'object') return value;
  const keys = new Set(Object.keys(value));
  unread.push([path, keys]);
  const members = new Map();
  return new Proxy(value, {
    get(target, key) {
      keys.delete(key);
      if (!Object.hasOwn(target, key)) return target[key];
      if (!members.has(key)) members.set(key, watched(target[key], `${path}/${String(key)}`, unread));
      return members.get(key);
    },
  });
}

function problemsOfKubernetes(document) {
  const models = document.apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
  const { [document.kind]: Model } = require(`${models}/${document.apiVersion}/${document.kind}`);
  const unread = [];
  try {
    watched(new Model(document), '', unread).validate();
  } catch (error) {
    if (!error.errors) throw error;
    return error.errors.map(said);
  }
  return unread.flatMap(([path, keys]) => [...keys].map((key) => `${path}/${key}: unknown`));
}

module.exports = { problemsOfCompose, problemsOfKubernetes };
