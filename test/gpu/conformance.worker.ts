/** The conformance suite inside a worker, as the panel runs its kernels. */
import { GPU } from 'gpu.js';
import type { GpuLibrary, GpuMode } from '../../src/engine/execute/gpu/device';
import { failures, runConformance } from './conformance';

self.addEventListener('message', (event: MessageEvent<{ mode: GpuMode; seed: number }>) => {
  const { mode, seed } = event.data;
  runConformance(GPU as unknown as GpuLibrary, mode, seed).then(
    (results) => self.postMessage({ count: results.length, failures: failures(results, mode) }),
    (error: unknown) => self.postMessage({ count: 0, failures: [String(error)] }),
  );
});
