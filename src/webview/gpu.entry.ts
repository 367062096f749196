/** The panel's GPU worker as text: a bundle of its own (gpu.js is large), loaded when the GPU is first asked for. */
import source from './gpu/gpu.worker?inline';

(globalThis as { gradlensGpuWorker?: string }).gradlensGpuWorker = source;
