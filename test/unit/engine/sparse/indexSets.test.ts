/** Index sets against sets of the language. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EMPTY, IndexSets } from '../../../../src/engine/sparse/indexSets';

function elements(sets: IndexSets, set: number): number[] {
  const out = new Int32Array(sets.size(set));
  assert.equal(sets.write(set, out, 0), out.length);
  return Array.from(out);
}

function sorted(numbers: Iterable<number>): number[] {
  return [...new Set(numbers)].sort((x, y) => x - y);
}

const indices = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 });

describe('IndexSets', () => {
  it('unite as sets do, whatever the way', () => {
    fc.assert(
      fc.property(fc.array(indices, { minLength: 1, maxLength: 14 }), (lists) => {
        const sets = new IndexSets(8);
        const ids = lists.map((list) => list.reduce((set, index) => sets.union(set, sets.single(index)), EMPTY));
        lists.forEach((list, k) => assert.deepEqual(elements(sets, ids[k]), sorted(list)));
        const all = sets.unionOf(Int32Array.from(ids), 0, ids.length);
        assert.deepEqual(elements(sets, all), sorted(lists.flat()));
        // Equal sets are one set.
        assert.equal(
          ids.reduce((x, y) => sets.union(x, y)),
          all,
        );
        assert.equal(
          ids.reduceRight((x, y) => sets.union(y, x)),
          all,
        );
      }),
    );
  });

  it('hold a run of neighbours as one interval', () => {
    const sets = new IndexSets(1_000_000);
    const run = sets.range(0, 1_000_000);
    assert.equal(sets.size(run), 1_000_000);
    assert.equal(sets.union(run, sets.single(5)), run);
    assert.equal(sets.union(sets.range(0, 400_000), sets.range(400_000, 1_000_000)), run);
    assert.equal(sets.range(3, 3), EMPTY);
  });

  it('keep many different sets apart', () => {
    const sets = new IndexSets(4);
    const ids = Array.from({ length: 5000 }, (_, i) => sets.union(sets.single(i), sets.single(2 * i + 7)));
    ids.forEach((id, i) => assert.deepEqual(elements(sets, id), sorted([i, 2 * i + 7])));
  });
});
