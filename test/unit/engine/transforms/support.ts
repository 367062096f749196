/** Assertions that the tests of the transforms share. */
import assert from 'node:assert/strict';
import { np, tree, type NdArray } from '../../../../src/engine/index';
import { toNdArray, type Leaf } from '../../../../src/engine/tree/leaves';

/** Equal trees: same structure, same kinds of leaves (number, typed array, array), shapes, and elements within `tolerance`. */
export function assertTree(actual: unknown, expected: unknown, tolerance = 1e-10): void {
  const [actualLeaves, actualStructure] = tree.flatten(actual);
  const [expectedLeaves, expectedStructure] = tree.flatten(expected);
  assert.deepEqual(actualStructure, expectedStructure);
  actualLeaves.forEach((leaf, index) => assertLeaf(leaf, expectedLeaves[index], tolerance));
}

function assertLeaf(actual: Leaf, expected: Leaf, tolerance: number): void {
  assert.equal(kind(actual), kind(expected));
  assertArray(toNdArray(actual), toNdArray(expected), tolerance);
}

function kind(leaf: Leaf): string {
  return typeof leaf === 'number' ? 'number' : ArrayBuffer.isView(leaf) ? leaf.constructor.name : 'NdArray';
}

/** Equal shapes, and elements within `tolerance` (relative to the larger of 1 and the expected one). */
export function assertArray(actual: NdArray, expected: NdArray, tolerance = 1e-10): void {
  assert.deepEqual([...actual.shape], [...expected.shape], 'shape');
  const a = actual.concrete.data;
  const e = expected.concrete.data;
  e.forEach((value, index) => assertNumber(a[index], value, tolerance, `element ${index}`));
}

export function assertNumber(actual: unknown, expected: number, tolerance = 1e-10, what = 'number'): void {
  const value = Number(actual);
  if (Object.is(value, expected)) return;
  assert.ok(
    Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${what} is ${value}, not ${expected}`,
  );
}

/** An array of float64. */
export function array(value: Parameters<typeof np.array>[0]): NdArray {
  return np.array(value);
}
