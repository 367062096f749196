import assert from 'node:assert/strict';
import { grad, np, tree, type NdArray } from '../../../../src/engine/index';
import { leafPaths, matchInto, printStructure, registerPytree } from '../../../../src/engine/tree/structure';
import type { Leaf } from '../../../../src/engine/tree/leaves';

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}

  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}

/** Keeps its parts private, so it says how to take it apart. */
class Interval {
  readonly #low: number;
  readonly #high: number;

  constructor(low: number, high: number) {
    this.#low = low;
    this.#high = high;
  }

  get ends(): readonly [number, number] {
    return [this.#low, this.#high];
  }
}

registerPytree(Interval, {
  flatten: (interval) => ({ children: interval.ends }),
  unflatten: ([low, high]) => new Interval(low as number, high as number),
});

const array = np.array([1, 2]);
const value = {
  n: 1,
  nested: [2, [array, Float64Array.of(3, 4)]] as const,
  map: new Map<string, unknown>([
    ['a', 5],
    ['b', { c: 6 }],
  ]),
  point: new Point(7, 8),
  text: 'fixed',
  flag: true,
  nothing: null,
  missing: undefined,
  date: new Date(0),
  f: Math.sin,
};

describe('Pytrees', () => {
  it('have numbers, arrays and typed arrays for leaves, in order', () => {
    const [leaves, structure] = tree.flatten(value);
    assert.deepEqual(leaves, [1, 2, array, Float64Array.of(3, 4), 5, 6, 7, 8]);
    assert.deepEqual(leafPaths(structure, 'value'), [
      'value.n',
      'value.nested[0]',
      'value.nested[1][0]',
      'value.nested[1][1]',
      'value.map.get(a)',
      'value.map.get(b).c',
      'value.point.x',
      'value.point.y',
    ]);
    assert.deepEqual(
      tree.leavesWithPath({ 'not a name': 1 }).map(({ path }) => path),
      ['["not a name"]'],
    );
  });

  it('come together again: classes with their prototypes, everything else as it was', () => {
    const [leaves, structure] = tree.flatten(value);
    const again = tree.unflatten(structure, leaves) as typeof value;
    assert.deepEqual(again, value);
    assert.notEqual(again, value);
    assert.equal(again.point.length, value.point.length);
    assert.equal(again.date, value.date);
    assert.equal(again.f, Math.sin);
  });

  it('map, also over several trees at once', () => {
    const doubled = tree.map((leaf) => (leaf as number) * 2, { a: 1, b: [2, new Point(3, 4)] as const });
    assert.deepEqual(doubled, { a: 2, b: [4, new Point(6, 8)] });
    const sums = tree.map((x, y) => (x as number) + (y as number), { a: 1, b: [2] }, { a: 10, b: [20] });
    assert.deepEqual(sums, { a: 11, b: [22] });
    assert.equal(
      tree.reduce((sum, leaf) => sum + (leaf as number), [1, { x: 2 }, new Map([['y', 3]])], 0),
      6,
    );
  });

  it('may be told how to take a class apart', () => {
    assert.deepEqual(tree.leaves({ interval: new Interval(1, 2) }), [1, 2]);
    const gradient = grad((interval: Interval) => np.multiply(interval.ends[0], interval.ends[1]))(new Interval(3, 5));
    assert.deepEqual((gradient as unknown as Interval).ends, [5, 3]);
  });

  it('differ where kinds, keys, lengths or fixed parts do', () => {
    const same = (a: unknown, b: unknown) => {
      try {
        tree.map(() => 0, a, b);
        return true;
      } catch {
        return false;
      }
    };
    assert.ok(same({ a: 1, b: 'x' }, { a: array, b: 'x' }));
    assert.ok(!same({ a: 1, b: 'x' }, { a: 1, b: 'y' }));
    assert.ok(!same({ a: 1 }, { b: 1 }));
    assert.ok(!same([1, 2], [1]));
    assert.ok(!same([1], { 0: 1 }));
    assert.ok(!same(new Map([['a', 1]]), { a: 1 }));
    assert.ok(!same(new Point(1, 2), { x: 1, y: 2 }));
    assert.ok(!same(true, false));
  });

  it('are matched against a known structure without building another', () => {
    const [, structure] = tree.flatten(value);
    const leaves: Leaf[] = [];
    assert.ok(matchInto(structure, value, leaves));
    assert.equal(leaves.length, 8);
    assert.ok(!matchInto(structure, { ...value, text: 'other' }, []));
    assert.ok(!matchInto(structure, [value], []));
  });

  it('print', () => {
    assert.equal(
      printStructure(tree.structure({ a: 1, b: [array, 'x', null], m: new Map([['k', 1]]) })),
      '{a: *, b: [*, "x", null], m: Map{k: *}}',
    );
  });

  it('types follow the structure', () => {
    const mapped = tree.map((): string => '', { w: array as NdArray, b: [1, 2] as [number, number] });
    const text: string = mapped.b[1] + mapped.w;
    assert.equal(text, '');
  });
});
