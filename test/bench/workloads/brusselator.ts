/** Jacobians of the Brusselator's residual: dense, compressed and banded. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { SparseJacobian } from '../../../src/engine/execute/scalar/jacobian';
import type { Workload } from '../harness';
import { jax } from '../peers';
import * as plain from '../plain/functions';
import { recorded } from '../plainPrograms';

const state = (count: number): number[] => Array.from({ length: 2 * count }, (_, index) => 1 + Math.sin(index));

function handBrusselator(x: readonly number[], out: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const n = x.length / 2;
  const c = 0.02 * (n + 1) ** 2;
  const set = (row: number, column: number, value: number) => (out[row * 2 * n + column] = value);
  for (let i = 0; i < n; i++) {
    const u = x[i];
    const v = x[n + i];
    set(i, i, 2 * u * v - 4 - 2 * c);
    set(i, n + i, u * u);
    set(n + i, i, 3 - 2 * u * v);
    set(n + i, n + i, -u * u - 2 * c);
    if (i > 0) {
      set(i, i - 1, c);
      set(n + i, n + i - 1, c);
    }
    if (i < n - 1) {
      set(i, i + 1, c);
      set(n + i, n + i + 1, c);
    }
  }
  return out;
}

async function sparseOf(point: readonly number[]): Promise<SparseJacobian> {
  const sparse = SparseJacobian.of((await recorded('brusselator', point)).program);
  if (!sparse) throw new Error('not sparse');
  return sparse;
}

export const brusselator: Workload = {
  name: 'Brusselator residual, n = 200, Jacobian 400 × 400',
  goal: 'dense ≤ 0.10 ms, compressed ≤ 0.02 ms',
  base: 'hand-written, dense',
  contestants: [
    {
      name: 'GradLens dense',
      async prepare() {
        const sparse = await sparseOf(state(200));
        const at = Float64Array.from(state(200));
        const into = sparse.dense(at);
        return { run: () => sparse.dense(at, into), numbers: (result) => (result as Float64Array).slice() };
      },
    },
    {
      name: 'GradLens entries alone',
      unlike: true,
      async prepare() {
        const sparse = await sparseOf(state(200));
        const at = Float64Array.from(state(200));
        return {
          run: () => sparse.entries(at),
          note: () => `${sparse.rows.length} entries, ${sparse.executable.tier}`,
        };
      },
    },
    {
      name: 'hand-written, dense',
      prepare() {
        const out = new Float64Array(160_000);
        const at = state(200);
        return { run: () => handBrusselator(at, out) };
      },
    },
    { name: 'function itself', unlike: true, prepare: () => ({ run: () => plain.brusselator(STATE) }) },
    {
      name: 'finite differences, column by column',
      prepare: () => ({
        run() {
          const x = [...STATE];
          const base = plain.brusselator(x);
          const out = new Float64Array(160_000);
          for (let column = 0; column < 400; column++) {
            const before = x[column];
            x[column] += 1e-7;
            const moved = plain.brusselator(x);
            x[column] = before;
            for (let row = 0; row < 400; row++) out[row * 400 + column] = (moved[row] - base[row]) * 1e7;
          }
          return out;
        },
      }),
    },
    {
      name: 'jax-js jacfwd of the array form, float32',
      async prepare() {
        const J = await jax();
        const { numpy: jnp } = J;
        const n = 200;
        const c = 0.02 * (n + 1) ** 2;
        const shift = (x: any, left: number, right: number) => {
          const edge = (value: number) => jnp.array([value]);
          return jnp.concatenate([edge(left), x.ref, edge(right)]);
        };
        const f = (x: any) => {
          const u = x.ref.slice([0, n]);
          const v = x.slice([n, 2 * n]);
          const up = shift(u.ref, 1, 1);
          const vp = shift(v.ref, 3, 3);
          const reaction = u.ref.mul(u.ref).mul(v.ref);
          const du = reaction.ref
            .add(1)
            .sub(u.ref.mul(4))
            .add(
              up.ref
                .slice([0, n])
                .sub(u.ref.mul(2))
                .add(up.slice([2, n + 2]))
                .mul(c),
            );
          const dv = u
            .mul(3)
            .sub(reaction)
            .add(
              vp.ref
                .slice([0, n])
                .sub(v.mul(2))
                .add(vp.slice([2, n + 2]))
                .mul(c),
            );
          return jnp.concatenate([du, dv]);
        };
        const jacobian = J.jit(J.jacfwd(f));
        const x0 = jnp.array(Float32Array.from(STATE));
        return {
          run: async () => jacobian(x0.ref).data(),
          numbers: (result: any) => Array.from(result) as number[],
        };
      },
    },
  ],
  tolerance: 1e-4,
};
const STATE = state(200);

export const banded: Workload = {
  name: 'the same banded, n = 100000, sparse',
  goal: '≤ 60 ms',
  base: 'function itself',
  contestants: [
    {
      name: 'GradLens entries',
      async prepare() {
        const point = state(100_000);
        const sparse = await sparseOf(point);
        const at = Float64Array.from(point);
        return {
          run: () => sparse.entries(at),
          settle: () => sparse.executable.compile(),
          numbers: (result) => (result as Float64Array).slice(0, 10),
          note: () =>
            `${sparse.rows.length} entries, ${sparse.executable.tier}, ${sparse.executable.codeRows} rows of code`,
        };
      },
    },
    {
      name: 'function itself',
      unlike: true,
      prepare() {
        const point = state(100_000);
        return { run: () => plain.brusselator(point) };
      },
    },
  ],
};
