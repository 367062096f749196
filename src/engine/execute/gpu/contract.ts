/**
 * dotGeneral: a thread computes a block of up to four neighbouring results, so that each number read serves several products. The
 * operands are walked along by integer places where they lie in memory at even distances.
 */
import { sizeOf, type Shape } from '../../program/aval';
import type { Program, Row } from '../../program/program';
import type { KernelContext } from './context';
import { addIndex, clampIndex, flatten, scaleIndex, unflatten, type Index } from './indexing';
import { walkAlong } from './strides';
import { sums } from './sums';
import type { Atom, KernelWriter } from './writer';

/** The results of a contraction as batch × rows × columns, in blocks of height × width a thread. */
export interface Tiles {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Their product is at most 4: what a kernel of gpu.js returns. */
  readonly height: number;
  readonly width: number;
}

/** How a contraction sees one of its operands. */
interface Side {
  readonly row: Row;
  readonly shape: Shape;
  readonly contract: readonly number[];
  readonly batch: readonly number[];
  readonly free: readonly number[];
}

function sidesOf(program: Program, row: Row): readonly [Side, Side] {
  const [lhs, rhs] = program.operands(row);
  const { lhsContract, rhsContract, lhsBatch, rhsBatch } = program.params<'dotGeneral'>(row);
  const side = (operand: Row, contract: readonly number[], batch: readonly number[]): Side => {
    const { shape } = program.aval(operand);
    const free = shape.map((_, axis) => axis).filter((axis) => !contract.includes(axis) && !batch.includes(axis));
    return { row: operand, shape, contract, batch, free };
  };
  return [side(lhs, lhsContract, lhsBatch), side(rhs, rhsContract, rhsBatch)];
}

const extents = ({ shape }: Side, axes: readonly number[]) => axes.map((axis) => shape[axis]);

/** The blocks of a contraction's results; undefined where there is but one result. */
export function tilesOf(program: Program, row: Row): Tiles | undefined {
  const [lhs, rhs] = sidesOf(program, row);
  const batch = sizeOf(extents(lhs, lhs.batch));
  const rows = sizeOf(extents(lhs, lhs.free));
  const columns = sizeOf(extents(rhs, rhs.free));
  if (rows > 1 && columns > 1) return { batch, rows, columns, height: 2, width: 2 };
  if (rows * columns === 1) return undefined;
  return { batch, rows, columns, height: Math.min(4, rows), width: Math.min(4, columns) };
}

const across = ({ rows, height }: Tiles) => Math.ceil(rows / height);
const along = ({ columns, width }: Tiles) => Math.ceil(columns / width);

export function threadsOf(tiles: Tiles): number {
  return tiles.batch * across(tiles) * along(tiles);
}

/** The numbers of a result in their order, from what the threads returned. */
export function untile(found: ArrayLike<ArrayLike<number>>, tiles: Tiles): Float32Array {
  const { batch, rows, columns, height, width } = tiles;
  const values = new Float32Array(batch * rows * columns);
  let thread = 0;
  for (let matrix = 0; matrix < batch; matrix++)
    for (let top = 0; top < rows; top += height)
      for (let left = 0; left < columns; left += width) {
        const block = found[thread++];
        for (let i = 0; i < height && top + i < rows; i++)
          for (let j = 0; j < width && left + j < columns; j++)
            values[(matrix * rows + top + i) * columns + left + j] = block[i * width + j];
      }
  return values;
}

/** One element of a contraction. */
export function contractionElement(k: KernelContext, row: Row, index: Index): Atom {
  const [lhs, rhs] = sidesOf(k.program, row);
  const batch = index.slice(0, lhs.batch.length);
  const middle = lhs.batch.length + lhs.free.length;
  return products(k, [lhs, rhs], batch, [index.slice(lhs.batch.length, middle)], [index.slice(middle)])[0];
}

/** The elements of a thread's block, row by row; those past the edge repeat the last ones. */
export function contractionBlock(k: KernelContext, row: Row, tiles: Tiles, thread: Atom): Atom[] {
  const [lhs, rhs] = sidesOf(k.program, row);
  const [matrix, top, left] = unflatten(k.w, thread, [tiles.batch, across(tiles), along(tiles)]);
  const places = (side: Side, start: Atom, count: number, extent: number) =>
    Array.from({ length: count }, (_, at) => {
      const place = addIndex(k.w, scaleIndex(k.w, start, count), at);
      const inside = extent % count === 0 ? place : clampIndex(k.w, place, extent);
      return unflatten(k.w, inside, extents(side, side.free));
    });
  return products(
    k,
    [lhs, rhs],
    unflatten(k.w, matrix, extents(lhs, lhs.batch)),
    places(lhs, top, tiles.height, tiles.rows),
    places(rhs, left, tiles.width, tiles.columns),
  );
}

/** Σ lhs · rhs for each pair of a row and a column. */
function products(k: KernelContext, sides: readonly [Side, Side], batch: Index, rows: Index[], columns: Index[]) {
  const [lhs] = sides;
  const places = [rows, columns];
  const walks = sides.map((side, at) => {
    const first = side.contract.map(() => '0');
    return walkAlong(
      k,
      side.row,
      side.contract,
      places[at].map((place) => indexOf(side, batch, place, first)),
    );
  });
  const readers = sides.map((side, at) => walks[at]?.read ?? readAnywhere(k, side, batch, places[at]));
  return sums(k.w, sizeOf(extents(lhs, lhs.contract)), {
    count: rows.length * columns.length,
    at: (position, step) => {
      const [x, y] = places.map((list, at) => list.map((_, which) => readers[at](which, step, position)));
      return x.flatMap((left) => y.map((right) => `${left} * ${right}`));
    },
    moving: walks.flatMap((walk) => walk?.pointers ?? []),
    advance: (count) => walks.forEach((walk) => walk?.advance(count)),
  });
}

