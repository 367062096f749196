/** What the machine offers: the name of the adapter behind each backend, or why there is none. */
import type { GpuBackend } from '../protocol';
import { MISSING, ON_THE_CPU } from './missing';

export interface Adapter {
  readonly name: string;
}

interface AdapterInfo {
  vendor?: string;
  architecture?: string;
  device?: string;
  description?: string;
}

interface WebGpu {
  requestAdapter(): Promise<{ info?: AdapterInfo } | null>;
}

/** Milliseconds in which a GPU process that has ended is there again. */
const REVIVAL = 2000;
const LOOK_AGAIN = 100;

/** Backends that have been there: one that is missing may be on its way back. */
const seen = new Set<GpuBackend>();

/**
 * Waits a moment for a backend that was there before.
 * @throws Error whose message says what is missing and what helps
 */
export async function findAdapter(backend: GpuBackend): Promise<Adapter> {
  for (const until = performance.now() + REVIVAL; ;) {
    try {
      const found = await look(backend);
      seen.add(backend);
      return found;
    } catch (error) {
      if (!seen.has(backend)) throw error;
      if (performance.now() > until) {
        seen.delete(backend);
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    }
  }
}

async function look(backend: GpuBackend): Promise<Adapter> {
  switch (backend) {
    case 'webgpu':
      return findWebGpu();
    case 'webgl2':
      return findWebGl2();
    case 'webasm':
      return { name: ON_THE_CPU };
  }
}

async function findWebGpu(): Promise<Adapter> {
  const { gpu } = navigator as { gpu?: WebGpu };
  if (!gpu) {
    throw new Error(MISSING.noWebGpu);
  }
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error(MISSING.noAdapter);
  const { vendor, architecture, device, description } = adapter.info ?? {};
  return { name: description || [vendor, architecture, device].filter(Boolean).join(' ') || 'WebGPU adapter' };
}

function findWebGl2(): Adapter {
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!context) {
    throw new Error(MISSING.noWebGl2);
  }
  const extension = context.getExtension('WEBGL_debug_renderer_info');
  const name = extension ? String(context.getParameter(extension.UNMASKED_RENDERER_WEBGL)) : 'WebGL 2';
  // A page has 16 contexts at most; this one is not needed any more.
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return { name };
}
