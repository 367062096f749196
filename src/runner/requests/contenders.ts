/** The strategies that `profile` times: each one way to compute something, ready to run. */
import { compile } from '../../engine/execute/run';
import '../tiers';
import { sparseDerivative } from '../../engine/sparse/derivative';
import type { Program } from '../../engine/program/program';
import { eliminateDeadRows } from '../../engine/program/prune';
import { batchProgram } from '../../engine/transforms/batch';
import { jvpProgram } from '../../engine/transforms/jvp';
import { vjpProgram } from '../../engine/transforms/reverse';
import { gradientProgram, slopeProgram } from '../derivativePrograms';
import {
  hessianOf,
  inputArrays,
  isScalar,
  jacobianOf,
  lanesOf,
  linearOf,
  pushForward,
  type Direction,
} from '../derivatives';
import { seededDirection, type plainFunction } from '../plain';
import type { ProfileRow } from '../protocol';
import type { Recorded } from '../record';
import { costOf, sweepsCost, type Cost } from './costs';
import { programOf, seeds, VECTORS, type ReadyProgram } from './programs';

type Group = ProfileRow['group'];

/** A strategy made ready. */
interface Ready {
  run: () => unknown;
  /** How it ran in the end, where that is decided while running. */
  tier?: () => string;
  /** Asked for after the runs. */
  cost: () => Cost;
  /** Threads beside this one that took part in the last run. */
  threads?: () => number;
  /** As `cost`: how many products a colouring left. */
  colors?: () => number | undefined;
}

export interface Contender {
  id: string;
  label: string;
  group: Group;
  backend: string;
  size?: number;
  /** Milliseconds that making it ready and one run will take about, from what those before it took. */
  expect: Expectation;
  /** Why it is not even tried (`unavailable: …`). */
  refused?: string;
  /** Makes it ready; the time counts as compilation. */
  prepare: () => Ready;
}

type Expectation = (took: (id: string) => number) => number;

/** Milliseconds that interpreting takes about, a row of the program. */
const ROW = 1e-3;
/** Milliseconds that a direction takes about in a sweep of several, a row of the program. */
const LANE = 1e-6;
/** Rows times vectors up to which nothing takes long, however cold the code. */
const SMALL = 10_000;
/** A program for k vectors at once costs as much as some of the one for one vector, to make and to run. */
const together =
  (id: string, k: number): Expectation =>
  (took) =>
    (4 + k / 16) * took(id);

const UNKNOWN: Cost = { operations: NaN, bytes: NaN };
const SCALING = [1, 4, 16, 64];
/** Larger matrices are not worth a dense strategy. */
const DENSE_LIMIT = 1_000_000;

