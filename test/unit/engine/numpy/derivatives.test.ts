/** Derivatives through each family of the array API, in both modes and to second order, against differences. */
import assert from 'node:assert/strict';
import {
  checkGrads,
  np,
  stopGradient,
  type ArrayLike,
  type CheckOptions,
  type NdArray,
} from '../../../../src/engine/index';
import { arrayCases, functionCases, linearCases } from './support/cases';

/** Both modes and all four second derivatives of a function of arrays. */
function checkDerivatives(
  f: (...args: NdArray[]) => ArrayLike,
  args: readonly ArrayLike[],
  options: CheckOptions = {},
): void {
  checkGrads(
    (...points: NdArray[]) => np.array(f(...points)),
    args.map((arg) => np.array(arg)),
    { order: 2, step: 1e-3, ...options },
  );
}

describe('derivatives through np', () => {
  for (const [name, f, ...args] of arrayCases) it(name, () => checkDerivatives(f, args));
});

describe('derivatives through linalg', () => {
  for (const [name, f, ...args] of linearCases)
    it(name, () => checkDerivatives(f, args, { absolute: 1e-5, relative: 1e-5 }));
});

describe('derivatives through nn and special', () => {
  for (const [name, f, ...args] of functionCases) it(name, () => checkDerivatives(f, args));
});

describe('the check itself', () => {
  it('finds a wrong derivative', () => {
    assert.throws(() => checkDerivatives((x) => stopGradient(np.sin(x)), [[0.3, 1.1]]), /checkGrads/);
  });
});
