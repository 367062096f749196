/** Where gpu.js runs on WebAssembly. */
export const ON_THE_CPU = 'WebAssembly on the CPU';

/** What is missing and what helps. The panel and the editor translate them. */
export const MISSING = {
  noWebGpu: 'WebGPU is off in this window. Start VS Code with --enable-unsafe-webgpu, or update the graphics driver.',
  noAdapter: 'WebGPU found no adapter. Update the graphics driver, or start VS Code with --enable-unsafe-webgpu.',
  noWebGl2:
    'WebGL 2 is off in this window. Turn hardware acceleration on (disable-hardware-acceleration in argv.json), then restart.',
} as const;
