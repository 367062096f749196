/**
 * The ways to compute the derivatives of a recorded function: on the tape of its one run (no compilation, the default), or as the
 * programs that the transforms make, compiled to WebAssembly or to gpu.js kernels.
 */
import { GradLensError } from '../../engine/errors';
import { compile } from '../../engine/execute/run';
import '../tiers';
import type { ArrayValue } from '../../engine/program/aval';
import type { Program } from '../../engine/program/program';
import {
  gradientLinear,
  hessianOf,
  jacobianOf,
  linearOf,
  predictHessian,
  predictJacobian,
  pullBack,
  pushForward,
  type Direction,
  type Hessian,
  type Progress,
} from '../derivatives';
import { isSwept, sweptHessian, sweptProduct } from '../sweptProducts';
import { RunnerError } from '../modules/errors';
import type { BackendChoice, DenseMatrix, Float32Report, LeafInfo, Notice, Operation } from '../protocol';
import type { Recorded } from '../record';
import { chooseGpu, mayBeFloat32, requireKernels } from './auto';
import type { Context } from './common';
import { entryNames, float32Report, sampledColumns, sampledRows, wholeLane, type Lane } from './float32';
import { pathOf } from '../values/layout';
import { matrixProgramOf, type ReadyProgram } from './programs';

type Maybe<T> = T | Promise<T>;

/** How a second derivative was found. */
type SecondOrder = 'forward over reverse' | 'reverse over forward';
/** Over the rows of the gradient, or over the loops of the function. */
const ON_ROWS = 'forward over reverse';
const SWEPT = 'reverse over forward';

interface SecondDerivatives extends Hessian {
  readonly strategy: SecondOrder;
}

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
  hessian(): Maybe<SecondDerivatives>;
  hessianProduct(vector: ArrayLike<number>): Maybe<{ product: Float64Array; strategy: SecondOrder }>;
}

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
  const tape = tapeWay(recorded, progress, choice !== 'interpret');
  if (choice === 'auto' && asked === undefined) return new AutoWay(context, recorded, tape);
  if (choice !== 'wasm' && choice !== 'gpu') return tape;
  const backend = choice === 'gpu' ? gpuBackend(context) : wasmBackend;
  return new ProgramWay(recorded, backend, tape, {
    forgiving: asked === undefined,
    tolerance: context.session.configuration.gpuTolerance,
  });
}

function tapeWay(recorded: Recorded, progress: Progress, compiles: boolean): Way {
  const linear = linearOf(recorded);
  let backend = 'interpret';
  return {
    get backend() {
      return backend;
    },
    pullBack: (cotangent) => pullBack(linear, cotangent),
    pushForward: (tangent) => pushForward(linear, tangent),
    jacobian: (asked) => jacobianOf(linear, asked, progress),
    hessian() {
      const swept = compiles ? sweptHessian(recorded, progress) : undefined;
      if (swept) backend = 'wasm';
      return swept ? { matrix: swept, strategy: SWEPT } : { ...hessianOf(recorded, progress), strategy: ON_ROWS };
    },
    hessianProduct(vector) {
      const swept = compiles ? sweptProduct(recorded, vector) : undefined;
      if (swept) backend = 'wasm';
      if (swept) return { product: swept, strategy: SWEPT };
      return { product: pushForward(gradientLinear(recorded), vector), strategy: ON_ROWS };
    },
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
      requireKernels(program);
      const { outputs, backend, adapter } = await gpu.run(program, inputs);
      return {
        outputs,
        backend: `gpu.js ${backend} (float32)`,
        float32: adapter === undefined ? {} : { adapter },
      };
    },
  };
}

/** Which outputs of a program are its result: the last `count`, one after the other. */
interface ResultPart {
  count: number;
  /** Parts of it in float64. */
  reference: () => Lane[];
  nameOf: (index: number) => string;
}

const namesIn =
  (leaves: readonly LeafInfo[]) =>
  (index: number): string =>
    pathOf(leaves, index);

class ProgramWay implements Way {
  backend: string;
  float32: Float32Report | undefined;
  notice: Notice | undefined;

  constructor(
    private readonly recorded: Recorded,
    private readonly runner: Backend,
    private readonly tape: Way,
    private readonly options: {
      /** A failure leads to the tape. */
      forgiving: boolean;
      tolerance: number;
    },
  ) {
    this.backend = runner.name;
  }

  async pullBack(cotangent: ArrayLike<number>): Promise<Float64Array> {
    const whole = () => this.tape.pullBack(cotangent) as Float64Array;
    const { inputs, inputLeaves } = this.recorded;
    const part = { count: inputs.length, reference: () => wholeLane(whole), nameOf: namesIn(inputLeaves) };
    return (await this.last('vjp', part, cotangent)) ?? whole();
  }

  async pushForward(tangent: ArrayLike<number>): Promise<Float64Array> {
    const whole = () => this.tape.pushForward(tangent) as Float64Array;
    const { outputs, outputLeaves } = this.recorded;
    const part = { count: outputs.length, reference: () => wholeLane(whole), nameOf: namesIn(outputLeaves) };
    return (await this.last('jvp', part, tangent)) ?? whole();
  }

