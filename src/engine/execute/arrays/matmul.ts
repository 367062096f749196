/**
 * Products of matrices. Large ones go through packed panels and a register tile (4 rows × 2 vectors: with the operands that
 * fills 11 of the 16 vector registers); small ones through plain loops over whichever axis is contiguous.
 */
import { F32, F64, I32, OP, SATURATING, SIMD, V128 } from '../wasm/instructions';
import type { FunctionWriter, ModuleWriter } from '../wasm/module';
import type { Contraction } from './nodes';

/** Rows of a register tile. */
const TILE_ROWS = 4;
/** Panels of this many inner indices, and blocks of this many rows, stay in the caches. */
const PANEL = 256;
const BLOCK = 64;
/** Multiplications below which packing costs more than it saves. */
const SMALL = 6000;

export interface Precision {
  readonly bytes: 4 | 8;
  readonly lanes: 2 | 4;
  readonly load: number;
  readonly store: number;
  readonly align: number;
  readonly splat: number;
  readonly vectorSplat: number;
  readonly mul: number;
  readonly add: number;
  readonly vectorMul: number;
  readonly vectorAdd: number;
  readonly extract: number;
  readonly type: typeof F64 | typeof F32;
}

export const DOUBLE: Precision = {
  bytes: 8,
  lanes: 2,
  load: OP.f64Load,
  store: OP.f64Store,
  align: 3,
  splat: SIMD.load64Splat,
  vectorSplat: SIMD.f64x2Splat,
  mul: OP.f64Mul,
  add: OP.f64Add,
  vectorMul: SIMD.f64x2Mul,
  vectorAdd: SIMD.f64x2Add,
  extract: SIMD.f64x2ExtractLane,
  type: F64,
};

export const SINGLE: Precision = {
  bytes: 4,
  lanes: 4,
  load: OP.f32Load,
  store: OP.f32Store,
  align: 2,
  splat: SIMD.load32Splat,
  vectorSplat: SIMD.f32x4Splat,
  mul: OP.f32Mul,
  add: OP.f32Add,
  vectorMul: SIMD.f32x4Mul,
  vectorAdd: SIMD.f32x4Add,
  extract: SIMD.f32x4ExtractLane,
  type: F32,
};

export function isSmall({ m, n, k }: Contraction): boolean {
  return m * n * k < SMALL || m < TILE_ROWS || n < TILE_ROWS;
}

