// @ts-check
/** Whether npm can reach its registry. npm itself takes many minutes to find out that it cannot. */
import { spawnSync } from 'node:child_process';

const connect = `
  const { host, port } = JSON.parse(process.argv[1]);
  require('node:net').connect({ host, port }, () => process.exit(0)).on('error', () => process.exit(1));
`;

/**
 * Opens a connection to the registry, or to the proxy on the way to it; tries three times.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function registryAnswers(env) {
  const configured = (/** @type {string} */ name) => {
    const { stdout } = spawnSync('npm', ['config', 'get', name], {
      encoding: 'utf8',
      env,
      shell: process.platform === 'win32',
    });
    const value = (stdout ?? '').trim();
    return URL.canParse(value) ? new URL(value) : undefined;
  };
  const target = configured('https-proxy') ?? configured('proxy') ?? configured('registry');
  if (target === undefined) return true; // an unusual configuration: npm knows better
  const port = Number(target.port || (target.protocol === 'http:' ? 80 : 443));
  const address = JSON.stringify({ host: target.hostname, port });
  for (let attempt = 0; attempt < 3; attempt++) {
    if (spawnSync(process.execPath, ['-e', connect, address], { timeout: 10_000 }).status === 0) return true;
  }
  return false;
}
