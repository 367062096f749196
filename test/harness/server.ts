/** A VS Code server on a free port of 127.0.0.1, with its own user data, settings and extensions. */
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { delay, start, stop, temporaryFolder } from './processes';
import { write } from './stage';
import { vscodeFolder } from './vscode';

export interface ServerOptions {
  /** User data; a temporary folder by default. */
  userData?: string;
  /** Installed extensions; none by default. */
  extensions?: string;
  /** Without it the workspace is untrusted. */
  trusted: boolean;
  /** Added to the user settings. */
  settings?: Record<string, unknown>;
  /** Added to the environment of the server, hence of the extension host. */
  environment?: Record<string, string>;
  /** Opened where the address names no folder. */
  folder?: string;
  /** Made for people: no smoke-test driver, and settings that exist are kept. */
  interactive?: boolean;
}

const settings = {
  'workbench.startupEditor': 'none',
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.reduceMotion': 'on',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'window.autoDetectColorScheme': false,
  'editor.cursorBlinking': 'solid',
  'editor.minimap.enabled': false,
  'security.workspace.trust.banner': 'never',
  'security.workspace.trust.startupPrompt': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'chat.commandCenter.enabled': false,
  'typescript.disableAutomaticTypeAcquisition': true,
  'files.simpleDialog.enable': true,
};

export class VsCodeServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly userData: string,
  ) {
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  /** Settles when the server ends, for whatever reason. */
  readonly ended: Promise<void>;

  /** Boots the server. A boot that fails or stalls is tried once more. */
  static async start(options: ServerOptions): Promise<VsCodeServer> {
    try {
      return await VsCodeServer.boot(options);
    } catch (error) {
      console.error(`${(error as Error).message}\nTrying once more …`);
      return VsCodeServer.boot(options);
    }
  }

  private static async boot(options: ServerOptions): Promise<VsCodeServer> {
    const userData = options.userData ?? temporaryFolder('user-data');
    const extensions = options.extensions ?? join(userData, 'extensions');
    mkdirSync(extensions, { recursive: true });
    const settingsFile = join(userData, 'User/settings.json');
    if (!options.interactive || !existsSync(settingsFile)) {
      write(settingsFile, JSON.stringify({ ...settings, ...options.settings }, null, 2));
    }
    const child = start(process.execPath, serverArguments(userData, extensions, options), {
      env: { ...environment(), TMPDIR: temporaryFolder('tmp'), ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new VsCodeServer(child, await listening(child), userData);
  }

  /** The process group of the server, its extension hosts and what they start. */
  get group(): number | undefined {
    return this.child.pid;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** A file or folder as the workbench names it. */
  uri(path: string): string {
    return `vscode-remote://127.0.0.1:${this.port}${slashes(path)}`;
  }

  /** The address of a window on a folder or a `.code-workspace` file; `payload` are the workbench's own start options. */
  url(folder: string, payload: [string, string][] = []): string {
    const query = new URLSearchParams({
      [folder.endsWith('.code-workspace') ? 'workspace' : 'folder']: slashes(folder),
    });
    if (payload.length > 0) query.set('payload', JSON.stringify(payload));
    return `${this.origin}/?${query}`;
  }

  /** Copies the logs of the server, the extension host and every extension. */
  keepLogs(target: string): void {
    keepLogs(join(this.userData, 'logs'), target);
  }

  /** What the extension host has logged so far: its start, activations and their errors. */
  hostLog(): string {
    return hostLog(join(this.userData, 'logs'));
  }

  stop(): Promise<void> {
    return stop(this.child);
  }
}

export function keepLogs(logs: string, target: string): void {
  if (!existsSync(logs)) return;
  rmSync(target, { recursive: true, force: true });
  for (const name of readdirSync(logs)) cpSync(join(logs, name), join(target, name), { recursive: true });
}

/** The extension host's own log, of every window. */
export function hostLog(logs: string): string {
  if (!existsSync(logs)) return '';
  const names = readdirSync(logs, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('remoteexthost.log'));
  return files.map((name) => readFileSync(join(logs, name), 'utf8')).join('\n');
}

function slashes(path: string): string {
  const forward = path.replaceAll('\\', '/');
  return forward.startsWith('/') ? forward : `/${forward}`;
}

function serverArguments(userData: string, extensions: string, options: ServerOptions): string[] {
  return [
    join(vscodeFolder, 'out/server-main.js'),
    ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'],
    ...['--server-data-dir', join(userData, 'server'), '--user-data-dir', userData, '--extensions-dir', extensions],
    ...['--telemetry-level', 'off', '--disable-telemetry', '--disable-getting-started-override'],
    ...(options.interactive ? [] : ['--enable-smoke-test-driver']),
    ...(options.folder === undefined ? [] : ['--default-folder', options.folder]),
    ...(options.trusted ? ['--disable-workspace-trust'] : []),
  ];
}

/** The environment without what a surrounding VS Code would make the server do, and without a gallery to ask. */
export function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('VSCODE_') && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(inherited), EXTENSIONS_GALLERY: '{}' };
}

async function listening(child: ChildProcess): Promise<number> {
  let output = '';
  let exited = false;
  const collect = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-100_000));
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  child.on('exit', () => (exited = true));
  child.on('error', (error) => (output += error.message));
  for (const deadline = Date.now() + 120_000; Date.now() < deadline && !exited; await delay(50)) {
    const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
    if (port !== undefined) return Number(port);
  }
  await stop(child);
  throw new Error(`The VS Code server ${exited ? 'ended' : 'did not answer within two minutes'}:\n${output}`);
}
