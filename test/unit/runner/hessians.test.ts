/** Hessians in lanes and by star colouring, against one Hessian-vector product a column. */
import assert from 'node:assert/strict';
import '../../../src/engine';
import {
  gradientLinear,
  hessianOf,
  jacobianOf,
  linearOf,
  pushForward,
  type Linear,
} from '../../../src/runner/derivatives';
import type { Data } from '../../../src/runner/protocol';
import type { Recorded } from '../../../src/runner/record';
import { recordTarget } from '../../../src/runner/requests/common';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/hessians.ts';
const SOURCE = `import { customVjp, np, type NdArray } from 'gradlens';
export function arrays(x: NdArray) {
  const [a, b] = [x.slice(np.slice(0, x.size - 1)), x.slice(np.slice(1, x.size))];
  return np.sin(a.mul(b)).sum().add(np.exp(x.slice(0)));
}
export function full(x: NdArray) {
  return np.exp(x.sum().mul(0.1)).mul(np.tanh(x).sum());
}
/** Infinite in w, which must not spoil what is finite in b. */
export function several(w: NdArray, b: NdArray) {
  return np.sqrt(w).sum().add(np.tanh(b).mul(b).sum()).add(b.slice(0).mul(b.slice(1)));
}
export function neighbours(x: NdArray) {
  return np.diff(np.tanh(x)).mul(x.slice(0));
}
/** A derivative that is stated, and is none: its own is not symmetric. */
const odd = customVjp((x: NdArray) => x.sum());
odd.defvjp(
  (x: NdArray) => [x.sum(), x],
  (x: NdArray, c: NdArray) => [np.concatenate([x.slice(np.slice(1, x.size)), x.slice(np.slice(0, 1))]).mul(x).mul(c)],
);
export function stated(x: NdArray) {
  return odd(x).add(np.sin(x).sum());
}
export function chain(x: number[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) sum += 100 * (x[i + 1] - x[i] * x[i]) ** 2 + (1 - x[i]) ** 2;
  return sum;
}
export function separable(x: number[]): number {
  return x.reduce((sum, value) => sum + Math.tanh(value) ** 2, 0);
}
export function arrow(x: number[]): number {
  let sum = Math.exp(x[0]);
  for (let i = 1; i < x.length; i++) sum += Math.sin(x[0] * x[i]);
  return sum;
}
export function dense(x: number[]): number {
  let sum = 0;
  for (const value of x) sum += value;
  return Math.exp(0.1 * sum) * x[0];
}
/** Third argument: pairs of indices whose product is taken. */
export function pairs(x: number[], list: number[]): number {
  let sum = 0;
  for (let i = 0; i < list.length; i += 2) sum += Math.sin(x[list[i]] * x[list[i + 1]]) * x[list[i]];
  return sum;
}
export function edge(x: number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += i % 3 === 0 ? Math.sqrt(x[i]) : x[i] * x[i] * x[(i + 1) % x.length];
  return sum;
}
`;

async function recordedAt(fn: string, args: Data[], wrt = [0]): Promise<Recorded> {
  const target = { file: FILE, fn, args, wrt };
  return (await recordTarget(contextFor(), target)).recorded;
}

function columnByColumn(linear: Linear): Float64Array {
  const { inputSize: n, outputSize: m } = linear;
  const values = new Float64Array(m * n);
  for (let column = 0; column < n; column++) {
    const seed = new Float64Array(n);
    seed[column] = 1;
    pushForward(linear, seed).forEach((value, row) => (values[row * n + column] = value));
  }
  return values;
}

/** Compares and returns the number of products that were taken. */
function compare(recorded: Recorded): number {
  let products = 0;
  const { matrix, colors } = hessianOf(recorded, (_, total) => (products = total));
  assertSame(matrix.values, columnByColumn(gradientLinear(recorded)));
  if (colors !== undefined) assert.equal(colors, products);
  return products;
}

function assertSame(values: Float64Array, expected: Float64Array): void {
  assert.equal(values.length, expected.length);
  const scale = expected.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  values.forEach((value, index) => {
    const wanted = expected[index];
    if (Number.isFinite(wanted)) assert.ok(Math.abs(value - wanted) <= 1e-13 * scale, `${index}: ${value}, ${wanted}`);
    else assert.ok(Object.is(value, wanted), `${index}: ${value}, ${wanted}`);
  });
}

const waves = (length: number) => Array.from({ length }, (_, index) => Math.sin(index * 1.3 + 0.4));

describe('Hessians of plain functions', function () {
  this.timeout(60_000);
  before(() => session.overlay(FILE, SOURCE));

  it('of a chain take 3 products, whatever their size', async () => {
    for (const n of [17, 200]) assert.equal(compare(await recordedAt('chain', [waves(n)])), 3);
  });

  it('of a separable sum take 1, of an arrow 2', async () => {
    assert.equal(compare(await recordedAt('separable', [waves(100)])), 1);
    assert.equal(compare(await recordedAt('arrow', [waves(60)])), 2);
  });

  it('that are full, or small, take one product a column, several a sweep', async () => {
    for (const n of [1, 3, 8, 9, 40]) assert.equal(compare(await recordedAt('dense', [waves(n)])), n);
  });

  it('of sums over random pairs are the same', async () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    for (let round = 0; round < 25; round++) {
      const n = 17 + random(40);
      const list = Array.from({ length: 2 * (1 + random(2 * n)) }, () => random(n));
      compare(await recordedAt('pairs', [waves(n), list]));
    }
  });

  it('keep infinite second derivatives in their own places', async () => {
    const point = waves(30).map((value, index) => (index % 6 === 0 ? 0 : Math.abs(value)));
    const recorded = await recordedAt('edge', [point]);
    assert.ok(columnByColumn(gradientLinear(recorded)).some((value) => !Number.isFinite(value)));
    compare(recorded);
    compare(await recordedAt('edge', [point.slice(0, 9)]));
  });

  it('of arrays are compressed too, or come in lanes where they are full', async () => {
    const vector = Float64Array.from(waves(60));
    assert.equal(compare(await recordedAt('arrays', [vector])), 3);
    assert.equal(compare(await recordedAt('full', [vector])), 60);
    const { strategy } = await evaluate(contextFor(), { file: FILE, fn: 'arrays', args: [vector], op: 'hessian' });
    assert.equal(strategy, 'forward over reverse, 3 colours');
  });

  it('of several arrays keep what is infinite in one out of the others', async () => {
    const w = Float64Array.from(waves(20), (value) => Math.max(0, value));
    const recorded = await recordedAt('several', [w, Float64Array.from(waves(20))], [0, 1]);
    compare(recorded);
    assert.ok(hessianOf(recorded).matrix.values.includes(-Infinity));
  });

  it('are not taken for symmetric where a derivative is stated', async () => {
    const recorded = await recordedAt('stated', [Float64Array.from(waves(40))]);
    assert.ok(compare(recorded) < 5);
    const { values } = hessianOf(recorded).matrix;
    assert.ok(values.some((value, at) => value !== values[(at % 40) * 40 + Math.floor(at / 40)]));
  });
});

describe('Jacobians of functions of arrays', () => {
  it('are the same in lanes, in both modes, as column by column', async () => {
    const linear = linearOf(await recordedAt('neighbours', [Float64Array.from(waves(30))]));
    const expected = columnByColumn(linear);
    for (const mode of ['forward', 'reverse'] as const) assertSame(jacobianOf(linear, mode).matrix.values, expected);
  });
});
