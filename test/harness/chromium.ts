/** Finds, or on Debian and Ubuntu installs, a Chromium and launches it with software WebGL and WebGPU. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { atEnd } from './processes';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
];

const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ...[process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].flatMap((folder) =>
    folder === undefined
      ? []
      : [join(folder, 'Google/Chrome/Application/chrome.exe'), join(folder, 'Microsoft/Edge/Application/msedge.exe')],
  ),
];

/** The first browser of Chromium's family that is installed; the environment variable CHROME_PATH wins. */
function findChromium(): string | undefined {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, process.platform === 'win32' ? `${name}.exe` : name)));
  return [process.env.CHROME_PATH ?? '', ...onPath, ...applications].find((path) => path !== '' && existsSync(path));
}

/** As findChromium, but installs Debian's package when it may, and says what to do when it may not. */
export function ensureChromium(): string {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && has('apt-get')) {
    console.log('Installing Chromium by apt-get …');
    const apt = (...args: string[]) =>
      spawnSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status === 0;
    for (let attempt = 0; attempt < 2 && findChromium() === undefined; attempt++) {
      apt('update', '-qq');
      if (!apt('install', '-y', '-qq', '--no-install-recommends', 'chromium')) {
        apt('install', '-y', '-qq', '--no-install-recommends', 'chromium-browser');
      }
    }
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Error(
    'The tests need a Chromium: install Chromium, Google Chrome or Microsoft Edge (Debian: `apt install chromium`, ' +
      'macOS: `brew install --cask chromium`), or set CHROME_PATH to its executable.',
  );
}

function has(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}

const flags = [
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--enable-unsafe-webgpu',
  '--use-angle=swiftshader',
  '--use-webgpu-adapter=swiftshader',
  '--enable-unsafe-swiftshader',
  // SwiftShader is for kernels. As the compositor it takes 26 ms for every frame of a window, whatever changed in it.
  '--disable-gpu-compositing',
];

/** Starts the browser, trying once more when the first start fails. It is closed at the end of the run. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = ensureChromium();
  const root = process.getuid?.() === 0;
  const launch = () =>
    chromium.launch({
      executablePath,
      timeout: 120_000,
      args: root ? [...flags, '--no-sandbox'] : flags,
      // Ours end the browser too, and everything else.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  const browser = await launch().catch(launch);
  atEnd(() => browser.close());
  return browser;
}
