/**
 * The ways to compute the derivatives of a recorded function: on the tape of its one run (no compilation, the default), or as the
 * programs that the transforms make, compiled to WebAssembly or to gpu.js kernels.
 */
import { GradLensError } from '../../engine/errors';
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
  type Progress,
} from '../derivatives';
import { runOnGpu } from '../gpu/nodeGpu';
import { RunnerError } from '../modules/errors';
import type { BackendChoice, DenseMatrix, Operation } from '../protocol';
import type { Recorded } from '../record';
import { matrixProgramOf } from './programs';

type Maybe<T> = T | Promise<T>;

export interface Way {
  /** What ran: `interpret`, `wasm`, `gpu.js webasm (float32)` … Known once something has run. */
  readonly backend: string;
  pullBack(cotangent: ArrayLike<number>): Maybe<Float64Array>;
  pushForward(tangent: ArrayLike<number>): Maybe<Float64Array>;
  jacobian(asked: Direction | undefined): Maybe<{ matrix: DenseMatrix; direction: Direction }>;
  hessian(): Maybe<DenseMatrix>;
  hessianProduct(vector: ArrayLike<number>): Maybe<Float64Array>;
}

/** @throws RunnerError where the backend cannot run the function */
export function wayOf(choice: BackendChoice | undefined, recorded: Recorded, progress: Progress): Way {
  if (choice === 'wasm') return new ProgramWay(recorded, 'wasm', runCompiled);
  if (choice === 'gpu') {
    return new ProgramWay(recorded, 'gpu', async (program, inputs) => {
      const { outputs, backend } = await runOnGpu(program, inputs);
      return { outputs, backend: `gpu.js ${backend} (float32)` };
    });
  }
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
}

function runCompiled(program: Program, inputs: readonly ArrayValue[]): Ran {
  const executable = compile(program);
  executable.compile();
  if (executable.info.tier !== 'wasm') {
    throw new GradLensError('wasm-unsupported', 'This function has operations that are not compiled to WebAssembly.');
  }
  return { outputs: executable.run(inputs), backend: 'wasm' };
}

class ProgramWay implements Way {
  backend: string;

  constructor(
    private readonly recorded: Recorded,
    choice: BackendChoice,
    private readonly runProgram: (program: Program, inputs: readonly ArrayValue[]) => Maybe<Ran>,
  ) {
    this.backend = choice;
  }

  async pullBack(cotangent: ArrayLike<number>): Promise<Float64Array> {
    return this.last('vjp', this.recorded.inputs.length, cotangent);
  }

  async pushForward(tangent: ArrayLike<number>): Promise<Float64Array> {
    return this.last('jvp', this.recorded.outputs.length, tangent);
  }

  async jacobian(asked: Direction | undefined): Promise<{ matrix: DenseMatrix; direction: Direction }> {
    const rows = this.recorded.outputValues.length;
    const columns = this.recorded.inputValues.length;
    const direction = asked ?? (rows <= columns ? 'reverse' : 'forward');
    const values = await this.last(direction === 'reverse' ? 'jacrev' : 'jacfwd', 1);
    return { matrix: { kind: 'dense', rows, columns, values }, direction };
  }

  async hessian(): Promise<DenseMatrix> {
    const size = this.recorded.inputValues.length;
    return { kind: 'dense', rows: size, columns: size, values: await this.last('hessian', 1) };
  }

  async hessianProduct(vector: ArrayLike<number>): Promise<Float64Array> {
    return this.last('hvp', this.recorded.inputs.length, vector);
  }

  /** The last `count` outputs of an operation's program, one after the other. */
  private async last(op: Operation, count: number, vector?: ArrayLike<number>): Promise<Float64Array> {
    const { program, inputs } = matrixProgramOf(this.recorded, op, vector);
    const ran = await this.attempt(program, inputs);
    this.backend = ran.backend;
    return Float64Array.from(ran.outputs.slice(-count).flatMap(({ data }) => Array.from(data)));
  }

  private async attempt(program: Program, inputs: readonly ArrayValue[]): Promise<Ran> {
    try {
      return await this.runProgram(program, inputs);
    } catch (error) {
      if (!(error instanceof GradLensError)) throw error;
      throw new RunnerError(
        error.code,
        error.message,
        error.position ?? {},
        'Choose another backend: auto takes what works.',
      );
    }
  }
}
