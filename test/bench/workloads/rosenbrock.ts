/** Rosenbrock's function as a plain loop, for all peers and many sizes. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import type { Contestant, Workload } from '../harness';
import { jax, mathjs, onBackend, rose, tensorflow } from '../peers';
import * as plain from '../plain/functions';
import { differences, itself, ourFirst, ourGradient, ourHvp, sines } from './plainContestants';

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

/** Symbolic derivatives of the sum written out: for small sums only. */
function mathRosenbrock(point: readonly number[]): Contestant {
  return {
    name: 'mathjs derivative',
    async prepare() {
      const math = await mathjs();
      const terms = point.slice(1).map((_, i) => `100 * (x${i + 1} - x${i}^2)^2 + (1 - x${i})^2`);
      const scope = Object.fromEntries(point.map((value, index) => [`x${index}`, value]));
      let compiled: { evaluate(scope: object): number }[] | undefined;
      return {
        run() {
          compiled ??= point.map((_, i) => math.derivative(terms.join(' + '), `x${i}`, { simplify: false }).compile());
          return compiled.map((part) => part.evaluate(scope));
        },
      };
    },
  };
}

function rosenbrock(count: number, goal: string, peers: readonly Contestant[] = []): Workload {
  const point = sines(count);
  return {
    name: `Rosenbrock as a plain loop, n = ${count}`,
    series: { name: 'Rosenbrock as a plain loop', n: count },
    goal,
    base: 'function itself',
    tolerance: 1e-5,
    contestants: [
      ourGradient('rosenbrock', point),
      ...(count <= 100_000 ? [ourFirst('rosenbrock', point), ourHvp('rosenbrock', point, sines(count, 0.5))] : []),
      itself(plain.rosenbrock, point),
      hand(point),
      ...(count <= 1000 ? [differences(plain.rosenbrock, point)] : []),
      ...peers,
    ],
  };
}

export const rosenbrocks: readonly Workload[] = [
  rosenbrock(1000, '≤ 0.008 ms and 5 × the function, first ≤ 5 ms', [
    roseRosenbrock(sines(1000)),
    jaxRosenbrock(sines(1000)),
    tfRosenbrock(sines(1000)),
  ]),
  rosenbrock(20, '≤ 5 × the function', [
    roseRosenbrock(sines(20)),
    jaxRosenbrock(sines(20)),
    tfRosenbrock(sines(20)),
    mathRosenbrock(sines(20)),
  ]),
  ...[10, 100, 10_000, 100_000].map((count) => rosenbrock(count, '≤ 5 × the function')),
  rosenbrock(1_000_000, '≤ 8 × the function, ≤ 200 bytes an element'),
];
