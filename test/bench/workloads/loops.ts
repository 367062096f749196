/** Workloads in plain TypeScript: loops over numbers, through the extension's runner. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { SparseJacobian } from '../../../src/engine/execute/scalar/jacobian';
import type { ScalarExecutable } from '../../../src/engine/execute/scalar/executable';
import type { Contender, Contestant, Workload } from '../harness';
import { jax, mathjs, onBackend, rose, tensorflow } from '../peers';
import * as plain from '../plain/functions';
import { gradientOf, hvpOf, recorded, rewritten } from '../plainPrograms';

type Scalar = (x: number[]) => number;

const sines = (length: number, shift = 0): number[] => Array.from({ length }, (_, index) => Math.sin(index + shift));

function running(executable: ScalarExecutable, inputs: readonly number[]): Contender {
  const at = Float64Array.from(inputs);
  return {
    run: () => executable.run(at),
    isSettled: () => executable.tier === 'wasm',
    numbers: (result) => (result as Float64Array).slice(),
    note() {
      const { tier, tape, codeRows, codeBytes, memoryBytes } = executable;
      const code = tier === 'wasm' ? `, ${codeRows} rows of code, ${codeBytes} bytes` : '';
      return `${tier}: ${tape.size} operations${code}, ${(memoryBytes / inputs.length).toFixed(0)} bytes an input`;
    },
  };
}

/** Gradient of a function of plain/functions.ts, from the source text on. */
function ourGradient(name: string, point: readonly number[]): Contestant {
  return { name: 'GradLens gradient', prepare: async () => running(await gradientOf(name, point), point) };
}

/** The whole way of a first evaluation: rewriting is done, the function is recorded, differentiated and run. */
function ourFirst(name: string, point: readonly number[]): Contestant {
  return {
    name: 'GradLens record + differentiate + run',
    most: 15,
    prepare: () => ({
      async run() {
        const executable = await gradientOf(name, point);
        return executable.run(point).slice();
      },
    }),
  };
}

function ourHvp(name: string, point: readonly number[], direction: readonly number[]): Contestant {
  return {
    name: 'GradLens Hessian-vector product',
    prepare: async () => running(await hvpOf(name, point), [...point, ...direction]),
  };
}

function itself(f: Scalar, point: readonly number[]): Contestant {
  const x = [...point];
  return { name: 'function itself', prepare: () => ({ run: () => f(x), numbers: (result) => [result as number] }) };
}

function differences(f: Scalar, point: readonly number[]): Contestant {
  return {
    name: 'finite differences',
    prepare: () => ({
      run() {
        const x = [...point];
        return x.map((value, index) => {
          const step = 1e-6;
          x[index] = value + step;
          const above = f(x);
          x[index] = value - step;
          const below = f(x);
          x[index] = value;
          return (above - below) / (2 * step);
        });
      },
    }),
  };
}

// ------------------------------------------------------------------------------------------ Rosenbrock

function handRosenbrock(x: Float64Array): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < x.length - 1; i++) {
    const t = x[i + 1] - x[i] * x[i];
    out[i + 1] += 200 * t;
    out[i] += -400 * t * x[i] - 2 * (1 - x[i]);
  }
  return out;
}

function hand(point: readonly number[]): Contestant {
  const x = Float64Array.from(point);
  return { name: 'hand-written', prepare: () => ({ run: () => handRosenbrock(x) }) };
}

function roseRosenbrock(point: readonly number[]): Contestant {
  return {
    name: 'rose',
    async prepare() {
      const { Real, Vec, add, compile, fn, mul, sub, vjp } = await rose();
      const V = Vec(point.length, Real);
      const f = fn([V], Real, (x: any) => {
        let sum: any = 0;
        for (let i = 0; i < point.length - 1; i++) {
          const t = sub(x[i + 1], mul(x[i], x[i]));
          const u = sub(1, x[i]);
          sum = add(sum, add(mul(100, mul(t, t)), mul(u, u)));
        }
        return sum;
      });
      const g = fn([V], V, (x: any) => vjp(f)(x).grad(1));
      let compiled: any;
      return {
        async run() {
          compiled ??= await compile(g);
          return compiled(point);
        },
        numbers: (result) => Array.from({ length: point.length }, (_, index) => (result as number[])[index]),
      };
    },
  };
}

