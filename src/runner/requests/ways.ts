/**
 * The ways to compute the derivatives of a recorded function: on the tape of its one run (no compilation, the default), or as the
 * programs that the transforms make, compiled to WebAssembly or to gpu.js kernels.
 */
import { GradLensError } from '../../engine/errors';
import { relativeError } from '../../engine/execute/gpu/error';
import { compile } from '../../engine/execute/run';
import '../../engine/execute/tiers';
import type { ArrayValue } from '../../engine/program/aval';
import type { Program } from '../../engine/program/program';
import {
  gradientLinear,
  hessianOf,
  jacobianOf,
  linearOf,
  pullBack,
  pushForward,
  type Direction,
  type Linear,
  type Progress,
} from '../derivatives';
import { RunnerError } from '../modules/errors';
import type { BackendChoice, DenseMatrix, Float32Report, Notice, Operation } from '../protocol';
import type { Recorded } from '../record';
import type { Context } from './common';
import { matrixProgramOf, type ReadyProgram } from './programs';

type Maybe<T> = T | Promise<T>;

export interface Way {
  /** What ran: `interpret`, `wasm`, `webgpu (float32)` … Known once something has run. */
  readonly backend: string;
  /** Where a GPU ran. */
  readonly float32?: Float32Report | undefined;
  /** Why another backend ran than was asked for. */
  readonly notice?: Notice | undefined;
  pullBack(cotangent: ArrayLike<number>): Maybe<Float64Array>;
  pushForward(tangent: ArrayLike<number>): Maybe<Float64Array>;
  jacobian(asked: Direction | undefined): Maybe<{ matrix: DenseMatrix; direction: Direction }>;
  hessian(): Maybe<DenseMatrix>;
  hessianProduct(vector: ArrayLike<number>): Maybe<Float64Array>;
}

/** Rows or columns of a matrix that are computed in float64 as well, to measure the error of the rest. */
const CHECKED_LANES = 16;

/**
 * `asked` is the request's own choice, which is kept or fails; without one the setting holds, and where its backend fails, the
 * tape takes over with a notice.
 * @throws RunnerError where the backend that was asked for cannot run the function
 */
export function wayOf(
  context: Pick<Context, 'gpu' | 'session'>,
  asked: BackendChoice | undefined,
  recorded: Recorded,
  progress: Progress,
): Way {
  const choice = asked ?? context.session.configuration.backend;
  const tape = tapeWay(recorded, progress);
  if (choice !== 'wasm' && choice !== 'gpu') return tape;
  const backend = choice === 'gpu' ? gpuBackend(context) : wasmBackend;
  return new ProgramWay(recorded, backend, tape, asked === undefined);
}

function tapeWay(recorded: Recorded, progress: Progress): Way {
  const linear = linearOf(recorded);
  return {
    backend: 'interpret',
    pullBack: (cotangent) => pullBack(linear, cotangent),
    pushForward: (tangent) => pushForward(linear, tangent),
    jacobian: (asked) => jacobianOf(linear, asked, progress),
    hessian: () => hessianOf(recorded, progress),
    hessianProduct: (vector) => pushForward(gradientLinear(recorded), vector),
  };
}

interface Ran {
  outputs: readonly ArrayValue[];
  backend: string;
  /** The device, where numbers are float32. */
  float32?: { adapter?: string };
}

interface Backend {
  name: BackendChoice;
  run(program: Program, inputs: readonly ArrayValue[]): Maybe<Ran>;
}

const wasmBackend: Backend = {
  name: 'wasm',
  run(program, inputs) {
    const executable = compile(program);
    executable.compile();
    if (executable.info.tier !== 'wasm') {
      throw new GradLensError('wasm-unsupported', 'This function has operations that are not compiled to WebAssembly.');
    }
    return { outputs: executable.run(inputs), backend: 'wasm' };
  },
};

function gpuBackend({ gpu }: Pick<Context, 'gpu'>): Backend {
  return {
    name: 'gpu',
    async run(program, inputs) {
      const { outputs, backend, adapter } = await gpu.run(program, inputs);
      return {
        outputs,
        backend: `gpu.js ${backend} (float32)`,
        float32: adapter === undefined ? {} : { adapter },
      };
    },
  };
}

/** A part of a flat result (offset, stride between entries) that is computed again on the tape, to measure the error. */
interface Lane {
  at: number;
  step: number;
  values: () => Float64Array;
}

class ProgramWay implements Way {
  backend: string;
  float32: Float32Report | undefined;
  notice: Notice | undefined;

  constructor(
    private readonly recorded: Recorded,
    private readonly runner: Backend,
    private readonly tape: Way,
    /** A failure leads to the tape. */
    private readonly forgiving: boolean,
  ) {
    this.backend = runner.name;
  }

