/**
 * Runs plans by gpu.js. The library comes in as an argument: the engine imports nothing, the panel gives its browser build, Node
 * the package. Kernels run as one pipeline, so that what stands between them never leaves the device.
 */
import { GradLensError, GuardError } from '../../errors';
import { allocate, isFloat, sizeOf, type ArrayValue, type Aval } from '../../program/aval';
import type { Program, Row } from '../../program/program';
import { holdsExactly } from './context';
import { KERNEL_FUNCTIONS } from './functions';
import { untile } from './contract';
import { halfOf, joinHalves } from './halves';
import { checkIntegers, rangeOf, type Range } from './integers';
import { kernelKey } from './sharing';
import { lowerToGpu, type GpuPlan, type GpuStep, type Vectors } from './lower';

export type GpuMode = 'webgpu' | 'webgl2' | 'headlessgl' | 'webasm' | 'cpu';

interface KernelSettings {
  output: number[];
  precision: 'single';
  tactic: 'precision';
  functions: {
    name: string;
    source: string;
    settings: { returnType: 'Number'; argumentTypes: Record<string, 'Number'> };
  }[];
}

/** An opaque handle inside a pipeline. */
type Handle = object;
type KernelHandle = (...args: (Handle | Float32Array | number)[]) => Handle;

/** A number a thread, or a vector. */
type PipelineResult = Float32Array | Float32Array[];

interface Pipeline {
  (packed: Float32Array, nan: number, inf: number): Promise<PipelineResult[]>;
  readonly backend?: string;
  readonly executorKind?: string;
  readonly fallbackReason?: string | null;
  destroy(): void;
}

/** The part of WebGL that tells whether a context lives; WebGL 1 has no reading of buffers. */
interface WebGl {
  readonly COPY_READ_BUFFER?: number;
  readonly STATIC_READ?: number;
  isContextLost?(): boolean;
  createBuffer?(): object | null;
  bindBuffer?(target: number, buffer: object | null): void;
  bufferData?(target: number, data: Uint8Array, usage: number): void;
  getBufferSubData?(target: number, offset: number, into: Uint8Array): void;
}

/** The part of gpu.js that is used. */
export interface GpuLibrary {
  new (settings: { mode: GpuMode }): {
    createKernel(source: string, settings: KernelSettings): KernelHandle;
    createPipeline(orchestrate: (packed: Handle, nan: Handle, inf: Handle) => Handle[]): Pipeline;
    /** The WebGL context, once a kernel has run. */
    readonly context?: WebGl | null;
    destroy(): void | Promise<void>;
  };
}

/** gpu.js refused, fell back to another backend, or the device was lost. */
class GpuFailure extends GradLensError {
  override name = 'GpuFailure';

  constructor(mode: GpuMode, reason: string) {
    super(
      'gpu-failed',
      `The ${mode} backend of gpu.js failed: ${reason}`,
      'The result is computed on the CPU instead.',
    );
  }
}

interface GpuRun {
  /** The program's outputs; floats are float32. */
  readonly outputs: ArrayValue[];
  /** Milliseconds. */
  readonly time: number;
}

/** A program whose kernels are made. */
export interface GpuExecutable {
  readonly plan: GpuPlan;
  /** The backend that runs, as gpu.js says it. */
  readonly backend: string;
  readonly executor: string;
  /** Milliseconds until the first result, which is when gpu.js compiles. */
  readonly compileTime: number;
  /** @throws GuardError where control flow goes another way; GpuFailure */
  run(inputs: readonly ArrayValue[]): Promise<GpuRun>;
  destroy(): void;
}

const BACKEND_NAMES: Record<GpuMode, readonly string[]> = {
  webgpu: ['webgpu'],
  webgl2: ['webgl2', 'gpu'],
  headlessgl: ['headlessgl', 'gpu'],
  webasm: ['webasm'],
  cpu: ['cpu'],
};

/** Where the kernels of a backend may return several numbers. */
export const VECTORS: Readonly<Record<string, Vectors>> & Record<GpuMode, Vectors> = {
  webgpu: 'results',
  webgl2: 'values',
  headlessgl: 'none',
  webasm: 'results',
  cpu: 'results',
};