function jaxRosenbrock(point: readonly number[]): Contestant {
  return {
    name: 'jax-js, the loop as it stands, float32',
    most: 5,
    async prepare() {
      const J = await jax();
      const x0 = J.numpy.array(Float32Array.from(point));
      const f = (x: any) => {
        let sum: any = J.numpy.array(0);
        for (let i = 0; i < point.length - 1; i++) {
          const xi = x.ref.slice(i);
          const t = x.ref.slice(i + 1).sub(xi.ref.mul(xi.ref));
          const u = xi.mul(-1).add(1);
          sum = sum.add(t.ref.mul(t).mul(100)).add(u.ref.mul(u));
        }
        x.dispose();
        return sum;
      };
      const gradient = J.jit(J.grad(f));
      return {
        run: async () => gradient(x0.ref).data(),
        numbers: (result: any) => Array.from(result) as number[],
      };
    },
  };
}

function tfRosenbrock(point: readonly number[]): Contestant {
  return {
    name: 'TensorFlow.js, the loop as it stands, float32',
    most: 5,
    async prepare() {
      const tf = await tensorflow('cpu');
      const x0 = tf.tensor1d(Float32Array.from(point));
      const gradient = tf.grad((x: any) => {
        const parts = tf.unstack(x);
        let sum = tf.scalar(0);
        for (let i = 0; i < parts.length - 1; i++) {
          const t = tf.sub(parts[i + 1], tf.square(parts[i]));
          sum = tf.add(sum, tf.add(tf.mul(100, tf.square(t)), tf.square(tf.sub(1, parts[i]))));
        }
        return sum;
      });
      return {
        run: onBackend(tf, 'cpu', () => Array.from(gradient(x0).dataSync())),
        numbers: (result) => result as number[],
      };
    },
  };
}

function mathRosenbrock(count: number): Contestant {
  return {
    name: `mathjs derivative (n = ${count} only)`,
    most: 5,
    async prepare() {
      const math = await mathjs();
      const terms = Array.from({ length: count - 1 }, (_, i) => `100 * (x${i + 1} - x${i}^2)^2 + (1 - x${i})^2`).join(
        ' + ',
      );
      const scope = Object.fromEntries(sines(count).map((value, index) => [`x${index}`, value]));
      let compiled: { evaluate(scope: object): number }[] | undefined;
      return {
        run() {
          compiled ??= Array.from({ length: count }, (_, i) =>
            math.derivative(terms, `x${i}`, { simplify: false }).compile(),
          );
          return compiled.map((part) => part.evaluate(scope));
        },
        numbers: (result) =>
          [...(result as number[]), ...handRosenbrock(Float64Array.from(sines(1000))).subarray(count)].map(
            (value, index) =>
              // Its last derivative lacks the term of the longer sum.
              index === count - 1 ? handRosenbrock(Float64Array.from(sines(1000)))[index] : value,
          ),
      };
    },
  };
}

function rosenbrock(count: number, goal: string, peers: readonly Contestant[] = []): Workload {
  const point = sines(count);
  return {
    name: `Rosenbrock as a plain loop, n = ${count}`,
    goal,
    base: 'function itself',
    tolerance: 1e-5,
    contestants: [
      ourGradient('rosenbrock', point),
      ...(count <= 100_000 ? [ourFirst('rosenbrock', point), ourHvp('rosenbrock', point, sines(count, 0.5))] : []).map(
        unlike,
      ),
      itself(plain.rosenbrock, point),
      hand(point),
      ...(count <= 1000 ? [differences(plain.rosenbrock, point)] : []),
      ...peers,
    ],
  };
}

/** Results of another kind than the first contestant's: not compared with them. */
function unlike(contestant: Contestant): Contestant {
  return contestant.name.includes('Hessian')
    ? { ...contestant, name: `function-like: ${contestant.name}` }
    : contestant;
}

