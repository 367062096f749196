/**
 * Opens VS Code on examples/ with the built extension: a desktop VS Code where there is one, else (or with --served) the VS
 * Code of the npm packages, served on 127.0.0.1. Ctrl-C ends it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { atEnd, cleanUp, delay, start, temporaryFolder } from './processes';
import { VsCodeServer } from './server';
import { ensureVsCode, root } from './vscode';

const examples = join(root, 'examples');
const windows = process.platform === 'win32';

/** A desktop VS Code's command. Inside a remote window `code` is something else, which cannot load an extension. */
function desktopCommand(): string | undefined {
  if (process.env.VSCODE_IPC_HOOK_CLI !== undefined || process.argv.includes('--served')) return undefined;
  const name = windows ? 'code.cmd' : 'code';
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => existsSync(path));
}

/** Runs until the window is closed. */
async function desktop(command: string): Promise<void> {
  const userData = temporaryFolder('desktop');
  atEnd(() => endProcessesOf(userData));
  console.log(`Opening ${command} on ${examples}. Ctrl-C here, or closing its window, ends it.`);
  const args = ['--wait', '--new-window', '--disable-workspace-trust', `--user-data-dir=${userData}`];
  const child = start(command, [...args, `--extensionDevelopmentPath=${root}`, examples], {
    stdio: 'inherit',
    shell: windows,
  });
  await new Promise((resolve) => child.on('exit', resolve).on('error', resolve));
}

/** The command starts VS Code detached from itself: its processes are known by the user data folder, which only they have. */
async function endProcessesOf(userData: string): Promise<void> {
  if (windows) return;
  const list = () =>
    spawnSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((line) => line.includes(userData) && !line.includes(' ps '))
      .map((line) => Number.parseInt(line, 10));
  for (let attempt = 0; attempt < 50 && list().length > 0; attempt++) {
    for (const pid of list()) process.kill(pid, attempt < 25 ? 'SIGTERM' : 'SIGKILL');
    await delay(200);
  }
}

/** Installs the built extension by links, so that a rebuild and a reload of the window show a change. */
function linkExtension(extensions: string): void {
  const { publisher, name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const folder = join(extensions, `${publisher}.${name}-${version}`);
  mkdirSync(folder, { recursive: true });
  for (const part of readdirSync(root)) {
    if (part.startsWith('package.')) copyFileSync(join(root, part), join(folder, part));
    else if (['dist', 'media', 'l10n'].includes(part)) {
      symlinkSync(join(root, part), join(folder, part), windows ? 'junction' : 'dir');
    }
  }
}

async function served(): Promise<void> {
  await ensureVsCode();
  const userData = temporaryFolder('start');
  const extensions = join(userData, 'extensions');
  linkExtension(extensions);
  const server = await VsCodeServer.start({ userData, extensions, trusted: true, interactive: true, folder: examples });
  console.log(`VS Code with GradLens is at ${server.origin}/ (Ctrl-C ends it; logs in ${join(userData, 'logs')})`);
  openBrowser(`${server.origin}/`);
  await server.ended;
  console.error('The VS Code server ended.');
}

/** In the user's browser, where there is a screen. BROWSER=none keeps it closed. */
function openBrowser(address: string): void {
  const linux = process.platform === 'linux';
  const screen = !linux || process.env.DISPLAY !== undefined || process.env.WAYLAND_DISPLAY !== undefined;
  if (!screen || process.env.BROWSER === 'none' || process.env.CI !== undefined) return;
  const [command, args]: [string, string[]] = windows
    ? ['cmd', ['/c', 'start', '', address]]
    : [linux ? 'xdg-open' : 'open', [address]];
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}

async function main(): Promise<void> {
  const command = desktopCommand();
  await (command === undefined ? served() : desktop(command));
}

void main()
  .then(
    () => 0,
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    },
  )
  .then(async (code) => {
    await cleanUp();
    process.exit(code);
  });
