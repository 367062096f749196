/**
 * Large products of matrices, through packed panels and a register tile: 4 rows × 2 vectors, which with the operands fill 11 of
 * the 16 vector registers.
 */
import { F64, I32, OP, SATURATING, SIMD, V128 } from '../wasm/instructions';
import type { FunctionWriter, ModuleWriter } from '../wasm/module';
import type { Contraction } from './nodes';
import type { Precision } from './precision';
import { forBatches } from './smallProduct';

/** Rows of a register tile. */
const TILE_ROWS = 4;
/** Panels of this many inner indices, and blocks of this many rows, stay in the caches. */
const PANEL = 256;
export const BLOCK = 64;
/** Multiplications below which packing costs more than it saves. */
const SMALL = 6000;

export function isSmall({ m, n, k }: Contraction): boolean {
  return m * n * k < SMALL || m < TILE_ROWS || n < TILE_ROWS;
}

/** Bytes of working memory for a large product. */
export function scratchBytes({ n, k }: Pick<Contraction, 'n' | 'k'>, p: Precision): number {
  const columns = 2 * p.lanes;
  const inner = Math.min(k, PANEL);
  return (Math.ceil(n / columns) * columns * inner + BLOCK * inner + TILE_ROWS * columns) * p.bytes + 64;
}

/** Counts `local` up from 0 by `step` while it is below `limit` (a number, or a local given as a getter). */
function countUp(f: FunctionWriter, local: number, limit: () => void, step: number, body: () => void): void {
  f.i32(0).set(local).block().loop();
  f.get(local);
  limit();
  f.op(OP.i32GeS).brIf(1);
  body();
  f.get(local).i32(step).op(OP.i32Add).set(local).br(0).end().end();
}

/** A large product: calls the shared function for every batch. */
export function writeLarge(
  f: FunctionWriter,
  c: Contraction,
  p: Precision,
  a: number,
  b: number,
  out: number,
  scratch: number,
  shared: number,
): void {
  const { bytes } = p;
  const to = f.local(I32);
  f.i32(out).set(to);
  forBatches(f, c, bytes, a, b, (pa, pb) => {
    f.get(pa)
      .i32(c.a.row * bytes)
      .i32(c.a.inner * bytes);
    f.get(pb)
      .i32(c.b.inner * bytes)
      .i32(c.b.column * bytes);
    f.get(to).i32(c.m).i32(c.n).i32(c.k).i32(scratch).call(shared);
    f.get(to)
      .i32(c.m * c.n * bytes)
      .op(OP.i32Add)
      .set(to);
  });
}

