/** Whole Hessians of plain functions, as the editor shows them: from the recorded function to the matrix. */
import type { Contestant, Workload } from '../harness';
import * as plain from '../plain/functions';
import { recorded } from '../plainPrograms';
import { gradientLinear, hessianOf, pushForward } from '../../../src/runner/derivatives';
import { sines, type Scalar } from './plainContestants';

function differences(f: Scalar, point: readonly number[]): Contestant {
  return {
    name: 'finite differences',
    most: point.length > 100 ? 3 : undefined,
    prepare: () => ({
      run() {
        const x = [...point];
        const n = x.length;
        const step = 1e-4;
        const out = new Float64Array(n * n);
        const at = (i: number, di: number, j: number, dj: number) => {
          x[i] += di;
          x[j] += dj;
          const value = f(x);
          x[i] = point[i];
          x[j] = point[j];
          return value;
        };
        for (let i = 0; i < n; i++) {
          for (let j = 0; j <= i; j++) {
            const mixed = at(i, step, j, step) - at(i, step, j, -step) - at(i, -step, j, step) + at(i, -step, j, -step);
            out[i * n + j] = out[j * n + i] = mixed / (4 * step * step);
          }
        }
        return out;
      },
    }),
  };
}

function hessian(name: string, f: Scalar, count: number): Workload {
  const point = sines(count);
  return {
    name: `Hessian of ${name}, a plain loop, n = ${count}`,
    series: { name: `Hessian of ${name}`, n: count },
    goal: 'fewer sweeps than columns',
    base: 'one Hessian-vector product a column',
    tolerance: 1e-3,
    contestants: [
      {
        name: 'GradLens, lanes and star colouring',
        async prepare() {
          const traced = await recorded(name, point);
          return { run: () => hessianOf(traced).matrix.values };
        },
      },
      {
        name: 'one Hessian-vector product a column',
        async prepare() {
          const traced = await recorded(name, point);
          return {
            run() {
              const linear = gradientLinear(traced);
              const out = new Float64Array(count * count);
              const seed = new Float64Array(count);
              for (let column = 0; column < count; column++) {
                seed[column] = 1;
                pushForward(linear, seed).forEach((value, row) => (out[row * count + column] = value));
                seed[column] = 0;
              }
              return out;
            },
          };
        },
      },
      differences(f, point),
    ],
  };
}

export const hessians: readonly Workload[] = [
  ...[10, 100, 400].map((count) => hessian('rosenbrock', plain.rosenbrock, count)),
  hessian('logSumExp', plain.logSumExp, 100),
];