export function contendersFor(recorded: Recorded, plain: ReturnType<typeof plainFunction>): Contender[] {
  const n = recorded.inputValues.length;
  const m = recorded.outputValues.length;
  const scalar = m === 1;
  const primals = inputArrays(recorded);
  const linear = linearOf(recorded);
  const { program } = recorded;
  /** Sweeps over the tape, whose partial derivatives are computed once. */
  const swept =
    (count: number): Expectation =>
    () =>
      (3 + count / 64) * 1.5 * ROW * program.size;
  const inLanes = isScalar(linear);
  const matrixBySweeps = (direction: Direction, count: number): Contender => {
    const expect = inLanes ? () => (ROW + count * LANE) * program.size : swept(count);
    const id = direction === 'forward' ? 'jacfwd-loop' : 'jacrev-loop';
    return {
      id,
      label: `${direction}, ${counted(count, 'sweep')}`,
      group: 'jacobian',
      expect,
      backend: inLanes ? 'wasm' : 'interpret',
      prepare: () => ({
        run: () => jacobianOf(linear, direction),
        cost: () => sweepsCost(recorded, count),
        threads: () => lanesOf(linear)?.threads ?? 0,
      }),
    };
  };
  const compiled = (
    id: string,
    label: string,
    group: Group,
    expect: Expectation,
    make: () => ReadyProgram,
    size?: number,
  ): Contender => ({
    id,
    label,
    group,
    expect,
    backend: 'auto',
    ...(size === undefined ? {} : { size }),
    prepare: () => {
      const { program, inputs } = make();
      const executable = compile(program);
      // What users get: flat numbers in, flat numbers out.
      const flat = Float64Array.from(inputs.flatMap(({ data }) => Array.from(data)));
      return {
        run: () => executable.runFlat(flat),
        tier: () => executable.info.tier,
        cost: () => costOf(executable),
      };
    },
  });
  const hand = (
    id: string,
    label: string,
    group: Group,
    expect: Expectation,
    run: () => unknown,
    cost: Cost,
    backend = 'interpret',
    size?: number,
  ): Contender => ({
    id,
    label,
    group,
    expect,
    backend,
    ...(size === undefined ? {} : { size }),
    prepare: () => ({ run, cost: () => cost }),
  });
  const colouring = (
    id: string,
    label: string,
    group: Group,
    expect: Expectation,
    run: () => { readonly colors?: number },
  ): Contender => ({
    id,
    label,
    group,
    expect,
    backend: 'interpret',
    prepare: () => {
      let colors: number | undefined;
      return { run: () => ({ colors } = run()), cost: () => UNKNOWN, colors: () => colors };
    },
  });
  const rows: Contender[] = [
    hand(
      'value',
      'f(x), plain JavaScript',
      'function',
      () => 0,
      () => plain.call(),
      plainCost(1),
      'javascript',
    ),
    compiled(
      'value-program',
      'f(x), its program',
      'function',
      () => ROW * program.size,
      () => programOf(recorded, 'value'),
    ),
    compiled(
      'jvp',
      'JVP',
      'function',
      (took) => 1.5 * took('value-program'),
      () => programOf(recorded, 'jvp'),
    ),
    compiled(
      'vjp',
      'VJP',
      'function',
      (took) => 3 * took('value-program'),
      () => programOf(recorded, 'vjp'),
    ),
  ];
  if (scalar)
    rows.push(
      compiled(
        'gradient',
        'Gradient',
        'function',
        (took) => took('vjp'),
        () => programOf(recorded, 'grad'),
      ),
    );
  const dense = [
    compiled('jacfwd', `jacfwd, ${counted(n, 'tangent')}`, 'jacobian', together('jvp', n), () =>
      programOf(recorded, 'jacfwd'),
    ),
    compiled('jacrev', `jacrev, ${counted(m, 'cotangent')}`, 'jacobian', together('vjp', m), () =>
      programOf(recorded, 'jacrev'),
    ),
    matrixBySweeps('forward', n),
    matrixBySweeps('reverse', m),
    hand(
      'differences',
      `differences, ${2 * n} calls`,
      'jacobian',
      (took) => 2 * n * took('value'),
      () => centralDifferences(plain.evaluate, recorded.inputValues),
      plainCost(2 * n),
      'javascript',
    ),
  ];
  const refused = tooLarge(n * m);
  rows.push(...(refused ? dense.map((contender) => ({ ...contender, ...refused })) : dense));
  if (!scalar && n > 1) {
    rows.push(colouring('compressed', 'compressed', 'jacobian', swept(n), compressed()));
  }
  if (scalar) rows.push(...hessianProducts());
  rows.push(...products());
  if (n > 1 || m > 1) rows.push(...scaling());
  return program.size * Math.max(n, m) <= SMALL ? rows.map((row) => ({ ...row, expect: () => 0 })) : rows;

  /** What JavaScript itself keeps in memory is not known. */
  function plainCost(calls: number): Cost {
    return { operations: calls * recorded.operations, bytes: NaN };
  }

  function hessianProducts(): Contender[] {
    const v = seededDirection(n, 11);
    const direction = seeds(recorded.inputs, program, program.inputs, undefined, (_, at) => v[at]);
    const all = (of: Program, count = n) => Array.from(of.inputs, (_, index) => index < count);
    const count = primals.length;
    const product: Expectation = (took) => 3 * took('gradient');
    return [
      compiled('hvp-fwd-rev', 'HVP, forward over reverse', 'hvp', product, () => {
        const gradient = gradientProgram(program);
        return { program: jvpProgram(gradient, all(gradient, count)), inputs: [...primals, ...direction] };
      }),
      compiled('hvp-rev-fwd', 'HVP, reverse over forward', 'hvp', product, () => ({
        program: gradientProgram(slopeProgram(program), count),
        inputs: [...primals, ...direction],
      })),
      compiled('hvp-rev-rev', 'HVP, reverse over reverse', 'hvp', product, () => {
        const gradient = gradientProgram(program);
        return { program: vjpProgram(gradient, all(gradient, count)), inputs: [...primals, ...direction] };
      }),
      colouring(
        'hvp-naive',
        'HVP, whole Hessian',
        'hvp',
        (took) => (3 + n / 64) * took('gradient'),
        () => hessianOf(recorded),
      ),
    ];
  }

  /** Pattern and colours are found at the first run and used again. */
  function compressed(): () => ReturnType<typeof sparseDerivative> {
    const point = {
      program: eliminateDeadRows(recorded.program),
      active: recorded.inputs.map(() => true),
      inputs: primals,
    };
    let like: ReturnType<typeof sparseDerivative> | undefined;
    return () => (like = sparseDerivative(point, { like }));
  }

  function products(): Contender[] {
    const vectors = vectorsOf(n, VECTORS);
    return [
      hand(
        'products-loop',
        `${VECTORS} JVPs, loop`,
        'products',
        swept(VECTORS),
        () => vectors.forEach((vector) => void pushForward(linear, vector)),
        sweepsCost(recorded, VECTORS),
        'interpret',
        VECTORS,
      ),
      compiled(
        'products-vmap',
        `${VECTORS} JVPs, vmap`,
        'products',
        together('jvp', VECTORS),
        () => forwardProducts(VECTORS),
        VECTORS,
      ),
    ];
  }

  /** Time against the number of products: k tangents forward, k cotangents in reverse, all of them by vmap. */
  function scaling(): Contender[] {
    return SCALING.flatMap((k) => [
      compiled(`scaling-forward-${k}`, 'k JVPs, vmap', 'scaling', together('jvp', k), () => forwardProducts(k), k),
      compiled(`scaling-reverse-${k}`, 'k VJPs, vmap', 'scaling', together('vjp', k), () => reverseProducts(k), k),
    ]);
  }

  function forwardProducts(k: number): ReadyProgram {
    const active = recorded.inputs.map(() => true);
    const vectors = vectorsOf(n, k);
    const lanes = seeds(recorded.inputs, program, program.inputs, k, (lane, at) => vectors[lane][at]);
    const axes = [...primals.map(() => null), ...lanes.map(() => 0)];
    return { program: batchProgram(jvpProgram(program, active), axes, k), inputs: [...primals, ...lanes] };
  }

  function reverseProducts(k: number): ReadyProgram {
    const active = recorded.inputs.map(() => true);
    const vectors = vectorsOf(m, k);
    const lanes = seeds(recorded.outputs, program, program.outputs, k, (lane, at) => vectors[lane][at]);
    const axes = [...primals.map(() => null), ...lanes.map(() => 0)];
    const reverse = eliminateDeadRows(vjpProgram(program, active));
    return { program: batchProgram(reverse, axes, k), inputs: [...primals, ...lanes] };
  }
}

/** Nothing where a matrix of so many entries may be computed as a whole. */
export function tooLarge(entries: number): { refused: string } | undefined {
  return entries <= DENSE_LIMIT
    ? undefined
    : { refused: `unavailable: a matrix of ${entries} entries is too large to time as a whole` };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What one would write by hand: two evaluations an input. */
function centralDifferences(evaluate: (inputs: Float64Array) => ArrayLike<number>, at: Float64Array): Float64Array[] {
  return Array.from(at, (value, index) => {
    const step = 6e-6 * Math.max(1, Math.abs(value));
    const [high, low] = [step, -step].map((change) => {
      const moved = at.slice();
      moved[index] += change;
      return evaluate(moved);
    });
    return Float64Array.from(high, (upper, row) => (upper - low[row]) / (2 * step));
  });
}

function vectorsOf(size: number, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, index) => seededDirection(size, index + 1));
}