export class GpuDevice {
  private readonly gpu: InstanceType<GpuLibrary>;
  private readonly executables = new Map<Program, Promise<GpuExecutable>>();
  /** A WebGL buffer with one known byte. */
  private held: object | undefined;

  constructor(
    library: GpuLibrary,
    readonly mode: GpuMode,
  ) {
    this.gpu = new library({ mode });
  }

  /**
   * Lowers, compiles and runs a program once for its kernels to exist; kept for the next time.
   * @throws GpuUnsupportedError, GpuFailure
   */
  prepare(program: Program, inputs: readonly ArrayValue[]): Promise<GpuExecutable> {
    let executable = this.executables.get(program);
    if (!executable) {
      executable = this.compile(program, inputs);
      executable.catch(() => this.executables.delete(program));
      this.executables.set(program, executable);
    }
    return executable;
  }

  /** Frees one program's kernels. */
  async release(program: Program): Promise<void> {
    const executable = this.executables.get(program);
    this.executables.delete(program);
    (await executable?.catch(() => undefined))?.destroy();
  }

  async destroy(): Promise<void> {
    this.executables.clear();
    await this.gpu.destroy();
  }

  private async compile(program: Program, inputs: readonly ArrayValue[]): Promise<GpuExecutable> {
    const plan = lowerToGpu(program, VECTORS[this.mode]);
    const steps = [...new Set(plan.outputs.flatMap((output) => (output.kind === 'step' ? [output.step] : [])))];
    const start = performance.now();
    const pipeline = steps.length > 0 ? this.pipeline(plan, steps) : undefined;
    const run = async (values: readonly ArrayValue[]): Promise<GpuRun> => {
      const began = performance.now();
      const parts = plan.inputParts.map(({ index, part }) => halfOf(values[index], part));
      const results = pipeline ? await this.call(pipeline, pack(plan, parts)) : [];
      const numbers = plan.outputs.map((output): Numbers => {
        if (output.kind === 'value') return output.value;
        if (output.kind === 'input') return parts[output.input];
        const result = results[steps.indexOf(output.step)];
        const { tiles } = plan.steps[output.step];
        const { step, offset, aval } = output;
        const { size } = plan.steps[step];
        const all = tiles ? untile(result as Float32Array[], tiles) : (result as Float32Array);
        const length = sizeOf(aval.shape);
        return { ...aval, data: length === size ? all : all.subarray(offset, offset + length) };
      });
      checkGuards(plan, numbers);
      checkRanges(plan, parts, numbers);
      const outputs: ArrayValue[] = [];
      plan.outputParts.forEach(({ part }, at) => {
        if (part === 'low') outputs.push(joinHalves(numbers[at - 1].data, numbers[at].data, numbers[at].shape));
        else if (part === 'whole')
          outputs.push(plan.outputs[at].kind === 'step' ? toArray(numbers[at]) : (numbers[at] as ArrayValue));
      });
      return { outputs, time: performance.now() - began };
    };
    try {
      await run(inputs);
      if (pipeline) this.requireBackend(pipeline);
    } catch (error) {
      pipeline?.destroy();
      throw error;
    }
    return {
      plan,
      backend: this.mode,
      executor: pipeline?.executorKind ?? 'none',
      compileTime: performance.now() - start,
      run,
      destroy: () => pipeline?.destroy(),
    };
  }

  /** Without kernels nothing has run anywhere; with them it must have been here. */
  private requireBackend({ backend, fallbackReason }: Pipeline): void {
    if (BACKEND_NAMES[this.mode].includes(backend ?? '')) return;
    throw new GpuFailure(
      this.mode,
      fallbackReason ?? (backend ? `it runs on ${backend}` : 'it does not say what runs'),
    );
  }

  private pipeline(plan: GpuPlan, outputs: readonly number[]): Pipeline {
    const made = new Map<string, KernelHandle>();
    const kernels = plan.steps.map((step) => {
      const key = kernelKey(step);
      const kernel = made.get(key) ?? this.gpu.createKernel(step.source, settingsOf(step));
      made.set(key, kernel);
      return kernel;
    });
    return this.gpu.createPipeline(function orchestrate(packed: Handle, nan: Handle, inf: Handle) {
      const handles: Handle[] = [];
      plan.steps.forEach((step, index) => {
        const read = step.reads.map((one) => handles[one]);
        handles.push(kernels[index](packed, ...read, nan, inf, ...step.numbers));
      });
      return outputs.map((step) => handles[step]);
    });
  }

