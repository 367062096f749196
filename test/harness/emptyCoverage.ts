/** Where a suite's processes leave what they executed, for test/harness/coverage.ts. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './vscode';

/** Empties the suite's folder; the result belongs into the environment of its processes. */
export function emptyCoverage(suite: string): { NODE_V8_COVERAGE: string } {
  const folder = join(root, 'out/coverage', suite);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return { NODE_V8_COVERAGE: folder };
}