/** Bytes of working memory for a large product. */
export function scratchBytes({ n, k }: Contraction, p: Precision): number {
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

// ------------------------------------------------------------------------------------------ small

/** A small product: addresses and extents as constants. */
export function writeSmall(f: FunctionWriter, c: Contraction, p: Precision, a: number, b: number, out: number): void {
  const { bytes, lanes } = p;
  const aRow = c.a.row * bytes;
  const aInner = c.a.inner * bytes;
  const bInner = c.b.inner * bytes;
  const bColumn = c.b.column * bytes;
  const pa = f.local(I32);
  const pb = f.local(I32);
  const row = f.local(I32);
  const column = f.local(I32);
  const to = f.local(I32);
  const qa = f.local(I32);
  const qb = f.local(I32);
  const k = f.local(I32);
  const sum = f.local(p.type);
  const vector = f.local(V128);
  const vector2 = f.local(V128);
  const counter = (local: number, body: () => void, times: number) => {
    f.i32(times).set(local).loop();
    body();
    f.get(local).i32(1).op(OP.i32Sub).tee(local).brIf(0).end();
  };
  const move = (local: number, step: number) => {
    if (step !== 0) f.get(local).i32(step).op(OP.i32Add).set(local);
  };
  const start = () => {
    f.get(pa).set(qa);
    f.get(pb).set(qb);
  };
  /** One sum of products, a column at a time. */
  const scalar = () => {
    start();
    if (p.type === F64) f.f64(0);
    else f.f32(0);
    f.set(sum);
    counter(
      k,
      () => {
        f.get(sum).get(qa).memory(p.load, p.align, 0).get(qb).memory(p.load, p.align, 0).op(p.mul, p.add).set(sum);
        move(qa, aInner);
        move(qb, bInner);
      },
      c.k,
    );
    f.get(to).get(sum).memory(p.store, p.align, 0);
    move(to, bytes);
    move(pb, bColumn);
  };
  /** As many columns as a vector has lanes (twice as many where `wide`). */
  const columns = (wide: boolean) => {
    start();
    for (const local of wide ? [vector, vector2] : [vector]) {
      if (p.type === F64) f.f64(0);
      else f.f32(0);
      f.simd(p.vectorSplat).set(local);
    }
    counter(
      k,
      () => {
        f.get(vector)
          .get(qa)
          .simdMemory(p.splat, 0)
          .get(qb)
          .simdMemory(SIMD.load, 0)
          .simd(p.vectorMul)
          .simd(p.vectorAdd)
          .set(vector);
        if (wide)
          f.get(vector2)
            .get(qa)
            .simdMemory(p.splat, 0)
            .get(qb)
            .simdMemory(SIMD.load, 16)
            .simd(p.vectorMul)
            .simd(p.vectorAdd)
            .set(vector2);
        move(qa, aInner);
        move(qb, bInner);
      },
      c.k,
    );
    f.get(to).get(vector).simdMemory(SIMD.store, 0);
    if (wide) f.get(to).get(vector2).simdMemory(SIMD.store, 16);
    move(to, wide ? 32 : 16);
    move(pb, wide ? 32 : 16);
  };
  /** One sum of products, several inner indices at a time. */
  const inner = () => {
    start();
    if (p.type === F64) f.f64(0);
    else f.f32(0);
    f.simd(p.vectorSplat).set(vector);
    counter(
      k,
      () => {
        f.get(vector)
          .get(qa)
          .simdMemory(SIMD.load, 0)
          .get(qb)
          .simdMemory(SIMD.load, 0)
          .simd(p.vectorMul)
          .simd(p.vectorAdd)
          .set(vector);
        move(qa, 16);
        move(qb, 16);
      },
      Math.floor(c.k / lanes),
    );
    f.get(vector).simdLane(p.extract, 0);
    for (let lane = 1; lane < lanes; lane++) f.get(vector).simdLane(p.extract, lane).op(p.add);
    f.set(sum);
    for (let left = c.k % lanes; left > 0; left--) {
      f.get(sum).get(qa).memory(p.load, p.align, 0).get(qb).memory(p.load, p.align, 0).op(p.mul, p.add).set(sum);
      move(qa, aInner);
      move(qb, bInner);
    }
    f.get(to).get(sum).memory(p.store, p.align, 0);
    move(to, bytes);
    move(pb, bColumn);
  };
  f.i32(out).set(to);
  forBatches(f, c, bytes, a, b, (aBatch, bBatch) => {
    f.get(aBatch).set(pa);
    counter(
      row,
      () => {
        f.get(bBatch).set(pb);
        if (bColumn === bytes && c.n >= lanes) {
          const wide = Math.floor(c.n / (2 * lanes));
          if (wide > 0) counter(column, () => columns(true), wide);
          let left = c.n - wide * 2 * lanes;
          if (left >= lanes) {
            columns(false);
            left -= lanes;
          }
          if (left > 0) counter(column, scalar, left);
        } else if (aInner === bytes && bInner === bytes && c.k >= lanes) counter(column, inner, c.n);
        else counter(column, scalar, c.n);
        move(pa, aRow);
      },
      c.m,
    );
  });
}

/** Runs `body` for every batch with locals that hold the operands' addresses. */
function forBatches(
  f: FunctionWriter,
  c: Contraction,
  bytes: number,
  a: number,
  b: number,
  body: (a: number, b: number) => void,
): void {
  const go = (level: number, pa: number, pb: number) => {
    if (level === c.batch.length) {
      body(pa, pb);
      return;
    }
    const { extent, a: stepA, b: stepB } = c.batch[level];
    const [counter, ia, ib] = [f.local(I32), f.local(I32), f.local(I32)];
    f.get(pa).set(ia).get(pb).set(ib).i32(extent).set(counter).loop();
    go(level + 1, ia, ib);
    f.get(ia)
      .i32(stepA * bytes)
      .op(OP.i32Add)
      .set(ia);
    f.get(ib)
      .i32(stepB * bytes)
      .op(OP.i32Add)
      .set(ib);
    f.get(counter).i32(1).op(OP.i32Sub).tee(counter).brIf(0).end();
  };
  const [pa, pb] = [f.local(I32), f.local(I32)];
  f.i32(a).set(pa).i32(b).set(pb);
  go(0, pa, pb);
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

// ------------------------------------------------------------------------------------------ large

/** (a, aRow, aInner, b, bInner, bColumn, c, m, n, k, scratch): C = A B, strides in bytes, C in order. */
export function sharedProduct(module: ModuleWriter, p: Precision): number {
  const micro = microKernel(module, p);
  const f = module.function(new Array<typeof I32>(11).fill(I32), []);
  const [a, aRow, aInner, b, bInner, bColumn, c, m, n, k, scratch] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const { bytes } = p;
  const columns = 2 * p.lanes;
  const [kStart, kCount, iStart, iCount, i, j, t, q, from, to, panelA, panelB, tile, paddedN, rowsLeft, columnsLeft] =
    Array.from({ length: 16 }, () => f.local(I32));
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
            lane: q,
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
                lane: q,
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
  readonly lane: number;
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
  { from, to, counter, lane, inner, innerStep, laneStep, width, limit }: Packing,
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
  void lane;
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
