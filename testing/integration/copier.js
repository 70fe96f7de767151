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

// Starts it. `options`: configuration (the file's text), variables (more of them, or undefined to leave one out), password
// (of both stores), restart (a restart policy and its limit).
async function startCopier(source, destination, options = {}) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'interconnect-'));
  await fs.chmod(folder, 0o755); // the copier is not root
  const mounts = [];
  const mount = async (name, text, target) => {
    await fs.writeFile(path.join(folder, name), text, { mode: 0o444 });
    mounts.push({ source: path.join(folder, name), target, mode: 'ro' });
    return target;
  };
  await mount('interconnect.yaml', options.configuration ?? CONFIGURATION, '/etc/interconnect/interconnect.yaml');

  const variables = { ...source.variables('SRC'), ...destination.variables('DST') };
  for (const side of ['SRC', 'DST']) {
    variables[`EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_${side}`] = 'admin';
    variables[`EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_${side}_FILE`] = await mount(
      `password-${side}`,
      `${options.password ?? PASSWORD}\n`,
      `/run/secrets/password-${side}`,
    );
  }
  Object.assign(variables, options.variables);

  const container = new Container(IMAGE)
    .withEnvironment(Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined)))
    .withBindMounts(mounts);
  if (options.restart) container.withRestartPolicy(...options.restart);
  const copier = await Watched.of(await container.start());
  copier.folder = folder;
  return copier;
}

// Runs `body` with a copier, which is gone afterwards; what it wrote is told if `body` fails.
async function withCopier(source, destination, options, body) {
  const copier = await startCopier(source, destination, options);
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

module.exports = { CONFIGURATION, withCopier };
