/** Other plain loops: a pendulum, a Gaussian mixture, branches, and numbers that nobody traces. */
import type { Contestant, Workload } from '../harness';
import * as plain from '../plain/functions';
import { prepared } from '../plainPrograms';
import { differences, itself, ourGradient, ourHvp, sines, type Scalar } from './plainContestants';

const PENDULUM = [0.5, 0.1, 1.3];
const pendulum: Workload = {
  name: 'Runge–Kutta pendulum, 1000 steps, gradient by 3 inputs',
  goal: '≤ 4 × the function',
  base: 'function itself',
  tolerance: 1e-5,
  contestants: [
    ourGradient('pendulum', PENDULUM),
    ourHvp('pendulum', PENDULUM, [1, 2, 3]),
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
    contestants: [
      ourGradient(`mixture${count}`, mixturePoint),
      // Its second derivatives are a program many times as large: at one size.
      ...(count === 100 ? [ourHvp(`mixture${count}`, mixturePoint, sines(mixturePoint.length, 0.5))] : []),
      itself(f, mixturePoint),
    ],
  };
}

const relaxation: Workload = {
  name: 'a carried value, 500,000 steps, gradient by 2 inputs',
  goal: '≤ 5 × the function',
  base: 'function itself',
  contestants: [ourGradient('relaxation', [0.5, 0.25]), itself(plain.relaxation, [0.5, 0.25])],
};

const hingePoint = sines(50);
const hinge: Workload = {
  name: 'a branch in the loop (hinge, 10⁴ points), gradient',
  goal: '≤ 5 × the function',
  base: 'function itself',
  tolerance: 1e-4,
  contestants: [
    ourGradient('hinge', hingePoint),
    ourHvp('hinge', hingePoint, sines(50, 0.5)),
    itself(plain.hinge, hingePoint),
    differences(plain.hinge, hingePoint),
  ],
};

const numbers = (result: unknown) => (typeof result === 'number' ? [result] : (result as number[]));

/** Checks, differences and timing call the function on plain numbers in a realm of its own, where nothing is rewritten for tracing. */
function untraced(name: string, f: (x: number[]) => unknown, point: readonly number[]): Workload {
  const contestant = (label: string, functionOf: () => (x: number[]) => unknown): Contestant => ({
    name: label,
    prepare() {
      const g = functionOf();
      const x = [...point];
      return { run: () => g(x), numbers };
    },
  });
  return {
    name: `plain numbers: ${name}`,
    goal: '≤ 1.2 × native in the realm where plain calls run',
    base: 'native',
    contestants: [
      contestant('in the realm for plain calls', () => prepared(name, false)),
      contestant('in the realm for recording', () => prepared(name, true)),
      contestant('native', () => f),
    ],
  };
}

export const loops: readonly Workload[] = [
  mixture(100, plain.mixture100, '≤ 5 × the function'),
  mixture(1000, plain.mixture1000, '≤ 5 × the function'),
  pendulum,
  relaxation,
  hinge,
  untraced('rosenbrock', plain.rosenbrock, sines(1000)),
  untraced('pendulum', plain.pendulum, PENDULUM),
  untraced('mixture100', plain.mixture100, mixturePoint),
];