// ------------------------------------------------------------------------------------------ Brusselator

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

const brusselator: Workload = {
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
      name: 'function-like: GradLens entries',
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
    { name: 'function itself', prepare: () => ({ run: () => plain.brusselator(STATE) }) },
    {
      name: 'function-like: finite differences, column by column',
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

const banded: Workload = {
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
          isSettled: () => sparse.executable.tier === 'wasm',
          numbers: (result) => (result as Float64Array).slice(0, 10),
          note: () =>
            `${sparse.rows.length} entries, ${sparse.executable.tier}, ${sparse.executable.codeRows} rows of code`,
        };
      },
    },
    {
      name: 'function itself',
      prepare() {
        const point = state(100_000);
        return { run: () => plain.brusselator(point) };
      },
    },
  ],
};

// ------------------------------------------------------------------------------------------ others

const PENDULUM = [0.5, 0.1, 1.3];
const pendulum: Workload = {
  name: 'Runge–Kutta pendulum, 1000 steps, gradient by 3 inputs',
  goal: '≤ 4 × the function',
  base: 'function itself',
  tolerance: 1e-5,
  contestants: [
    ourGradient('pendulum', PENDULUM),
    unlike(ourHvp('pendulum', PENDULUM, [1, 2, 3])),
    itself(plain.pendulum, PENDULUM),
    differences(plain.pendulum, PENDULUM),
  ],
};

const mixturePoint = sines(plain.MIXTURE_PARAMETERS).map((value) => value * 0.3);
function mixture(count: number, f: Scalar, goal: string): Workload {
  return {
    name: `Gaussian mixture (ADBench), d = 10, k = 25, n = ${count}`,
    goal,
    base: 'function itself',
    contestants: [ourGradient(`mixture${count}`, mixturePoint), itself(f, mixturePoint)],
  };
}

const hingePoint = sines(50);
const hinge: Workload = {
  name: 'a branch in the loop (hinge, 10⁴ points), gradient',
  goal: '≤ 5 × the function',
  base: 'function itself',
  tolerance: 1e-4,
  contestants: [
    ourGradient('hinge', hingePoint),
    itself(plain.hinge, hingePoint),
    differences(plain.hinge, hingePoint),
  ],
};

function untraced(name: string, f: (x: number[]) => unknown, point: readonly number[]): Workload {
  return {
    name: `plain numbers through rewritten code: ${name}`,
    goal: '≤ 1.2 × native',
    base: 'native',
    contestants: [
      {
        name: 'rewritten',
        prepare() {
          const g = rewritten(name);
          const x = [...point];
          return {
            run: () => g(x),
            numbers: (result) => (typeof result === 'number' ? [result] : (result as number[])),
          };
        },
      },
      {
        name: 'native',
        prepare() {
          const x = [...point];
          return {
            run: () => f(x),
            numbers: (result) => (typeof result === 'number' ? [result] : (result as number[])),
          };
        },
      },
    ],
  };
}

export const loopWorkloads: readonly Workload[] = [
  rosenbrock(1000, '≤ 0.008 ms and 5 × the function, first ≤ 5 ms', [
    roseRosenbrock(sines(1000)),
    jaxRosenbrock(sines(1000)),
    tfRosenbrock(sines(1000)),
    mathRosenbrock(20),
  ]),
  ...[10, 100, 10_000, 100_000].map((count) => rosenbrock(count, '≤ 5 × the function')),
  rosenbrock(1_000_000, '≤ 8 × the function, ≤ 200 bytes an element'),
  brusselator,
  banded,
  mixture(100, plain.mixture100, '≤ 5 × the function'),
  mixture(1000, plain.mixture1000, '≤ 5 × the function'),
  pendulum,
  hinge,
  untraced('rosenbrock', plain.rosenbrock, sines(1000)),
  untraced('pendulum', plain.pendulum, PENDULUM),
  untraced('mixture100', plain.mixture100, mixturePoint),
];
