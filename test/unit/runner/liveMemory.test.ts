/** What an afternoon of typing leaves behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

describe('live evaluation', () => {
  it('leaves less than 5 KB an edit on the heap', () => {
    // In a process of its own: one whose coverage is measured keeps every function that it ever compiled.
    const script = join(__dirname, 'support/liveHeap.ts');
    const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', script], {
      encoding: 'utf8',
      env: { ...process.env, NODE_V8_COVERAGE: '' },
    });
    assert.match(stdout, /^-?\d/, stderr);
    assert.ok(Number(stdout) < 5, `${Number(stdout).toFixed(1)} KB an edit`);
  });
});