/** Reads an operand's element of one of the block's rows (columns) at a position along the contraction. */
type Reader = (which: number, step: number, position: () => Atom) => Atom;

/** The whole index of an operand. */
function indexOf({ shape, contract, batch, free }: Side, lanes: Index, place: Index, digits: Index): Index {
  return shape.map((_, axis) => {
    if (contract.includes(axis)) return digits[contract.indexOf(axis)];
    return batch.includes(axis) ? lanes[batch.indexOf(axis)] : place[free.indexOf(axis)];
  });
}

function readAnywhere(k: KernelContext, side: Side, batch: Index, places: Index[]): Reader {
  return (which, _, position) =>
    k.value(side.row, indexOf(side, batch, places[which], unflatten(k.w, position(), extents(side, side.contract))));
}

// ------------------------------------------------------------------------------------------ packed operands

/** Contractions with fewer rows, columns or terms than this read their operands as they are. */
const FEWEST_PACKED = 8;

/** Is it worth packing the operands 2 × 2 first, where kernels read four numbers at once? */
export function packs(program: Program, row: Row, { rows, columns }: Tiles): boolean {
  const [lhs] = sidesOf(program, row);
  return Math.min(rows, columns, sizeOf(extents(lhs, lhs.contract))) >= FEWEST_PACKED;
}

/** Both operands of a packed contraction as batch × rows × columns: what is contracted runs along the columns of the first. */
export function packedTiles(program: Program, row: Row, { batch, rows, columns }: Tiles): readonly [Tiles, Tiles] {
  const [lhs] = sidesOf(program, row);
  const length = sizeOf(extents(lhs, lhs.contract));
  return [
    { batch, rows, columns: length, height: 2, width: 2 },
    { batch, rows: length, columns, height: 2, width: 2 },
  ];
}

/** A thread's 2 × 2 block of an operand, row by row: 0 past the end of the contraction. */
export function packedBlock(k: KernelContext, row: Row, which: 0 | 1, tiles: Tiles, thread: Atom): Atom[] {
  const side = sidesOf(k.program, row)[which];
  const [matrix, top, left] = unflatten(k.w, thread, [tiles.batch, across(tiles), along(tiles)]);
  const batch = unflatten(k.w, matrix, extents(side, side.batch));
  return [0, 1].flatMap((i) =>
    [0, 1].map((j) => {
      const [m, n] = [addIndex(k.w, scaleIndex(k.w, top, 2), i), addIndex(k.w, scaleIndex(k.w, left, 2), j)];
      const [free, term, extent, length] =
        which === 0 ? [m, n, tiles.rows, tiles.columns] : [n, m, tiles.columns, tiles.rows];
      const value = k.value(
        side.row,
        indexOf(
          side,
          batch,
          unflatten(k.w, extent % 2 === 0 ? free : clampIndex(k.w, free, extent), extents(side, side.free)),
          unflatten(k.w, length % 2 === 0 ? term : clampIndex(k.w, term, length), extents(side, side.contract)),
        ),
      );
      return length % 2 === 0 ? value : k.w.define(`${term} < ${length} ? ${value} : 0`);
    }),
  );
}

/** A thread's 2 × 2 block of the product of two packed operands, the kernel's first two arrays. */
export function packedProduct(w: KernelWriter, tiles: Tiles, length: number, thread: Atom): Atom[] {
  const half = Math.ceil(length / 2);
  const width = along(tiles);
  const [matrix, top, left] = unflatten(w, thread, [tiles.batch, across(tiles), width]);
  const a = w.pointer(scaleIndex(w, flatten(w, [matrix, top], [tiles.batch, across(tiles)]), half));
  const b = w.pointer(addIndex(w, scaleIndex(w, matrix, half * width), left));
  return sums(w, half, {
    count: 4,
    at: (_, step) => {
      const l = w.define(`s0[${a} + ${step}]`);
      const r = w.define(`s1[${b} + ${step * width}]`);
      return [0, 2].flatMap((i) => [0, 1].map((j) => `(${l}[${i}] * ${r}[${j}] + ${l}[${i + 1}] * ${r}[${j + 2}])`));
    },
    moving: [a, b],
    advance: (places) => {
      w.statement(`${a} = ${a} + ${places};`);
      w.statement(`${b} = ${b} + ${places * width};`);
    },
  });
}

/** One number of a result that threads returned in 2 × 2 blocks, the kernel's first array. */
export function tiledElement(w: KernelWriter, tiles: Tiles, thread: Atom): Atom {
  const [matrix, row, column] = unflatten(w, thread, [tiles.batch, tiles.rows, tiles.columns]);
  const [top, left] = [row, column].map((place) => w.define(`Math.floor(${place} * 0.5)`));
  const block = w.define(`s0[${flatten(w, [matrix, top, left], [tiles.batch, across(tiles), along(tiles)])}]`);
  const [lower, right] = [
    [row, top],
    [column, left],
  ].map(([place, half]) => w.define(`${place} - 2 * ${half}`));
  const pair = (first: number) => w.define(`${right} > 0.5 ? ${block}[${first + 1}] : ${block}[${first}]`);
  return w.define(`${lower} > 0.5 ? ${pair(2)} : ${pair(0)}`);
}