/** (a, aRow, aInner, b, bInner, bColumn, c, m, n, k, scratch): C = A B, strides in bytes, C in order. */
export function sharedProduct(module: ModuleWriter, p: Precision, exportAs?: string): number {
  const micro = microKernel(module, p);
  const f = module.function(new Array<typeof I32>(11).fill(I32), [], exportAs);
  const [a, aRow, aInner, b, bInner, bColumn, c, m, n, k, scratch] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const { bytes } = p;
  const columns = 2 * p.lanes;
  const [kStart, kCount, iStart, iCount, i, j, t, from, to, panelA, panelB, tile, paddedN, rowsLeft, columnsLeft] =
    Array.from({ length: 15 }, () => f.local(I32));
  const mulAdd = (base: number, index: number, stride: number) =>
    f.get(base).get(index).get(stride).op(OP.i32Mul, OP.i32Add);
  const smaller = (push: () => void, limit: number, into: number) => {
    push();
    f.set(into);
    f.get(into).i32(limit).get(into).i32(limit).op(OP.i32LtS, OP.select).set(into);
  };
  f.get(c).i32(0).get(m).get(n).op(OP.i32Mul).i32(bytes).op(OP.i32Mul);
  f.op(0xfc, SATURATING.memoryFill, 0);
  f.get(n)
    .i32(columns - 1)
    .op(OP.i32Add)
    .i32(-columns)
    .op(OP.i32And)
    .set(paddedN);
  countUp(
    f,
    kStart,
    () => f.get(k),
    PANEL,
    () => {
      smaller(() => f.get(k).get(kStart).op(OP.i32Sub), PANEL, kCount);
      f.get(scratch).set(panelB);
      f.get(scratch)
        .get(paddedN)
        .get(kCount)
        .op(OP.i32Mul)
        .i32(bytes)
        .op(OP.i32Mul, OP.i32Add)
        .i32(15)
        .op(OP.i32Add)
        .i32(-16)
        .op(OP.i32And)
        .set(panelA);
      f.get(panelA).i32(BLOCK).get(kCount).op(OP.i32Mul).i32(bytes).op(OP.i32Mul, OP.i32Add).set(tile);
      // B in panels of `columns`: [panel][k][column], filled up with zeros.
      f.get(panelB).set(to);
      countUp(
        f,
        j,
        () => f.get(paddedN),
        columns,
        () => {
          mulAdd(b, kStart, bInner);
          f.get(j).get(bColumn).op(OP.i32Mul, OP.i32Add).set(from);
          pack(f, p, {
            from,
            to,
            counter: t,
            inner: kCount,
            innerStep: bInner,
            laneStep: bColumn,
            width: columns,
            limit: () => f.get(n).get(j).op(OP.i32Sub),
          });
        },
      );
      countUp(
        f,
        iStart,
        () => f.get(m),
        BLOCK,
        () => {
          smaller(() => f.get(m).get(iStart).op(OP.i32Sub), BLOCK, iCount);
          f.get(panelA).set(to);
          countUp(
            f,
            i,
            () => f.get(iCount),
            TILE_ROWS,
            () => {
              mulAdd(a, kStart, aInner);
              f.get(iStart).get(i).op(OP.i32Add).get(aRow).op(OP.i32Mul, OP.i32Add).set(from);
              pack(f, p, {
                from,
                to,
                counter: t,
                inner: kCount,
                innerStep: aInner,
                laneStep: aRow,
                width: TILE_ROWS,
                limit: () => f.get(iCount).get(i).op(OP.i32Sub),
              });
            },
          );
          countUp(
            f,
            j,
            () => f.get(n),
            columns,
            () => {
              countUp(
                f,
                i,
                () => f.get(iCount),
                TILE_ROWS,
                () => {
                  f.get(iCount).get(i).op(OP.i32Sub).set(rowsLeft);
                  f.get(n).get(j).op(OP.i32Sub).set(columnsLeft);
                  f.get(panelA).get(i).get(kCount).op(OP.i32Mul).i32(bytes).op(OP.i32Mul, OP.i32Add);
                  f.get(panelB).get(j).get(kCount).op(OP.i32Mul).i32(bytes).op(OP.i32Mul, OP.i32Add);
                  f.get(kCount);
                  f.get(c)
                    .get(iStart)
                    .get(i)
                    .op(OP.i32Add)
                    .get(n)
                    .op(OP.i32Mul)
                    .get(j)
                    .op(OP.i32Add)
                    .i32(bytes)
                    .op(OP.i32Mul, OP.i32Add);
                  f.get(n).i32(bytes).op(OP.i32Mul);
                  f.get(rowsLeft).get(columnsLeft).get(tile).call(micro);
                },
              );
            },
          );
        },
      );
    },
  );
  return f.index;
}

interface Packing {
  readonly from: number;
  readonly to: number;
  readonly counter: number;
  readonly inner: number;
  readonly innerStep: number;
  readonly laneStep: number;
  readonly width: number;
  /** Pushes the number of lanes that exist. */
  readonly limit: () => void;
}

/** `to` ← [inner][width] from strided memory; lanes that do not exist become 0. Moves `from` and `to`. */
function pack(
  f: FunctionWriter,
  p: Precision,
  { from, to, counter, inner, innerStep, laneStep, width, limit }: Packing,
): void {
  const { bytes } = p;
  const address = f.local(I32);
  f.get(inner).set(counter).loop();
  limit();
  f.i32(width).op(OP.i32GeS).if();
  // All lanes exist: no test for each.
  f.get(from).set(address);
  for (let index = 0; index < width; index++) {
    f.get(to)
      .get(address)
      .memory(p.load, p.align, 0)
      .memory(p.store, p.align, index * bytes);
    if (index + 1 < width) f.get(address).get(laneStep).op(OP.i32Add).set(address);
  }
  f.else();
  for (let index = 0; index < width; index++) {
    f.get(to);
    f.i32(index);
    limit();
    f.op(OP.i32LtS).if(p.type);
    f.get(from).get(laneStep).i32(index).op(OP.i32Mul, OP.i32Add).memory(p.load, p.align, 0);
    f.else();
    if (p.type === F64) f.f64(0);
    else f.f32(0);
    f.end().memory(p.store, p.align, index * bytes);
  }
  f.end();
  f.get(to)
    .i32(width * bytes)
    .op(OP.i32Add)
    .set(to);
  f.get(from).get(innerStep).op(OP.i32Add).set(from);
  f.get(counter).i32(1).op(OP.i32Sub).tee(counter).brIf(0).end();
}

