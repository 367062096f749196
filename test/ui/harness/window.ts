/** Opens a window of a real VS Code in a real browser, and keeps evidence when a test fails. */
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../harness/chromium';
import { Driver } from '../../harness/driver';
import { patience, poll } from '../../harness/poll';
import { temporaryFolder } from '../../harness/processes';
import { VsCodeServer } from '../../harness/server';
import { stageExtension, stageWorkspace, write } from '../../harness/stage';
import { root } from '../../harness/vscode';

export interface WindowOptions {
  /** The folder that a copy of is opened; test/fixtures/workspace by default. */
  folder?: string;
  /** A file of that folder, `*.code-workspace`, that is opened instead of the folder. */
  workspaceFile?: { name: string; content: object };
  /** Writes files of the folder before it is opened. */
  prepare?: (write: (name: string, text: string) => void) => void;
  /** False boots an untrusted workspace. */
  trusted?: boolean;
  /** Added to the user settings. */
  settings?: Record<string, unknown>;
  /** A folder of installed extensions, instead of loading the extension from the built sources. */
  installed?: string;
}

export const results = join(root, 'test-results/ui');

/** Pictures for the documentation are made: sharp on any screen, without what belongs to the tests. */
const pictures = process.env.GRADLENS_MEDIA !== undefined;
const forPictures = { 'window.commandCenter': false, 'window.title': '${activeEditorShort}' };

let browser: Promise<Browser> | undefined;
const sharedBrowser = () => (browser ??= launchChromium());

/** The server, the page and the folder of one window. */
export interface Window {
  readonly server: VsCodeServer;
  /** Absent where only an installed VSIX runs. */
  readonly driver: Driver | undefined;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly folder: string;
}

export async function openWindow(options: WindowOptions): Promise<Window> {
  const folder = stageWorkspace(options.folder ?? 'test/fixtures/workspace');
  const driver = options.installed === undefined ? await Driver.listen() : undefined;
  const extensions = options.installed ?? temporaryFolder('extensions');
  driver?.installInto(extensions);
  const server = await VsCodeServer.start({
    trusted: options.trusted ?? true,
    settings: { ...(pictures ? forPictures : {}), ...options.settings },
    environment: driver?.environment,
    extensions,
  });
  const context = await (
    await sharedBrowser()
  ).newContext(
    pictures
      ? { viewport: { width: 1280, height: 780 }, deviceScaleFactor: 2 }
      : { viewport: { width: 1280, height: 900 } },
  );
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const payload: [string, string][] =
    options.installed === undefined ? [['extensionDevelopmentPath', server.uri(stageExtension())]] : [];
  options.prepare?.((name, text) => write(join(folder, name), text));
  if (options.workspaceFile !== undefined)
    write(join(folder, options.workspaceFile.name), JSON.stringify(options.workspaceFile.content));
  const address = server.url(join(folder, options.workspaceFile?.name ?? ''), payload);
  // The boot is infrastructure: a page that never becomes a workbench is loaded once more.
  const boot = async () => {
    await page.goto(address, { waitUntil: 'commit', timeout: 2 * patience });
    await poll('the workbench', () => page.isVisible('.monaco-workbench .part.editor'), 2 * patience);
  };
  await boot().catch(boot);
  return { server, driver, context, page, folder };
}

/** Keeps a picture of the window and the logs of its extension host under test-results/ui. */
export async function keepEvidence(window: Window, name: string): Promise<void> {
  const file = name.replace(/[^\w.-]+/g, '-').slice(0, 120);
  await window.page.screenshot({ path: join(results, `${file}.png`), timeout: 30_000 }).catch(() => undefined);
  window.server.keepLogs(join(results, `${file}-logs`));
}
