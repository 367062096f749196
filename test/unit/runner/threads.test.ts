/** Large products on several threads. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { jit, np, type NdArray } from '../../../src/engine';
import { lent, type SharedWork } from '../../../src/engine/execute/threads';
import { lendThreads } from '../../../src/runner/threads';

/** Products of random matrices of every form: odd sizes, transposed, of single precision, in a batch. */
const PRODUCTS: Readonly<Record<string, (a: NdArray, b: NdArray) => NdArray>> = {
  float64: (a, b) => np.matmul(a, b),
  float32: (a, b) => np.matmul(np.asarray(a, { dtype: 'float32' }), np.asarray(b, { dtype: 'float32' })),
  transposed: (a, b) => np.matmul(np.matrixTranspose(b), np.matrixTranspose(a)),
  'a batch': (a, b) => np.matmul(np.stack([a, np.negative(a)]), np.stack([b, b])),
};

function matrix(rows: number, columns: number, speed: number): NdArray {
  return np.reshape(np.sin(np.multiply(np.arange(rows * columns), speed)), [rows, columns]);
}

const a = matrix(257, 181, 0.7);
const b = matrix(181, 193, 0.3);

/** The threads that are lent, and how many shares they were given. */
function counted(): { shares: number } {
  const counter = { shares: 0 };
  const threads = lent.threads!;
  const counting = (work: SharedWork): SharedWork => ({
    ...work,
    begin(...call) {
      const begun = work.begin(...call);
      if (begun) counter.shares++;
      return begun;
    },
  });
  lent.threads = {
    ...threads,
    count: threads.count,
    handingOver: 0,
    lend: (module, memory) => counting(threads.lend(module, memory)),
  };
  return counter;
}

/** The elements of a product, by a program that no other count of threads has in its cache of equal programs. */
function compiled(product: (typeof PRODUCTS)[string], count: number): () => ArrayLike<number> {
  if (count === 0) lendThreads(0);
  const both = jit((x: NdArray, y: NdArray) => [product(x, y), np.add(x, count)]);
  return () => both(a, b)[0].concrete.data;
}

describe('threads for large products', () => {
  after(() => lendThreads(0));

  for (const [name, product] of Object.entries(PRODUCTS)) {
    it(`give the same bit for bit, however many there are: ${name}`, async () => {
      const expected = compiled(product, 0)();
      for (const count of [1, 3]) {
        lendThreads(count);
        const counter = counted();
        const shared = compiled(product, count);
        // Alone at first: the threads are only starting.
        for (let call = 0; call < 500 && counter.shares < 2; call++) {
          assert.deepEqual(shared(), expected);
          await pause(5);
        }
        assert.ok(counter.shares >= 2, `${counter.shares} shares`);
      }
    });
  }

  it('are told of, where one fails: nothing is missing silently', async () => {
    lendThreads(1);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const work = lent.threads!.lend(empty, memory);
    while (!work.begin(0, 'product8', [1, 2])) await pause(5);
    assert.throws(() => work.finish(), /failed/);
    assert.equal(lent.threads, undefined);
  });
});
