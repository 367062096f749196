// @ts-check
/** From a fresh clone to a built dist/, with everything that is printed on standard error. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';

/**
 * Installs what is missing and builds. Throws when either fails.
 *
 * @param {string} root
 * @param {string[]} [options] of esbuild.mjs
 */
export function buildOnce(root, options = ['--quiet']) {
  ensureInstalled(root, console.error);
  console.error('Building …');
  const { status } = spawnSync(process.execPath, [join(root, 'esbuild.mjs'), ...options], {
    cwd: root,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
  });
  if (status !== 0) throw new Error('The build failed.');
}
