/**
 * Makes the VS Code of the npm package `code-server` runnable: its web workbench and its remote extension host, without
 * code-server's own wrapper and without any native module that would have to be compiled. Idempotent.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isInstalled, npm } from '../../scripts/lib/install.mjs';
import { delay } from './processes';

export const root = dirname(dirname(__dirname));

const home = join(root, 'test/vscode');
const server = join(home, 'node_modules/code-server/lib/vscode');
const standIns = { '@vscode/spdlog': 'spdlog.js', 'native-watchdog': 'watchdog.js' };

/** The folder of the VS Code server. */
export const vscodeFolder = server;

/** Changes whenever what is installed or done to it changes. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const files = ['package-lock.json', ...Object.values(standIns).map((file) => `stand-ins/${file}`)];
  for (const file of files) hash.update(readFileSync(join(home, file)));
  return hash.update(readFileSync(__filename)).digest('hex');
}

/** Installs and prepares what is missing. Safe to call from several processes at once. */
export async function ensureVsCode(): Promise<void> {
  const marker = join(home, 'node_modules/.ready');
  const wanted = fingerprint();
  const ready = () =>
    existsSync(marker) &&
    readFileSync(marker, 'utf8') === wanted &&
    isInstalled(home) &&
    existsSync(join(server, 'out/server-main.js')) &&
    isInstalled(server, join(server, 'node_modules/.package-lock.json'));
  if (ready()) return;
  await locked(async () => {
    if (ready()) return;
    rmSync(marker, { force: true });
    if (!isInstalled(home) || !existsSync(join(server, 'out/server-main.js'))) {
      console.log('Installing VS Code from the npm registry …');
      npm(home, ['ci', '--ignore-scripts']);
    }
    // `npm ci` would refuse: the shrinkwrap inside the package lacks a dependency.
    npm(server, ['install', '--omit=dev', '--ignore-scripts', '--no-save']);
    prepare();
    writeFileSync(marker, wanted);
  });
}

function prepare(): void {
  link('node_modules', join(server, 'node_modules.asar'));
  // The project's TypeScript, so that VS Code's own TypeScript features start.
  mkdirSync(join(server, 'extensions/node_modules'), { recursive: true });
  link(join(root, 'node_modules/typescript'), join(server, 'extensions/node_modules/typescript'));
  const ripgrep = `@vscode/ripgrep-${process.platform}-${process.arch}/bin`;
  const bin = join(server, 'node_modules/@vscode/ripgrep/bin');
  if (existsSync(join(home, 'node_modules', ripgrep))) link(join(home, 'node_modules', ripgrep), bin);
  for (const [name, file] of Object.entries(standIns)) {
    copyFileSync(join(home, 'stand-ins', file), join(server, 'node_modules', name, 'index.js'));
  }
}

function link(target: string, path: string): void {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path, process.platform === 'win32' ? 'junction' : 'dir');
}

/** One process at a time; a lock whose owner has died counts for nothing. */
async function locked(action: () => Promise<void>): Promise<void> {
  const lock = join(home, '.lock');
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      if (ownerDied(lock)) rmSync(lock, { recursive: true, force: true });
      else await delay(500);
    }
  }
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid));
    await action();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function ownerDied(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
    // No owner has signed yet: give it a few seconds.
    return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 5000;
  }
}