  private async call(pipeline: Pipeline, packed: Float32Array): Promise<PipelineResult[]> {
    let results: PipelineResult[];
    try {
      results = await pipeline(packed, NaN, Infinity);
    } catch (error) {
      throw new GpuFailure(this.mode, error instanceof Error ? error.message : String(error));
    }
    // A lost context answers zeros without a word.
    if (this.gpu.context && !this.witness(this.gpu.context))
      throw new GpuFailure(this.mode, 'the WebGL context was lost');
    return results;
  }

  /**
   * Does the context still live? It learns that its process has died only when this task has ended, so that a byte which the
   * device holds is read back: what it gave before is right where it gives that.
   */
  private witness(gl: WebGl): boolean {
    if (gl.isContextLost?.()) return false;
    const { COPY_READ_BUFFER: target, STATIC_READ: usage } = gl;
    if (!gl.getBufferSubData || target === undefined || usage === undefined) return true;
    if (!this.held) {
      this.held = gl.createBuffer?.() ?? undefined;
      gl.bindBuffer?.(target, this.held ?? null);
      gl.bufferData?.(target, Uint8Array.of(HELD), usage);
    } else gl.bindBuffer?.(target, this.held);
    const read = new Uint8Array(1);
    gl.getBufferSubData(target, 0, read);
    gl.bindBuffer?.(target, null);
    return read[0] === HELD;
  }
}

const HELD = 171;

function settingsOf(step: GpuStep): KernelSettings {
  return {
    output: [step.threads],
    precision: 'single',
    tactic: 'precision',
    functions: step.functions.map((name) => ({
      name,
      source: KERNEL_FUNCTIONS[name].source,
      settings: {
        returnType: 'Number',
        argumentTypes: Object.fromEntries(KERNEL_FUNCTIONS[name].args.map((arg) => [arg, 'Number' as const])),
      },
    })),
  };
}

/** @throws GradLensError for integers that float32 does not hold */
function requireExact(value: ArrayValue): void {
  if (holdsExactly(value)) return;
  throw new GradLensError('gpu-unsupported', 'The GPU computes in float32, which does not hold integers above 2²⁴.');
}

/** All inputs and constants in the one array that kernels read. @throws GradLensError */
function pack(plan: GpuPlan, inputs: readonly ArrayValue[]): Float32Array {
  const packed = new Float32Array(plan.packedSize);
  for (const { value } of plan.constants) requireExact(value);
  inputs.forEach(requireExact);
  for (const { offset, value } of plan.constants) packed.set(value.data, offset);
  inputs.forEach((value, index) => packed.set(value.data, plan.inputOffsets[index]));
  return packed;
}

/** Numbers as they come back, float32 whatever their type. */
type Numbers = Aval & { readonly data: ArrayLike<number> & Iterable<number> };

function toArray({ shape, dtype, data: values }: Numbers): ArrayValue {
  if (isFloat(dtype)) return { shape, dtype: 'float32', data: values as Float32Array };
  const data = allocate(dtype, sizeOf(shape));
  for (let index = 0; index < data.length; index++) data[index] = Math.round(values[index]);
  const array = { shape, dtype, data };
  requireExact(array);
  return array;
}

function checkGuards(plan: GpuPlan, outputs: readonly Numbers[]): void {
  for (const guard of plan.guards) {
    const value = outputs[guard.output].data[0];
    if (value !== Math.fround(guard.expected)) throw new GuardError(guard.row, guard.expected, value);
  }
}

/** @throws GpuUnsupportedError for integers that may not have been exact */
function checkRanges({ program, integers }: GpuPlan, inputs: readonly ArrayValue[], outputs: readonly Numbers[]): void {
  if (!integers) return;
  const known = new Map<Row, Range>();
  for (const input of integers.inputs) known.set(program.inputs[input], rangeOf(inputs[input]));
  const first = outputs.length - integers.converted.length;
  integers.converted.forEach((row, index) => known.set(row, rangeOf(outputs[first + index])));
  checkIntegers(program, (row) => known.get(row) as Range);
}
