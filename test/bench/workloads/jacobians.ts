/** Whole Jacobians of plain functions whose every output depends on every input, as the editor shows them. */
import { lent, type Threads } from '../../../src/engine/execute/threads';
import { jacobianOf, linearOf, pushForward } from '../../../src/runner/derivatives';
import { lendThreads } from '../../../src/runner/threads';
import type { Contestant, Workload } from '../harness';
import * as plain from '../plain/functions';
import { recorded } from '../plainPrograms';
import { sines } from './plainContestants';

/** One pool for all, of as many threads as are asked for: none, or the further one that the runner has on two processors. */
function pool(): { use: (count: number) => void } {
  lendThreads(1);
  const threads = lent.threads as Threads;
  const counted = {
    count: 1,
    get handingOver() {
      return threads.handingOver;
    },
    lend: threads.lend.bind(threads),
  };
  lent.threads = undefined;
  return {
    use(count) {
      counted.count = count;
      lent.threads = counted;
    },
  };
}

function jacobian(n: number): Workload {
  const point = sines(n);
  let shared: ReturnType<typeof pool> | undefined;
  const swept = (name: string, threads: number): Contestant => ({
    name,
    async prepare() {
      const linear = linearOf(await recorded('oscillators', point));
      const { use } = (shared ??= pool());
      return {
        run() {
          use(threads);
          const { values } = jacobianOf(linear).matrix;
          lent.threads = undefined;
          return values;
        },
      };
    },
  });
  return {
    name: `Jacobian of plain loops, dense, ${n} × ${n}`,
    series: { name: 'Jacobian of plain loops', n },
    goal: 'fewer passes than columns, shared among threads',
    base: 'GradLens, lanes',
    tolerance: 1e-6,
    contestants: [
      swept('GradLens, lanes', 0),
      swept('GradLens, lanes, with a further thread', 1),
      {
        name: 'one tangent a column',
        most: 3,
        async prepare() {
          const linear = linearOf(await recorded('oscillators', point));
          return {
            run() {
              const out = new Float64Array(n * n);
              const seed = new Float64Array(n);
              for (let column = 0; column < n; column++) {
                seed[column] = 1;
                pushForward(linear, seed).forEach((value, row) => (out[row * n + column] = value));
                seed[column] = 0;
              }
              return out;
            },
          };
        },
      },
      {
        name: 'finite differences',
        most: 3,
        prepare: () => ({
          run() {
            const x = [...point];
            const out = new Float64Array(n * n);
            for (let column = 0; column < n; column++) {
              const [above, below] = [1e-5, -1e-5].map((step) => {
                x[column] = point[column] + step;
                return plain.oscillators(x);
              });
              x[column] = point[column];
              for (let row = 0; row < n; row++) out[row * n + column] = (above[row] - below[row]) / 2e-5;
            }
            return out;
          },
        }),
      },
    ],
  };
}

export const jacobians: readonly Workload[] = [100, 500, 2000].map(jacobian);
