/** np against plain loops, on random shapes. */
import fc from 'fast-check';
import { np, type NdArray } from '../../../../src/engine/index';
import { assertClose } from './support/close';
import { build, indicesOf, plain, sample, sizeOf } from './support/loops';

const shape = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
const seed = fc.nat(2 ** 31);
const runs = { numRuns: 150 };

/** Shapes that broadcast: axes of a common shape dropped in front or set to one. */
const broadcastable = shape.chain((common) =>
  fc.tuple(
    fc.constant(common),
    ...[0, 1].map(() =>
      fc
        .tuple(fc.nat(common.length), fc.array(fc.boolean(), { minLength: common.length, maxLength: common.length }))
        .map(([drop, ones]) => common.map((extent, axis) => (ones[axis] ? 1 : extent)).slice(drop)),
    ),
  ),
);

describe('np against loops', () => {
  it('broadcasts elementwise functions', () => {
    const functions: [(x: NdArray, y: NdArray) => NdArray, (x: number, y: number) => number][] = [
      [np.add, (x, y) => x + y],
      [np.multiply, (x, y) => x * y],
      [np.maximum, Math.max],
      [np.arctan2, Math.atan2],
      [(x, y) => np.where(np.less(x, y), x, y), (x, y) => (x < y ? x : y)],
    ];
    fc.assert(
      fc.property(broadcastable, seed, fc.constantFrom(...functions), ([, left, right], start, [f, scalar]) => {
        const [x, y] = [sample(left, start), sample(right, start + 1)];
        const to = np.broadcastShapes(left, right);
        const pick = (a: NdArray, index: number[]): number =>
          plain(a).at(index.slice(index.length - a.ndim).map((i, k) => (a.shape[k] === 1 ? 0 : i)));
        assertClose(
          f(x, y),
          build(to, (index) => scalar(pick(x, index), pick(y, index))),
          1e-15,
        );
      }),
      runs,
    );
  });

  it('reduces over any axes', () => {
    const functions: [
      (x: NdArray, options: { axis: number[]; keepdims: boolean }) => NdArray,
      (list: number[]) => number,
    ][] = [
      [np.sum, (list) => list.reduce((a, b) => a + b, 0)],
      [np.prod, (list) => list.reduce((a, b) => a * b, 1)],
      [np.max, (list) => Math.max(...list)],
      [np.mean, (list) => list.reduce((a, b) => a + b, 0) / list.length],
      [
        np.median,
        (list) => {
          const sorted = [...list].sort((a, b) => a - b);
          return (sorted[(list.length - 1) >> 1] + sorted[list.length >> 1]) / 2;
        },
      ],
      [
        np.var,
        (list) => {
          const mean = list.reduce((a, b) => a + b, 0) / list.length;
          return list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length;
        },
      ],
    ];
    const property = fc
      .tuple(shape, seed, fc.constantFrom(...functions), fc.boolean())
      .chain(([dims, ...rest]) =>
        fc.tuple(fc.constant(dims), fc.subarray(dims.map((_, axis) => axis)), ...rest.map((one) => fc.constant(one))),
      ) as fc.Arbitrary<[number[], number[], number, (typeof functions)[number], boolean]>;
    fc.assert(
      fc.property(property, ([dims, axes, start, [f, reduce], keepdims]) => {
        const x = sample(dims, start);
        const kept = dims.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
        const expected = build(kept, (place) => {
          const list = [...indicesOf(dims)].filter((index) =>
            index.every((i, axis) => axes.includes(axis) || i === place[axis]),
          );
          return reduce(list.map((index) => plain(x).at(index)));
        });
        const to = keepdims ? kept : kept.filter((_, axis) => !axes.includes(axis));
        assertClose(
          f(x, { axis: axes.map((axis, k) => (k % 2 ? axis - dims.length : axis)), keepdims }),
          expected.reshape(to),
          1e-12,
        );
      }),
      runs,
    );
  });

  it('transposes, flips, rolls and slices', () => {
    fc.assert(
      fc.property(shape, seed, fc.integer({ min: -6, max: 6 }), (dims, start, by) => {
        const x = sample(dims, start);
        const at = plain(x).at;
        const order = dims.map((_, axis) => (axis + Math.abs(by)) % dims.length);
        assertClose(
          np.transpose(x, order),
          build(
            order.map((axis) => dims[axis]),
            (index) => at(dims.map((_, axis) => index[order.indexOf(axis)])),
          ),
        );
        assertClose(
          np.flip(x),
          build(dims, (index) => at(index.map((i, axis) => dims[axis] - 1 - i))),
        );
        if (dims.length === 0) return;
        const last = dims.length - 1;
        assertClose(
          np.roll(x, by, -1),
          build(dims, (index) =>
            at(index.map((i, axis) => (axis === last ? (((i - by) % dims[last]) + dims[last]) % dims[last] : i))),
          ),
        );
        const line = Array.from({ length: dims[0] }, (_, i) => i);
        const step = by === 0 ? 1 : by;
        const [from, to] = [(start % 11) - 5, ((start >> 5) % 11) - 5];
        const kept =
          step > 0 ? line.slice(from, to).filter((_, i) => i % step === 0) : backwards(line, from, to, -step);
        assertClose(
          x.slice(`${from}:${to}:${step}`),
          build([kept.length, ...dims.slice(1)], ([i, ...rest]) => at([kept[i], ...rest])),
        );
      }),
      runs,
    );
  });

  it('sorts, accumulates and takes along an axis', () => {
    fc.assert(
      fc.property(
        shape.filter((dims) => dims.length > 0),
        seed,
        (dims, start) => {
          const x = sample(dims, start);
          const axis = start % dims.length;
          const run = (index: number[]): number[] =>
            Array.from({ length: dims[axis] }, (_, k) => plain(x).at(index.map((i, a) => (a === axis ? k : i))));
          const along = (f: (list: number[], k: number) => number): NdArray =>
            build(dims, (index) => f(run(index), index[axis]));
          assertClose(
            np.sort(x, axis),
            along((list, k) => [...list].sort((a, b) => a - b)[k]),
          );
          assertClose(
            np.cumsum(x, axis),
            along((list, k) => list.slice(0, k + 1).reduce((a, b) => a + b, 0)),
          );
          assertClose(
            np.cummax(x, axis),
            along((list, k) => Math.max(...list.slice(0, k + 1))),
          );
          assertClose(np.takeAlongAxis(x, np.argsort(x, axis), axis), np.sort(x, axis));
          assertClose(
            np.diff(x, 1, axis),
            build(
              dims.map((extent, a) => (a === axis ? extent - 1 : extent)),
              (index) => run(index)[index[axis] + 1] - run(index)[index[axis]],
            ),
          );
        },
      ),
      runs,
    );
  });

  it('indexes by integer arrays', () => {
    const property = fc.tuple(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 3 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      seed,
    );
    fc.assert(
      fc.property(property, ([dims, places, start]) => {
        const x = sample(dims, start);
        const [first, second] = [0, 1].map((axis) =>
          np
            .floor(np.abs(sample(places, start + axis).mul(997)))
            .mod(2 * dims[axis])
            .sub(dims[axis])
            .astype('int32'),
        );
        const wrap = (i: number, extent: number): number => (i < 0 ? i + extent : i);
        const expected = build([...places, ...dims.slice(2)], (index) => {
          const place = index.slice(0, places.length);
          return plain(x).at([
            wrap(plain(first).at(place), dims[0]),
            wrap(plain(second).at(place), dims[1]),
            ...index.slice(places.length),
          ]);
        });
        assertClose(x.slice(first, second), expected);
        // Writing what was read changes nothing; adding counts every time.
        assertClose(x.at(first, second).set(x.slice(first, second)), x);
        const counted = build(
          dims,
          (index) =>
            [...indicesOf(places)].filter(
              (place) =>
                wrap(plain(first).at(place), dims[0]) === index[0] &&
                wrap(plain(second).at(place), dims[1]) === index[1],
            ).length,
        );
        assertClose(x.at(first, second).add(1), x.add(counted), 1e-12);
      }),
      runs,
    );
  });

  it('sums products by any subscripts', () => {
    const labels = fc.array(fc.constantFrom(...'abcd'), { maxLength: 4 });
    const property = fc.tuple(
      fc.array(labels, { minLength: 1, maxLength: 4 }),
      fc.subarray([...'abcd']),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
      seed,
    );
    fc.assert(
      fc.property(property, ([inputs, wanted, extents, start]) => {
        const size = (label: string): number => extents['abcd'.indexOf(label)];
        const used = [...new Set(inputs.flat())];
        const output = wanted.filter((label) => used.includes(label)).reverse();
        const arrays = inputs.map((term, k) => sample(term.map(size), start + k));
        const expected = build(output.map(size), (place) => {
          let total = 0;
          for (const index of indicesOf(used.map(size))) {
            const value = (label: string): number => index[used.indexOf(label)];
            if (output.some((label, axis) => value(label) !== place[axis])) continue;
            total += arrays.reduce((product, array, k) => product * plain(array).at(inputs[k].map(value)), 1);
          }
          return total;
        });
        const subscripts = `${inputs.map((term) => term.join('')).join(',')}->${output.join('')}`;
        assertClose(np.einsum(subscripts, ...arrays), expected, 1e-10, subscripts);
      }),
      { numRuns: 300 },
    );
  });

  it('multiplies stacks of matrices', () => {
    fc.assert(
      fc.property(
        broadcastable,
        fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
        seed,
        ([, left, right], [m, k, n], start) => {
          const [x, y] = [sample([...left, m, k], start), sample([...right, k, n], start + 1)];
          const lead = np.broadcastShapes(left, right);
          const pick = (a: NdArray, batch: number[], row: number, column: number): number => {
            const own = batch.slice(batch.length - (a.ndim - 2)).map((i, axis) => (a.shape[axis] === 1 ? 0 : i));
            return plain(a).at([...own, row, column]);
          };
          const expected = build([...lead, m, n], (index) => {
            const [row, column] = index.slice(-2);
            let total = 0;
            for (let i = 0; i < k; i++)
              total += pick(x, index.slice(0, -2), row, i) * pick(y, index.slice(0, -2), i, column);
            return total;
          });
          assertClose(np.matmul(x, y), expected, 1e-12);
        },
      ),
      runs,
    );
  });

  it('counts elements when it reshapes and repeats', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 0, max: 3 }), seed, (dims, times, start) => {
        const x = sample(dims, start);
        assertClose(
          np.ravel(x),
          build([sizeOf(dims)], ([i]) => x.concrete.data[i]),
        );
        assertClose(
          np.repeat(x, times),
          build([sizeOf(dims) * times], ([i]) => x.concrete.data[Math.floor(i / times)]),
        );
        assertClose(np.tile(x, [times, 2]).sum(), x.sum().mul(times * 2), 1e-12);
      }),
      runs,
    );
  });
});

/** Elements of a slice with a negative step, by Python's rules. */
function backwards(line: number[], from: number, to: number, step: number): number[] {
  const n = line.length;
  const place = (end: number): number => Math.min(Math.max(end < 0 ? end + n : end, -1), n - 1);
  const out: number[] = [];
  for (let i = place(from); i > place(to); i -= step) out.push(line[i]);
  return out;
}
