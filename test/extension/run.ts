/**
 * Runs the suites of test/extension inside a real VS Code, through @vscode/test-electron: in the VS Code of the npm packages,
 * or with --desktop in a desktop VS Code that is downloaded. `--only TEXT` runs the files whose names contain TEXT; `--coverage` counts
 * what is executed.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runTests } from '@vscode/test-electron';
import * as esbuild from 'esbuild';
import { ensureChromium } from '../harness/chromium';
import { emptyCoverage } from '../harness/emptyCoverage';
import { atEnd, cleanUp, delay, temporaryFolder } from '../harness/processes';
import { saveCounts } from '../harness/results';
import { stageExtension, stageWorkspace } from '../harness/stage';
import { ensureVsCode, root } from '../harness/vscode';
import type { Message } from './messages';

const desktop = process.argv.includes('--desktop');
const only = process.argv[process.argv.indexOf('--only') + 1];

type Result = Extract<Message, { kind: 'result' }>;

/** Bundles the suites into a folder of their own, one file a suite. */
async function bundleSuites(): Promise<string> {
  const outdir = temporaryFolder('suites', join(root, 'out'));
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['test/extension/host.ts', 'test/extension/**/*.test.ts'],
    outdir,
    outbase: 'test/extension',
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return join(outdir, 'host.js');
}

/** Prints what the run inside says, and remembers its result. */
async function listen(path: string): Promise<{ server: Server; result: () => Result | undefined }> {
  let result: Result | undefined;
  const server = createServer((socket) => {
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line) as Message;
      if (message.kind === 'output') process.stdout.write(message.text);
      else result = message;
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { server, result: () => result };
}

async function run(): Promise<Result | undefined> {
  if (!desktop) {
    ensureChromium();
    await ensureVsCode();
  }
  const folder = temporaryFolder('host');
  const socket = process.platform === 'win32' ? `\\\\.\\pipe\\gradlens-${process.pid}` : join(folder, 'socket');
  const { server, result } = await listen(socket);
  const pidFile = join(folder, 'pid');
  atEnd(() => endStandIn(pidFile));
  const environment: Record<string, string> = {
    GRADLENS_TEST_SOCKET: socket,
    GRADLENS_TEST_PID_FILE: pidFile,
    ...(process.argv.includes('--coverage') ? emptyCoverage('extension') : {}),
  };
  if (process.argv.includes('--only') && only !== undefined) environment.GRADLENS_TEST_FILES = only;
  try {
    const code = await runTests({
      ...(desktop ? {} : { vscodeExecutablePath: join(root, 'test/harness/code.cjs') }),
      extensionDevelopmentPath: stageExtension(),
      extensionTestsPath: await bundleSuites(),
      extensionTestsEnv: environment,
      launchArgs: [
        stageWorkspace('test/fixtures/workspace'),
        `--user-data-dir=${join(folder, 'user')}`,
        `--extensions-dir=${join(folder, 'extensions')}`,
        '--disable-workspace-trust',
      ],
    });
    if (code !== 0) console.error(`VS Code ended with exit code ${code}.`);
  } catch (error) {
    console.error((error as Error).message);
  } finally {
    server.close();
  }
  return result();
}

/** When this run is interrupted, the stand-in for VS Code ends first: it has processes and folders of its own to clear. */
async function endStandIn(pidFile: string): Promise<void> {
  const gone = () => {
    try {
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
      return false;
    } catch {
      return true;
    }
  };
  for (const deadline = Date.now() + 15_000; !gone() && Date.now() < deadline;) await delay(200);
}

async function main(): Promise<void> {
  const result = await run().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return undefined;
  });
  if (result === undefined) console.error('The run in the extension host gave no result.');
  else console.log(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  // A run without a passing test proves nothing.
  const green = result !== undefined && result.failed === 0 && result.passed > 0;
  saveCounts('extension', { passed: result?.passed ?? 0, failed: green ? 0 : Math.max(1, result?.failed ?? 1) });
  await cleanUp();
  process.exit(green ? 0 : 1);
}

void main();
