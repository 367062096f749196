/** Every family of the array API batched (equal to a loop), compiled (equal to itself) and in single precision. */
import assert from 'node:assert/strict';
import { grad, jit, np, vmap, type ArrayLike, type NdArray } from '../../../../src/engine/index';
import { arrayCases, functionCases, linearCases } from './support/cases';
import { assertClose } from './support/close';

type Call = (...args: NdArray[]) => NdArray;

const cases = [...arrayCases, ...linearCases, ...functionCases];
const arraysOf = (args: readonly ArrayLike[]): NdArray[] => args.map((arg) => np.array(arg));

describe('vmap of np equals a loop', () => {
  for (const [name, f, ...args] of cases) {
    it(name, () => {
      const call: Call = (...list) => np.array(f(...list));
      // Near enough to each other that all examples take one way through the function.
      const examples = [1, 1.001, 0.999].map((factor) => arraysOf(args).map((arg) => arg.mul(factor)));
      const loop = np.stack(examples.map((list) => call(...list)));
      const stacked = arraysOf(args).map((_, k) => np.stack(examples.map((list) => list[k])));
      assertClose(vmap(call)(...stacked) as NdArray, loop, 1e-9);
      // The first argument alone, its examples along the last axis.
      const first = np.moveaxis(stacked[0], 0, -1);
      const rest = examples[0].slice(1);
      const alone = np.stack(examples.map(([x]) => call(x, ...rest)));
      assertClose(vmap((x: NdArray) => call(x, ...rest), { inAxes: [-1] })(first) as NdArray, alone, 1e-9);
    });
  }
});

describe('jit of np and of its gradients', () => {
  for (const [name, f, ...args] of cases) {
    it(name, () => {
      const call: Call = (...list) => np.array(f(...list));
      const points = arraysOf(args);
      const compiled = jit(call);
      const total = (...list: NdArray[]): NdArray => np.sum(np.square(call(...list)));
      const gradient = jit(grad(total) as Call);
      // Twice: the second call may run what the first compiled.
      for (let time = 0; time < 2; time++) {
        assertClose(compiled(...points), call(...points), 1e-10);
        assertClose(gradient(...points), (grad(total) as Call)(...points), 1e-9);
      }
    });
  }
});

describe('np in single precision', () => {
  for (const [name, f, ...args] of cases) {
    it(name, () => {
      const call: Call = (...list) => np.array(f(...list));
      const expected = call(...arraysOf(args));
      const actual = call(...arraysOf(args).map((arg) => arg.astype('float32')));
      assertClose(actual.astype('float64'), expected, 2e-3, name);
      assert.ok(actual.dtype === 'float32' || actual.dtype === 'float64');
    });
  }
});
