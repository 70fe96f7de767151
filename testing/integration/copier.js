'use strict';
// The copier in a container of its own image. It is set up as its users do it: the published variables, a mounted
// configuration file, and passwords in mounted files.

const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { Container, Watched } = require('./containers');
const { PASSWORD } = require('./stores');

const IMAGE = process.env.INTEGRATION_COPIER_IMAGE || 'localhost/eventstore-interconnect:latest';

const CONFIGURATION = `
subscriptions:
  - {stream: $ce-hero, group: integration}
events:
  - type: Hero*
`;

// What a container is started with: files (text by path in the container), variables, hosts (addresses by name), restart (a
// restart policy and its limit).
async function start({ files, variables, hosts = {}, restart }) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'interconnect-'));
  await fs.chmod(folder, 0o755); // the copier is not root
  const mounts = [];
  for (const [target, text] of Object.entries(files)) {
    const source = path.join(folder, String(mounts.length));
    await fs.writeFile(source, text, { mode: 0o444 });
    mounts.push({ source, target, mode: 'ro' });
  }
  const container = new Container(IMAGE)
    .withEnvironment(Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined)))
    .withExtraHosts(Object.entries(hosts).map(([host, ipAddress]) => ({ host, ipAddress })))
    .withBindMounts(mounts);
  if (restart) container.withRestartPolicy(...restart);
  const copier = await Watched.of(await container.start());
  copier.folder = folder;
  return copier;
}

// `options`: configuration (the file's text), variables (more of them, or undefined to leave one out), password (of both
// stores), restart.
function settings(source, destination, options) {
  const files = { '/etc/interconnect/interconnect.yaml': options.configuration ?? CONFIGURATION };
  const variables = { ...source.variables('SRC'), ...destination.variables('DST') };
  for (const side of ['SRC', 'DST']) {
    const file = `/run/secrets/password-${side}`;
    files[file] = `${options.password ?? PASSWORD}\n`;
    variables[`EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_${side}`] = 'admin';
    variables[`EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_${side}_FILE`] = file;
  }
  return { files, variables: { ...variables, ...options.variables }, restart: options.restart };
}

// Runs `body` with a copier that is started so, which is gone afterwards; what it wrote is told if `body` fails.
async function withContainer(started, body) {
  const copier = await start(started);
  try {
    await body(copier);
  } catch (error) {
    console.error(await copier.output().catch(() => 'the copier is gone'));
    throw error;
  } finally {
    await copier.remove();
    await fs.rm(copier.folder, { recursive: true });
  }
}

const withCopier = (source, destination, options, body) => withContainer(settings(source, destination, options), body);

module.exports = { CONFIGURATION, withContainer, withCopier };
