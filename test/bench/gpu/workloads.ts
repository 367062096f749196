/** What the GPU benchmark computes: the same mathematics and data for every library, and the float64 result to compare with. */
import '../../../src/engine/primitives/all';
import { interpret } from '../../../src/engine/execute/interpret';
import type { ArrayValue, Shape } from '../../../src/engine/program/aval';
import { Emitter } from '../../../src/engine/program/emitter';
import { eliminateDeadRows } from '../../../src/engine/program/prune';
import type { Program, Row } from '../../../src/engine/program/program';
import { jvpProgram } from '../../../src/engine/transforms/jvp';
import { gradientProgram } from '../../../src/engine/execute/gpu/lanes';

export interface Sizes {
  readonly lanes: number;
  readonly steps: number;
  readonly matrix: number;
  readonly batch: number;
  readonly elements: number;
}

export interface Workload {
  readonly id: 'lanes' | 'matmul' | 'perceptron' | 'hvp' | 'chain';
  readonly title: string;
  readonly program: Program;
  readonly inputs: readonly ArrayValue[];
  /** The last output in float64. */
  readonly expected: ArrayLike<number>;
}

/** Numbers in [−1, 1), the same for everybody. */
function data(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

const array = (shape: Shape, seed: number, scale = 1): ArrayValue => ({
  shape,
  dtype: 'float64',
  data: Float64Array.from(
    data(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    (value) => value * scale,
  ),
});

function workload(id: Workload['id'], title: string, program: Program, inputs: readonly ArrayValue[]): Workload {
  const results = interpret(program, inputs);
  return { id, title, program, inputs, expected: results[results.length - 1].data };
}

function build(shapes: readonly Shape[], write: (b: Emitter, rows: Row[]) => Row): Program {
  const b = new Emitter();
  return b.finish([
    write(
      b,
      shapes.map((shape) => b.input({ shape, dtype: 'float64' })),
    ),
  ]);
}

const MATRIX_PRODUCT = { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] };

/** Sum over lanes of a recurrence of 8 operations a step; its gradient by the lanes' starts. */
function lanes({ lanes: count, steps }: Sizes): Workload {
  const program = build([[count]], (b, [x]) => {
    let y = x;
    for (let step = 0; step < steps; step++) {
      const angle = b.add(b.mul(y, b.fullLike(y, 0.9)), b.fullLike(y, 0.1));
      y = b.add(b.mul(b.sin(angle), b.cos(y)), b.mul(x, b.fullLike(x, 0.5)));
    }
    return b.reduceSum(y, [0]);
  });
  return workload('lanes', `gradient of ${steps * 8} operations, ${count} lanes`, gradientProgram(program, [true]), [
    array([count], 1),
  ]);
}

function matmul({ matrix: n }: Sizes): Workload {
  const program = build(
    [
      [n, n],
      [n, n],
    ],
    (b, [x, y]) => b.dotGeneral(x, y, MATRIX_PRODUCT),
  );
  return workload('matmul', `${n}³ matrix product`, program, [array([n, n], 2), array([n, n], 3)]);
}

/** Two layers of tanh, squared error; the gradient by the first layer's weights. */
function perceptron({ batch }: Sizes): Workload {
  const shapes: Shape[] = [
    [784, 256],
    [256, 10],
    [batch, 784],
    [batch, 10],
  ];
  const program = build(shapes, (b, [w1, w2, x, y]) => {
    const hidden = b.emit('tanh', [b.dotGeneral(x, w1, MATRIX_PRODUCT)], undefined);
    const error = b.sub(b.dotGeneral(hidden, w2, MATRIX_PRODUCT), y);
    return b.reduceSum(b.mul(error, error), [0, 1]);
  });
  const gradient = gradientProgram(program, [true, false, false, false]);
  return workload(
    'perceptron',
    `gradient of a 784-256-10 perceptron, batch ${batch}`,
    gradient,
    shapes.map((shape, index) => array(shape, 4 + index, index < 2 ? 0.05 : 1)),
  );
}

/** Hessian-vector product of Σ tanh(x)², forward over reverse. */
function hvp(): Workload {
  const shape = [30, 40];
  const program = build([shape], (b, [x]) => {
    const t = b.emit('tanh', [x], undefined);
    return b.reduceSum(b.mul(t, t), [0, 1]);
  });
  const product = jvpProgram(gradientProgram(program, [true]), [true]);
  return workload('hvp', 'HVP of Σ tanh², 30×40', eliminateDeadRows(product), [array(shape, 8), array(shape, 9)]);
}

function chain({ elements }: Sizes): Workload {
  const program = build([[elements]], (b, [x]) =>
    b.mul(b.emit('tanh', [b.sin(x)], undefined), b.exp(b.neg(b.mul(x, x)))),
  );
  return workload('chain', `fused chain over ${elements} numbers`, program, [array([elements], 10)]);
}

export function workloads(sizes: Sizes): Workload[] {
  return [lanes(sizes), matmul(sizes), perceptron(sizes), hvp(), chain(sizes)];
}
