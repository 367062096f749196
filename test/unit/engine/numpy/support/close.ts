/** Comparison of arrays in tests. */
import assert from 'node:assert/strict';
import { np, type ArrayLike } from '../../../../../src/engine/index';

/** Shapes equal and elements within `tolerance` of each other, relative above one; NaN and infinities must agree. */
export function assertClose(actual: ArrayLike, expected: ArrayLike, tolerance = 1e-12, message = ''): void {
  const [a, b] = [np.array(actual), np.array(expected)];
  assert.deepEqual([...a.shape], [...b.shape], `${message} shape`);
  const [x, y] = [a.concrete.data, b.concrete.data];
  for (let i = 0; i < x.length; i++) {
    if (Object.is(x[i], y[i]) || x[i] === y[i]) continue;
    const near = Math.abs(x[i] - y[i]) <= tolerance * Math.max(1, Math.abs(y[i]));
    assert.ok(near, `${message} element ${i}: ${x[i]} instead of ${y[i]} (${a.toString()} instead of ${b.toString()})`);
  }
}
