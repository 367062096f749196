/** Patterns through products of arrays, and through linear algebra. */
import { eachConvProduct } from '../../primitives/conv';
import type { ConvParams, DotParams } from '../../primitives/params';
import { primitive } from '../../primitives/table';
import { isFloat, sizeOf, type ArrayData, type ArrayValue, type Aval } from '../../program/aval';
import { EMPTY, type IndexSets } from '../indexSets';
import { asArray, type PatternRule } from './pattern';

function inOrder(value: ArrayValue, permutation: readonly number[]): ArrayData {
  return (primitive('transpose').evaluate([value], { permutation }) as ArrayValue).data;
}

/** A known operand in the given order of axes; undefined where nothing in it is zero, or nothing is known. */
function zerosOf(value: ArrayValue | undefined, permutation: readonly number[]): ArrayData | undefined {
  return value?.data.includes(0) ? inOrder(value, permutation) : undefined;
}

/** How an operand's rows meet the other operand's columns in a batched product. */
interface Meeting {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly contracted: number;
  /** True where the rows come first in the result. */
  readonly rowsFirst: boolean;
}

/** out[b, row, column] gains the sets own[b, row, k] for all k where other[b, column, k] may differ from zero. */
function addProducts(
  sets: IndexSets,
  out: Int32Array,
  own: Int32Array,
  other: ArrayData | undefined,
  meeting: Meeting,
): void {
  const { batch, rows, columns, contracted, rowsFirst } = meeting;
  const picked = new Int32Array(contracted);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < rows; i++) {
      const start = (b * rows + i) * contracted;
      const all = sets.unionOf(own, start, start + contracted);
      if (all === EMPTY) continue;
      for (let j = 0; j < columns; j++) {
        let set = all;
        if (other) {
          const at = (b * columns + j) * contracted;
          let count = 0;
          for (let k = 0; k < contracted; k++) if (other[at + k] !== 0) picked[count++] = own[start + k];
          if (count < contracted) set = sets.unionOf(picked, 0, count);
        }
        const to = rowsFirst ? (b * rows + i) * columns + j : (b * columns + j) * rows + i;
        out[to] = sets.union(out[to], set);
      }
    }
  }
}

function extent({ shape }: Aval, axes: readonly number[]): number {
  return axes.reduce((total, axis) => total * shape[axis], 1);
}

export const contracted: PatternRule<DotParams> = ({ sets, patterns, known, avals, results, params }) => {
  if (patterns.every((pattern) => pattern === null)) return [null];
  const { lhsContract, rhsContract, lhsBatch, rhsBatch } = params;
  const [lhs, rhs] = avals;
  const others = ({ shape }: Aval, used: readonly number[]) =>
    shape.map((_, axis) => axis).filter((axis) => !used.includes(axis));
  const lhsFree = others(lhs, [...lhsContract, ...lhsBatch]);
  const rhsFree = others(rhs, [...rhsContract, ...rhsBatch]);
  const lhsOrder = [...lhsBatch, ...lhsFree, ...lhsContract];
  const rhsOrder = [...rhsBatch, ...rhsFree, ...rhsContract];
  const batch = extent(lhs, lhsBatch);
  const m = extent(lhs, lhsFree);
  const n = extent(rhs, rhsFree);
  const k = extent(lhs, lhsContract);
  const out = new Int32Array(sizeOf(results[0].shape));
  if (patterns[0]) {
    const own = inOrder(asArray(patterns[0], lhs), lhsOrder) as Int32Array;
    addProducts(sets, out, own, zerosOf(known[1], rhsOrder), {
      batch,
      rows: m,
      columns: n,
      contracted: k,
      rowsFirst: true,
    });
  }
  if (patterns[1]) {
    const own = inOrder(asArray(patterns[1], rhs), rhsOrder) as Int32Array;
    addProducts(sets, out, own, zerosOf(known[0], lhsOrder), {
      batch,
      rows: n,
      columns: m,
      contracted: k,
      rowsFirst: false,
    });
  }
  return [out];
};

export const convolved: PatternRule<ConvParams> = ({ sets, patterns: [x, kernel], known, avals, results, params }) => {
  if (x === null && kernel === null) return [null];
  const out = new Int32Array(sizeOf(results[0].shape));
  eachConvProduct(avals, params, (to, lhs, rhs) => {
    if (x && known[1]?.data[rhs] !== 0) out[to] = sets.union(out[to], x[lhs]);
    if (kernel && known[0]?.data[lhs] !== 0) out[to] = sets.union(out[to], kernel[rhs]);
  });
  return [out];
};

/** Every element of a matrix by all of the operands' matrices at the same place of the batch. */
export const matrixwise: PatternRule = ({ sets, patterns, avals, results }) => {
  if (patterns.every((pattern) => pattern === null)) return results.map(() => null);
  const batch = sizeOf(avals[0].shape.slice(0, -2));
  const each = Array.from({ length: batch }, (_, b) =>
    patterns.reduce((total, pattern) => {
      if (pattern === null) return total;
      const size = pattern.length / batch;
      return sets.union(total, sets.unionOf(pattern, b * size, (b + 1) * size));
    }, EMPTY),
  );
  return results.map(({ shape, dtype }) => {
    if (!isFloat(dtype)) return null;
    const out = new Int32Array(sizeOf(shape));
    const size = out.length / batch;
    each.forEach((set, b) => out.fill(set, b * size, (b + 1) * size));
    return out;
  });
};
