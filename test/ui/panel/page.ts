/**
 * The panel in a plain page, as the extension would show it: the built bundle under the panel's own content security policy,
 * with a fake host in the extension's place. Quick to open and free to set up, for what does not need a VS Code.
 */
import { build } from 'esbuild';
import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { panelHtml } from '../../../src/extension/panel/panelHtml';
import { launchChromium } from '../../harness/chromium';
import { atEnd } from '../../harness/processes';
import type { FixtureName } from './fixtures';
import { themes, type ThemeName } from './themes';

const dist = process.env.GRADLENS_PANEL_DIST ?? join(__dirname, '../../../dist/webview');
const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
  '.map': 'application/json',
};
const nonce = 'panelTestNonce';

let started: Promise<{ browser: Browser; origin: string }> | undefined;

async function start(): Promise<{ browser: Browser; origin: string }> {
  const bundle = await build({
    entryPoints: [join(__dirname, 'fakeHost.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
  });
  const host = bundle.outputFiles[0].text;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/') {
      response.setHeader('content-type', 'text/html');
      response.end(page(`http://${request.headers.host}`));
      return;
    }
    if (pathname === '/favicon.ico') {
      response.statusCode = 204;
      response.end();
      return;
    }
    try {
      const body = pathname === '/fakeHost.js' ? host : readFileSync(join(dist, pathname.slice(1)));
      response.setHeader('content-type', types[extname(pathname)] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => closeServer(server));
  return { browser: await launchChromium(), origin: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** The extension's page with the fake host's script before the panel's. */
function page(origin: string): string {
  const html = panelHtml({
    cspSource: origin,
    nonce,
    script: `${origin}/main.js`,
    styles: `${origin}/main.css`,
    icons: `${origin}/codicons.css`,
    locale: 'en',
  });
  return html.replace(
    '<script nonce',
    `<script nonce="${nonce}" src="${origin}/fakeHost.js"></script>\n    <script nonce`,
  );
}

export interface PanelPageOptions {
  fixture?: FixtureName;
  theme?: ThemeName;
  width?: number;
  height?: number;
  locale?: string;
  /** Milliseconds from one message of progress to the next. */
  pace?: number;
  /** Movement is wanted. */
  motion?: boolean;
}

export interface PanelPage {
  page: Page;
  /** Errors of scripts, and what the content security policy has refused. */
  problems: string[];
  setTheme(theme: ThemeName): Promise<void>;
  /** Leaves the page, and what it holds with it. */
  close(): Promise<void>;
}

/** One page for all: opening another takes longer than most tests. */
let shared: Promise<PanelPage & { origin: string }> | undefined;

async function create(): Promise<PanelPage & { origin: string }> {
  started ??= start();
  const { browser, origin } = await started;
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  // The test runner's compiler names functions by a helper that a page does not have.
  await page.addInitScript('globalThis.__name = (value) => value');
  const setTheme = (name: ThemeName) =>
    page.evaluate(({ variables, bodyClass }) => {
      document.body.className = bodyClass;
      document.documentElement.removeAttribute('style');
      for (const [key, value] of Object.entries(variables))
        document.documentElement.style.setProperty(`--vscode-${key}`, value);
    }, themes[name]);
  const close = async () => {
    await page.goto('about:blank');
  };
  return { page, problems, setTheme, origin, close };
}

/** The panel anew, at a fixture, in a theme. */
export async function openPanelPage(options: PanelPageOptions = {}): Promise<PanelPage> {
  shared ??= create();
  const panel = await shared;
  const { page, problems, origin } = panel;
  await page.setViewportSize({ width: options.width ?? 640, height: options.height ?? 860 });
  if (page.url().startsWith(origin)) await page.evaluate(() => sessionStorage.clear());
  problems.length = 0;
  const theme = options.theme ?? 'dark';
  const query = new URLSearchParams({
    fixture: options.fixture ?? 'rosenbrock',
    locale: options.locale ?? 'en',
    theme: JSON.stringify(themes[theme]),
    pace: String(options.pace ?? 10),
    motion: String(options.motion ?? false),
  });
  await page.emulateMedia({ reducedMotion: options.motion ? 'no-preference' : 'reduce' });
  await page.goto(`${origin}/?${query}`);
  await page.waitForSelector('.app');
  return panel;
}