  async jacobian(asked: Direction | undefined): Promise<{ matrix: DenseMatrix; direction: Direction }> {
    const rows = this.recorded.outputValues.length;
    const columns = this.recorded.inputValues.length;
    const direction = asked ?? (rows <= columns ? 'reverse' : 'forward');
    const linear = linearOf(this.recorded);
    const { outputLeaves, inputLeaves } = this.recorded;
    const values = await this.last(direction === 'reverse' ? 'jacrev' : 'jacfwd', {
      count: 1,
      reference: () => (rows <= columns ? sampledRows(linear) : sampledColumns(linear)),
      nameOf: entryNames(outputLeaves, inputLeaves, columns),
    });
    return values ? { matrix: { kind: 'dense', rows, columns, values }, direction } : this.tape.jacobian(asked);
  }

  async hessian(): Promise<SecondDerivatives> {
    const { inputValues, inputLeaves } = this.recorded;
    const size = inputValues.length;
    const values = await this.last('hessian', {
      count: 1,
      reference: () => sampledColumns(gradientLinear(this.recorded)),
      nameOf: (index) => `∂²f/∂${pathOf(inputLeaves, Math.floor(index / size))}∂${pathOf(inputLeaves, index % size)}`,
    });
    if (!values) return this.tape.hessian();
    return { matrix: { kind: 'dense', rows: size, columns: size, values }, strategy: ON_ROWS };
  }

  async hessianProduct(vector: ArrayLike<number>): Promise<{ product: Float64Array; strategy: SecondOrder }> {
    const { inputs, inputLeaves } = this.recorded;
    const part = {
      count: inputs.length,
      reference: () => wholeLane(() => pushForward(gradientLinear(this.recorded), vector)),
      nameOf: namesIn(inputLeaves),
    };
    const product = await this.last('hvp', part, vector);
    if (!product) return this.tape.hessianProduct(vector);
    return { product, strategy: this.backend === 'wasm' && isSwept(this.recorded) ? SWEPT : ON_ROWS };
  }

  /** The result of an operation's program; undefined where the tape takes over. */
  private async last(
    op: Operation,
    { count, reference, nameOf }: ResultPart,
    vector?: ArrayLike<number>,
  ): Promise<Float64Array | undefined> {
    const ran = await this.attempt(() => matrixProgramOf(this.recorded, op, vector));
    if (ran === undefined) return undefined;
    this.backend = ran.backend;
    const values = Float64Array.from(ran.outputs.slice(-count).flatMap(({ data }) => Array.from(data)));
    const { tolerance } = this.options;
    if (ran.float32) this.float32 = float32Report(values, reference(), { ...ran.float32, tolerance, nameOf });
    return values;
  }

  private async attempt(make: () => ReadyProgram): Promise<Ran | undefined> {
    try {
      const { program, inputs } = make();
      return await this.runner.run(program, inputs);
    } catch (error) {
      if (!(error instanceof GradLensError) || error.code === 'cancelled') throw error;
      if (!this.options.forgiving) {
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
export function noticeOf({ code, message, hint }: GradLensError, backend: BackendChoice): Notice {
  const where = backend === 'gpu' ? 'Computed on the CPU' : 'Computed by interpreting';
  return { code, message: `${where}: ${message}`, ...(hint === undefined ? {} : { hint }) };
}

/** The tape, but for large matrices the GPU where that wins clearly. */
class AutoWay implements Way {
  private taken: Way;

  constructor(
    private readonly context: Pick<Context, 'gpu' | 'session'>,
    private readonly recorded: Recorded,
    private readonly tape: Way,
  ) {
    this.taken = tape;
  }

  get backend(): string {
    return this.taken.backend;
  }

  get float32(): Float32Report | undefined {
    return this.taken.float32;
  }

  get notice(): Notice | undefined {
    return this.taken.notice;
  }

  pullBack(cotangent: ArrayLike<number>): Maybe<Float64Array> {
    return this.tape.pullBack(cotangent);
  }

  pushForward(tangent: ArrayLike<number>): Maybe<Float64Array> {
    return this.tape.pushForward(tangent);
  }

  hessianProduct(vector: ArrayLike<number>): Maybe<{ product: Float64Array; strategy: SecondOrder }> {
    return this.tape.hessianProduct(vector);
  }

  async jacobian(asked: Direction | undefined): Promise<{ matrix: DenseMatrix; direction: Direction }> {
    const { recorded } = this;
    const rows = recorded.outputValues.length;
    const columns = recorded.inputValues.length;
    const direction = asked ?? (rows <= columns ? 'reverse' : 'forward');
    const op = direction === 'reverse' ? 'jacrev' : 'jacfwd';
    const predict = () => predictJacobian(linearOf(recorded), direction);
    return this.wherever(op, rows, columns, predict, (way) => way.jacobian(asked));
  }

  hessian(): Promise<SecondDerivatives> {
    const size = this.recorded.inputValues.length;
    return this.wherever(
      'hessian',
      size,
      size,
      () => predictHessian(this.recorded),
      (way) => way.hessian(),
    );
  }

  private async wherever<T>(
    op: Operation,
    rows: number,
    columns: number,
    predict: () => number,
    compute: (way: Way) => Maybe<T>,
  ): Promise<T> {
    const { context, recorded, tape } = this;
    if (!mayBeFloat32(rows, columns)) return compute(tape);
    const chosen = await chooseGpu(context, recorded, op, predict, () => matrixProgramOf(recorded, op));
    if (!chosen) return compute(tape);
    const way = new ProgramWay(recorded, gpuBackend(context), tape, {
      forgiving: true,
      tolerance: context.session.configuration.gpuTolerance,
    });
    const result = await compute(way);
    if (way.float32?.worst) {
      chosen.refuse();
      return compute(tape);
    }
    this.taken = way;
    return result;
  }
}
