/** The conformance suite inside a worker, as the panel runs its kernels. */
import { GPU } from 'gpu.js';
import type { GpuLibrary, GpuMode } from '../../src/engine/execute/gpu/device';
import { failures, runConformance } from './conformance';

/** A worker's global scope; this file is type-checked with Node's. */
declare const self: {
  addEventListener(type: 'message', listener: (event: { data: { mode: GpuMode; seed: number } }) => void): void;
  postMessage(report: { count: number; failures: string[] }): void;
};

self.addEventListener('message', (event) => {
  const { mode, seed } = event.data;
  runConformance(GPU as unknown as GpuLibrary, mode, seed).then(
    (results) => self.postMessage({ count: results.length, failures: failures(results, mode) }),
    (error: unknown) => self.postMessage({ count: 0, failures: [String(error)] }),
  );
});
