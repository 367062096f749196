/** A real runner process for tests: bundled once per test process, as it ships. */
import { buildSync } from 'esbuild';
import { mkdtempSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { typescriptParser } from '../../../../scripts/lib/typescriptParser.mjs';
import { RunnerClient, RunnerRequestError } from '../../../../src/runner/client/runnerClient';
import type { ErrorInfo, RunnerConfiguration, RunnerMethod, RunnerRequests } from '../../../../src/runner/protocol';

const root = resolve(__dirname, '../../../..');
let directory: string | undefined;

/** Folder with runner.js and cli.js in it. */
export function bundles(): string {
  if (directory !== undefined) return directory;
  directory = mkdtempSync(join(tmpdir(), 'gradlens-runner-'));
  buildSync({
    absWorkingDir: root,
    entryPoints: [
      { in: 'src/runner/main.ts', out: 'runner' },
      { in: 'src/cli/main.ts', out: 'cli' },
    ],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outdir: directory,
    logLevel: 'error',
    alias: { typescript: typescriptParser(root) },
  });
  return directory;
}

export function startRunner(configuration: Partial<RunnerConfiguration> = {}): RunnerClient {
  return new RunnerClient({ runnerPath: join(bundles(), 'runner.js'), configuration });
}

/** Writes files into a new folder; returns it. */
export function workspace(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gradlens-files-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** The error that a request ends with. */
export async function errorOf<M extends RunnerMethod>(
  client: RunnerClient,
  method: M,
  params: RunnerRequests[M]['params'],
  timeLimit?: number,
): Promise<ErrorInfo> {
  try {
    await client.request(method, params, timeLimit === undefined ? {} : { timeLimit });
  } catch (error) {
    if (error instanceof RunnerRequestError) return error.info;
    throw error;
  }
  throw new Error('The request was answered without an error.');
}
