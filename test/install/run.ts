/**
 * Proves the install: a fresh clone in a temporary folder, with an empty npm cache, runs `npm start` until VS Code answers and
 * the extension is active in it; then it is stopped as by Ctrl-C, and nothing may be left.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { launchChromium } from '../harness/chromium';
import { poll } from '../harness/poll';
import { cleanUp, start, temporaryFolder } from '../harness/processes';
import { saveCounts } from '../harness/results';
import { hostLog, keepLogs } from '../harness/server';
import { root } from '../harness/vscode';

const minute = 60_000;

/** A clone of what is committed; a copy of what is there where this is no git repository. */
function clone(): string {
  const folder = join(temporaryFolder('clone'), 'gradlens');
  const { status } = spawnSync('git', ['-c', 'safe.directory=*', 'clone', '--quiet', root, folder], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    const built = new Set(['.git', 'node_modules', 'dist', 'out', 'coverage', 'test-results']);
    cpSync(root, folder, { recursive: true, filter: (path) => !built.has(basename(path)) });
  }
  assert.ok(!existsSync(join(folder, 'node_modules')));
  return folder;
}

interface Started {
  child: ChildProcess;
  /** Where VS Code answers, and where it logs. */
  origin: string;
  logs: string;
  exited: Promise<number | null>;
}

async function npmStart(folder: string): Promise<Started> {
  const cache = join(folder, '../npm-cache');
  const temporary = join(folder, '../t');
  mkdirSync(cache);
  mkdirSync(temporary);
  const env = { ...process.env, npm_config_cache: cache, TMPDIR: temporary, BROWSER: 'none' };
  const child = start('npm', ['start', '--', '--served'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  let running = true;
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve)).finally(() => (running = false));
  const match = await poll(
    'the address of VS Code',
    () => /(http:\/\/127\.0\.0\.1:\d+)\/ .*logs in (.*)\)/.exec(output) ?? (running ? undefined : 'ended'),
    8 * minute,
  );
  if (match === 'ended') throw new Error('`npm start` ended before VS Code answered.');
  return { child, origin: match[1], logs: match[2], exited };
}

/** Opens an example and waits for the extension host's own word that the extension is active, and for a lens. */
async function seeExtension({ origin, logs }: Started, folder: string): Promise<void> {
  const browser = await launchChromium();
  const page = await browser.newPage();
  const examples = join(folder, 'examples');
  const example = readdirSync(examples).find((name) => name.endsWith('.ts'));
  assert.ok(example, 'examples/ has no TypeScript file');
  const uri = `vscode-remote://${new URL(origin).host}${join(examples, example)}`;
  const query = new URLSearchParams({ folder: examples, payload: JSON.stringify([['openFile', uri]]) });
  await page.goto(`${origin}/?${query}`, { waitUntil: 'commit', timeout: 2 * minute });
  try {
    await poll(
      'the activation in the log',
      () => hostLog(logs).includes('_doActivateExtension gradlens.gradlens'),
      3 * minute,
    );
    await poll('a lens', () => page.isVisible('.codelens-decoration'), 3 * minute);
    assert.ok(!hostLog(logs).includes('Activating extension gradlens.gradlens failed'), 'the activation failed');
  } catch (error) {
    const results = join(root, 'test-results/install');
    await page.screenshot({ path: join(results, 'workbench.png') }).catch(() => undefined);
    keepLogs(logs, join(results, 'logs'));
    throw error;
  }
  await browser.close();
}

async function main(): Promise<void> {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;
  const folder = clone();
  const started = await npmStart(folder);
  const { status } = await fetch(`${started.origin}/`);
  assert.equal(status, 200);
  console.log(`VS Code answers ${seconds()} after the clone.`);
  await seeExtension(started, folder);
  console.log(`The extension is active and shows a lens after ${seconds()}.`);
  // Ctrl-C in a terminal goes to every process of the group.
  process.kill(-started.child.pid!, 'SIGINT');
  await poll('the end of npm start', async () => (await Promise.race([started.exited, undefined])) !== undefined);
  await assert.rejects(fetch(`${started.origin}/`), 'the server still answers');
  const left = readdirSync(join(folder, '../t')).filter((name) => name.startsWith('gradlens-'));
  assert.deepEqual(left, [], 'temporary folders are left');
  console.log('Ctrl-C ended it and left nothing behind.');
}

main()
  .then(
    () => 0,
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    },
  )
  .then(async (failed) => {
    saveCounts('install', { passed: 1 - failed, failed });
    await cleanUp();
    process.exit(failed);
  });
