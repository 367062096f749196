/** Checks derivatives of functions of arrays against differences, in both modes, up to an order. */
import assert from 'node:assert/strict';
import { grad, jvp, type NdArray, np, random, vjp, type ArrayLike } from '../../../../../src/engine/index';
import { assertClose } from './close';

type ArrayFunction = (...args: NdArray[]) => ArrayLike;

/** A fixed direction of a shape, without zeros. */
function direction(shape: readonly number[], seed: number): NdArray {
  return random.uniform(random.key(seed), [...shape], { dtype: 'float64', minval: 0.2, maxval: 1 });
}

/** Central differences along a direction, with the error term in h² removed. */
function difference(f: ArrayFunction, args: readonly NdArray[], tangents: readonly NdArray[], h: number): NdArray {
  const at = (step: number): NdArray => np.array(f(...args.map((arg, k) => arg.add(tangents[k].mul(step)))));
  const near = at(h).sub(at(-h));
  const far = at(2 * h).sub(at(-2 * h));
  return near
    .mul(8)
    .sub(far)
    .div(12 * h);
}

export interface DerivativeCheck {
  readonly order?: number;
  readonly tolerance?: number;
  readonly h?: number;
}

/** Asserts that jvp agrees with differences and vjp with jvp; for order 2 the same for the gradient of ⟨u, f⟩. */
export function checkDerivatives(f: ArrayFunction, args: readonly ArrayLike[], options: DerivativeCheck = {}): void {
  const { order = 2, tolerance = 1e-7, h = 1e-3 } = options;
  const points = args.map((arg) => np.array(arg));
  const tangents = points.map((point, k) => direction(point.shape, 17 + k));
  const call = (...list: NdArray[]): NdArray => np.array(f(...list));
  const [value, tangent] = jvp(call, points, tangents) as [NdArray, NdArray];
  assertClose(value, call(...points), 1e-12, 'value under jvp');
  assertClose(tangent, difference(call, points, tangents, h), tolerance, 'jvp');
  const u = direction(value.shape, 5);
  const [, pullback] = vjp(call, ...points) as unknown as [NdArray, (u: NdArray) => NdArray[]];
  const cotangents = pullback(u);
  const right = cotangents.reduce((total, cotangent, k) => total + Number(np.vdot(cotangent, tangents[k]).item()), 0);
  assertClose(right, np.vdot(u, tangent), 1e-9, 'vjp');
  if (order < 2) return;
  const slope = (...list: NdArray[]): NdArray => np.vdot(u, call(...list));
  const gradient = (...list: NdArray[]): NdArray =>
    np.concatenate(
      (
        grad(
          slope,
          list.map((_, k) => k),
        ) as (...a: NdArray[]) => NdArray[]
      )(...list).map((g) => np.ravel(g)),
    );
  checkDerivatives(gradient, points, { order: order - 1, tolerance: tolerance * 10, h });
}

/** A check of the helper itself: a wrong derivative must be found. */
export function assertFails(run: () => void): void {
  assert.throws(run, assert.AssertionError);
}
