/** The conformance suite inside a worker, as the panel runs its kernels. */
import { GPU } from 'gpu.js';
import type { GpuLibrary, GpuMode } from '../../src/engine/execute/gpu/device';
import { failures, refusals, runConformance, runPrograms } from './conformance';
import type { SentCase } from './sent';

interface Request {
  readonly mode: GpuMode;
  readonly seed: number;
  /** Without the Hessian-vector products of single primitives, whose shaders take longest to compile. */
  readonly quick?: boolean;
  /** Whole programs to run instead of the single primitives. */
  readonly programs?: readonly SentCase[];
}

/** A worker's global scope; this file is type-checked with Node's. */
declare const self: {
  addEventListener(type: 'message', listener: (event: { data: Request }) => void): void;
  postMessage(report: { count: number; failures: string[]; refusals: string[] }): void;
};

self.addEventListener('message', (event) => {
  const { mode, seed, quick, programs } = event.data;
  const wanted = quick ? ({ name }: { name: string }) => !name.endsWith(' hvp') : undefined;
  const library = GPU as unknown as GpuLibrary;
  (programs ? runPrograms(library, mode, programs) : runConformance(library, mode, seed, wanted)).then(
    (results) =>
      self.postMessage({ count: results.length, failures: failures(results, mode), refusals: refusals(results) }),
    (error: unknown) => self.postMessage({ count: 0, failures: [String(error)], refusals: [] }),
  );
});