/** (panel of A, panel of B, k, c, bytes of a row of c, rows, columns, tile): adds their product to a tile of C. */
function microKernel(module: ModuleWriter, p: Precision): number {
  const f = module.function(new Array<typeof I32>(8).fill(I32), []);
  const [pa, pb, k, c, cRow, rows, columns, tile] = [0, 1, 2, 3, 4, 5, 6, 7];
  const { bytes, lanes } = p;
  const sums = Array.from({ length: TILE_ROWS * 2 }, () => f.local(V128));
  const [b0, b1, x] = [f.local(V128), f.local(V128), f.local(V128)];
  const [at, i, j] = [f.local(I32), f.local(I32), f.local(I32)];
  f.loop();
  f.get(pb).simdMemory(SIMD.load, 0).set(b0);
  f.get(pb).simdMemory(SIMD.load, 16).set(b1);
  for (let row = 0; row < TILE_ROWS; row++) {
    f.get(pa)
      .simdMemory(p.splat, row * bytes)
      .set(x);
    f.get(sums[2 * row])
      .get(x)
      .get(b0)
      .simd(p.vectorMul)
      .simd(p.vectorAdd)
      .set(sums[2 * row]);
    f.get(sums[2 * row + 1])
      .get(x)
      .get(b1)
      .simd(p.vectorMul)
      .simd(p.vectorAdd)
      .set(sums[2 * row + 1]);
  }
  f.get(pa)
    .i32(TILE_ROWS * bytes)
    .op(OP.i32Add)
    .set(pa);
  f.get(pb).i32(32).op(OP.i32Add).set(pb);
  f.get(k).i32(1).op(OP.i32Sub).tee(k).brIf(0).end();
  f.get(rows)
    .i32(TILE_ROWS)
    .op(OP.i32GeS)
    .get(columns)
    .i32(2 * lanes)
    .op(OP.i32GeS, OP.i32And)
    .if();
  for (let row = 0; row < TILE_ROWS; row++) {
    for (let half = 0; half < 2; half++) {
      f.get(c)
        .get(c)
        .simdMemory(SIMD.load, 16 * half)
        .get(sums[2 * row + half])
        .simd(p.vectorAdd)
        .simdMemory(SIMD.store, 16 * half);
    }
    f.get(c).get(cRow).op(OP.i32Add).set(c);
  }
  f.else();
  // A tile at the edge: through memory, element by element.
  for (let row = 0; row < TILE_ROWS; row++) {
    for (let half = 0; half < 2; half++)
      f.get(tile)
        .get(sums[2 * row + half])
        .simdMemory(SIMD.store, 32 * row + 16 * half);
  }
  const smaller = (local: number, limit: number) =>
    f.get(local).i32(limit).get(local).i32(limit).op(OP.i32LtS, OP.select).set(local);
  smaller(rows, TILE_ROWS);
  smaller(columns, 2 * lanes);
  countUp(
    f,
    i,
    () => f.get(rows),
    1,
    () => {
      f.get(c).set(at);
      countUp(
        f,
        j,
        () => f.get(columns),
        1,
        () => {
          f.get(at).get(at).memory(p.load, p.align, 0);
          f.get(tile)
            .get(j)
            .i32(bytes)
            .op(OP.i32Mul, OP.i32Add)
            .memory(p.load, p.align, 0)
            .op(p.add)
            .memory(p.store, p.align, 0);
          f.get(at).i32(bytes).op(OP.i32Add).set(at);
        },
      );
      f.get(tile).i32(32).op(OP.i32Add).set(tile);
      f.get(c).get(cRow).op(OP.i32Add).set(c);
    },
  );
  f.end();
  return f.index;
}
