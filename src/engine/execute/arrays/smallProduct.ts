/** Small products of matrices: plain loops over whichever axis is contiguous. */
import { F64, I32, OP, SIMD, V128 } from '../wasm/instructions';
import type { FunctionWriter } from '../wasm/module';
import type { Contraction } from './nodes';
import type { Precision } from './precision';

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
export function forBatches(
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