  async pullBack(cotangent: ArrayLike<number>): Promise<Float64Array> {
    const whole = () => this.tape.pullBack(cotangent) as Float64Array;
    const { length } = this.recorded.inputs;
    return (await this.last('vjp', length, () => all(whole), cotangent)) ?? whole();
  }

  async pushForward(tangent: ArrayLike<number>): Promise<Float64Array> {
    const whole = () => this.tape.pushForward(tangent) as Float64Array;
    const { length } = this.recorded.outputs;
    return (await this.last('jvp', length, () => all(whole), tangent)) ?? whole();
  }

  async jacobian(asked: Direction | undefined): Promise<{ matrix: DenseMatrix; direction: Direction }> {
    const rows = this.recorded.outputValues.length;
    const columns = this.recorded.inputValues.length;
    const direction = asked ?? (rows <= columns ? 'reverse' : 'forward');
    const linear = linearOf(this.recorded);
    const reference = () => (rows <= columns ? sampledRows(linear) : sampledColumns(linear));
    const values = await this.last(direction === 'reverse' ? 'jacrev' : 'jacfwd', 1, reference);
    return values ? { matrix: { kind: 'dense', rows, columns, values }, direction } : this.tape.jacobian(asked);
  }

  async hessian(): Promise<DenseMatrix> {
    const size = this.recorded.inputValues.length;
    const values = await this.last('hessian', 1, () => sampledColumns(gradientLinear(this.recorded)));
    return values ? { kind: 'dense', rows: size, columns: size, values } : this.tape.hessian();
  }

  async hessianProduct(vector: ArrayLike<number>): Promise<Float64Array> {
    const whole = () => this.tape.hessianProduct(vector) as Float64Array;
    const { length } = this.recorded.inputs;
    return (await this.last('hvp', length, () => all(whole), vector)) ?? whole();
  }

  /** The last `count` outputs of an operation's program, one after the other; undefined where the tape takes over. */
  private async last(
    op: Operation,
    count: number,
    reference: () => Lane[],
    vector?: ArrayLike<number>,
  ): Promise<Float64Array | undefined> {
    const ran = await this.attempt(() => matrixProgramOf(this.recorded, op, vector));
    if (ran === undefined) return undefined;
    this.backend = ran.backend;
    const values = Float64Array.from(ran.outputs.slice(-count).flatMap(({ data }) => Array.from(data)));
    if (ran.float32) this.float32 = reportOf(values, reference(), ran.float32);
    return values;
  }

  private async attempt(make: () => ReadyProgram): Promise<Ran | undefined> {
    try {
      const { program, inputs } = make();
      return await this.runner.run(program, inputs);
    } catch (error) {
      if (!(error instanceof GradLensError) || error.code === 'cancelled') throw error;
      if (!this.forgiving) {
        const hint = 'Choose another backend: auto takes what works.';
        throw new RunnerError(error.code, error.message, error.position ?? {}, hint);
      }
      this.backend = this.tape.backend;
      this.notice = noticeOf(error, this.runner.name);
      return undefined;
    }
  }
}

/** Why the result comes from the CPU after all. */
function noticeOf({ code, message, hint }: GradLensError, backend: BackendChoice): Notice {
  const where = backend === 'gpu' ? 'Computed on the CPU' : 'Computed by interpreting';
  return { code, message: `${where}: ${message}`, ...(hint === undefined ? {} : { hint }) };
}

/** The whole result, which is one vector. */
function all(values: () => Float64Array): Lane[] {
  return [{ at: 0, step: 1, values }];
}

function sampledRows(linear: Linear): Lane[] {
  const { inputSize, outputSize } = linear;
  return spread(outputSize).map((row) => ({
    at: row * inputSize,
    step: 1,
    values: () => pullBack(linear, unit(outputSize, row)),
  }));
}

function sampledColumns(linear: Linear): Lane[] {
  const { inputSize } = linear;
  return spread(inputSize).map((column) => ({
    at: column,
    step: inputSize,
    values: () => pushForward(linear, unit(inputSize, column)),
  }));
}

/** At most CHECKED_LANES indices, first and last among them. */
function spread(count: number): number[] {
  if (count <= CHECKED_LANES) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: CHECKED_LANES }, (_, index) => Math.round((index * (count - 1)) / (CHECKED_LANES - 1)));
}

function unit(size: number, at: number): Float64Array {
  const vector = new Float64Array(size);
  vector[at] = 1;
  return vector;
}

function reportOf(
  values: Float64Array,
  lanes: readonly Lane[],
  { adapter }: NonNullable<Ran['float32']>,
): Float32Report {
  const found: number[] = [];
  const expected: number[] = [];
  for (const { at, step, values: compute } of lanes) {
    compute().forEach((value, index) => {
      expected.push(value);
      found.push(values[at + step * index]);
    });
  }
  return {
    ...(adapter === undefined ? {} : { adapter }),
    error: relativeError(found, expected),
    checked: expected.length,
    entries: values.length,
  };
}
