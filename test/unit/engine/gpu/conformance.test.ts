import assert from 'node:assert/strict';
import { GPU } from 'gpu.js';
import type { GpuLibrary } from '../../../../src/engine/execute/gpu/device';
import { failures, runConformance } from '../../../gpu/conformance';

/** The backends that Node has; the browser's are in test/ui/gpu-conformance.test.ts. */
describe('gpu.js kernels in Node', function () {
  this.timeout(120_000);

  for (const mode of ['webasm', 'cpu'] as const) {
    it(`agree with float64 for every primitive and transform on ${mode}`, async () => {
      const results = await runConformance(GPU as unknown as GpuLibrary, mode, 1);
      assert.ok(results.length > 250, `${results.length} cases`);
      assert.deepEqual(failures(results, mode), []);
    });
  }
});
