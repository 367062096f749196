import assert from 'node:assert/strict';
import { GPU } from 'gpu.js';
import type { GpuLibrary } from '../../../../src/engine/execute/gpu/device';
import { failures, refusals, runConformance, runPrograms } from '../../../gpu/conformance';
import { programCases, TURNS } from '../../../gpu/programs';
import { toSend } from '../../../gpu/sent';

const SEED = 1;
const RANDOM_PROGRAMS = 200;

/** The backends that Node has; the browser's are in test/ui/gpu-conformance.test.ts. */
describe('gpu.js kernels in Node', function () {
  this.timeout(120_000);

  for (const mode of ['webasm', 'cpu'] as const) {
    it(`agree with float64 for every primitive and transform on ${mode}`, async () => {
      const results = await runConformance(GPU as unknown as GpuLibrary, mode, 1);
      assert.ok(results.length > 250, `${results.length} cases`);
      assert.deepEqual(failures(results, mode), []);
    });

    it(`agree with float64 for JAX's guide, the examples and ${RANDOM_PROGRAMS} random programs (seed ${SEED}) on ${mode}`, async () => {
      const turn = mode === 'webasm' ? TURNS.nodeWebasm : TURNS.nodeCpu;
      const cases = (await programCases(turn, SEED, RANDOM_PROGRAMS)).map(toSend);
      const results = await runPrograms(GPU as unknown as GpuLibrary, mode, cases);
      assert.ok(results.length > 250, `${results.length} cases`);
      assert.deepEqual(failures(results, mode), []);
      assert.deepEqual(refusals(results), []);
    });
  }
});
