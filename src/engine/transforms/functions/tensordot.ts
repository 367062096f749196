/** The product of blocks of derivatives with a vector of the inputs' structure. */
import type { NdArray } from '../../trace/ndarray';
import { bind } from '../../trace/bind';
import { kindOf, toKind, toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, unflatten } from '../../tree/structure';

/**
 * Σ over the leaves of `vector` of the contraction of `blocks` (a tree of x's structure over a tree of x's structure, blocks
 * [...x, ...x]) with it: a tree like `x`.
 */
export function applyBlocks(blocks: unknown, x: unknown, vector: unknown): unknown {
  const blockLeaves: Leaf[] = [];
  flattenInto(blocks, blockLeaves);
  const leaves: Leaf[] = [];
  const structure = flattenInto(x, leaves);
  const vectors: Leaf[] = [];
  flattenInto(vector, vectors);
  const arrays = vectors.map(toNdArray);
  const rows = leaves.map((leaf, row) => {
    const terms = arrays.map((array, column) => contract(toNdArray(blockLeaves[row * arrays.length + column]), array));
    return toKind(
      terms.reduce((sum, term) => bind('add', [sum, term], undefined)),
      kindOf(leaf),
    );
  });
  return unflatten(structure, rows);
}

/** Contracts the last axes of `block` with all axes of `vector`. */
function contract(block: NdArray, vector: NdArray): NdArray {
  const axes = vector.shape.map((_, axis) => axis);
  return bind('dotGeneral', [block, vector], {
    lhsContract: axes.map((axis) => block.ndim - vector.ndim + axis),
    rhsContract: axes,
    lhsBatch: [],
    rhsBatch: [],
  });
}
