// @ts-check
/**
 * Brings node_modules into the state the lockfile asks for: nothing is done when all is there, a missing or half-finished
 * install is repaired by `npm ci`. Uses Node only, as it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registryAnswers } from './network.mjs';

class InstallError extends Error {}

/** @param {string} file */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Whether every package of a lockfile lies in node_modules in its version. Packages for other platforms may be missing.
 *
 * @param {string} folder
 * @param {string} [lockfile]
 */
export function isInstalled(folder, lockfile = join(folder, 'package-lock.json')) {
  const packages = readJson(lockfile)?.packages;
  // npm writes its own record last, so that an interrupted install has none.
  const installed = readJson(join(folder, 'node_modules/.package-lock.json'))?.packages;
  if (!packages || !installed) return false;
  return Object.entries(packages).every(([path, wanted]) => {
    if (path === '' || wanted.link) return true;
    if (!installed[path]) return Boolean(wanted.optional || wanted.devOptional);
    return readJson(join(folder, path, 'package.json'))?.version === wanted.version;
  });
}

/**
 * Runs npm. A failure of the network is tried again; the last one is explained. Without a network the cache may be enough.
 *
 * @param {string} folder
 * @param {string[]} args
 */
export function npm(folder, args) {
  const env = environment();
  const online = registryAnswers(env);
  const common = ['--no-audit', '--no-fund', '--loglevel=error', '--fetch-timeout=120000', '--fetch-retries=4'];
  common.push(online ? '--prefer-offline' : '--offline');
  for (let attempt = 1; ; attempt++) {
    const { status, signal, error } = spawnSync('npm', [...args, ...common], {
      cwd: folder,
      stdio: ['ignore', 'inherit', online ? 'inherit' : 'ignore'],
      shell: process.platform === 'win32',
      env,
    });
    if (status === 0) return;
    if (signal === 'SIGINT' || signal === 'SIGTERM') process.exit(130);
    if (online && attempt < 3) continue;
    const reason = online ? `\`npm ${args.join(' ')}\` failed (above)` : 'the npm registry cannot be reached';
    throw new InstallError(
      `The packages could not be installed: ${error?.message ?? reason}.\nCheck the network connection, the proxy ` +
        '(npm config get proxy) and the registry (npm config get registry), then run the same command again.',
    );
  }
}

/** The environment for a nested npm: without what the outer npm exports about its own run. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^npm_(config_(?!cache|registry|userconfig|proxy|https_proxy|noproxy|cafile|offline)|lifecycle|package|command|execpath|node_execpath)/i.test(
          name,
        ),
    ),
  );
}

/**
 * @param {string} root
 * @param {(line: string) => void} [say]
 */
export function ensureInstalled(root, say = console.log) {
  if (isInstalled(root)) return;
  say(existsSync(join(root, 'node_modules')) ? 'Repairing node_modules …' : 'Installing the packages …');
  npm(root, ['ci']);
  if (!isInstalled(root)) {
    throw new InstallError(
      'npm reported success, yet packages are missing in node_modules. Remove the folder and try again.',
    );
  }
}
