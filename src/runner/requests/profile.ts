/** `profile`: every way to compute the same, timed. */
import { compile } from '../../engine/execute/run';
import { interpret } from '../../engine/execute/interpret';
import type { ArrayValue } from '../../engine/program/aval';
import type { Program } from '../../engine/program/program';
import { batchProgram } from '../../engine/transforms/batch';
import { jvpProgram } from '../../engine/transforms/jvp';
import { vjpProgram } from '../../engine/transforms/reverse';
import { gradientLinear, gradientProgram, inputArrays, jacobianOf, linearOf, pushForward } from '../derivatives';
import { richardson } from '../differences';
import { plainFunction, seededDirection } from '../plain';
import type { Profile, ProfileParams, ProfileRow } from '../protocol';
import { recordTarget, type Context } from './common';
import { measure } from './measure';
import { programOf, unitSeeds } from './programs';

const DEFAULT_BUDGET = 3000;
const VECTORS = 16;

type Group = ProfileRow['group'];

interface Contender {
  id: string;
  label: string;
  group: Group;
  backend: string;
  operations: number;
  bytes: number;
  size?: number;
  /** Makes it ready; the time counts as compilation. */
  prepare: () => () => void;
}

export async function profile(context: Context, params: ProfileParams): Promise<Profile> {
  const start = performance.now();
  const target = await recordTarget(context, params);
  const { recorded, timing } = target;
  const plain = plainFunction(context.session, params, recorded.wrt);
  const contenders = contendersFor(target, plain).filter(
    ({ group }) => !params.groups || params.groups.includes(group) || group === 'function',
  );
  const budget = params.budget ?? DEFAULT_BUDGET;
  const rows: ProfileRow[] = [];
  let base = NaN;
  for (const [index, contender] of contenders.entries()) {
    const left = budget - (performance.now() - start);
    const row = timed(contender, Math.max(20, left / (contenders.length - index)));
    if (contender.id === 'value') base = row.median;
    row.ratio = row.median / base;
    rows.push(row);
    context.progress(index + 1, contenders.length, contender.label, rows.slice());
  }
  timing.total = performance.now() - start;
  const crossover = crossoverOf(rows);
  return {
    rows,
    ...(crossover ? { crossover } : {}),
    advice: adviceOf(rows, recorded.inputValues.length, recorded.outputValues.length),
    timing,
  };
}

function timed({ prepare, id, label, group, backend, operations, bytes, size }: Contender, budget: number): ProfileRow {
  const row: ProfileRow = {
    id,
    label,
    group,
    backend,
    compile: 0,
    first: 0,
    median: NaN,
    p10: NaN,
    p90: NaN,
    runs: 0,
    operations,
    bytes,
    ratio: NaN,
    ...(size === undefined ? {} : { size }),
  };
  try {
    const began = performance.now();
    const body = prepare();
    row.compile = performance.now() - began;
    Object.assign(row, measure(body, budget));
  } catch (error) {
    row.unavailable = `unavailable: ${error instanceof Error ? error.message : String(error)}`;
  }
  return row;
}

function contendersFor(
  { recorded }: Awaited<ReturnType<typeof recordTarget>>,
  plain: ReturnType<typeof plainFunction>,
): Contender[] {
  const n = recorded.inputValues.length;
  const m = recorded.outputValues.length;
  const scalar = m === 1;
  const primals = inputArrays(recorded);
  const linear = linearOf(recorded);
  const compiled = (
    id: string,
    label: string,
    group: Group,
    make: () => { program: Program; inputs: ArrayValue[] },
  ): Contender => ({
    id,
    label,
    group,
    backend: 'auto',
    operations: recorded.operations,
    bytes: 0,
    prepare: () => {
      const { program, inputs } = make();
      const executable = compile(program);
      return () => void executable.run(inputs);
    },
  });
  const hand = (
    id: string,
    label: string,
    group: Group,
    prepare: () => () => void,
    backend = 'interpret',
  ): Contender => ({
    id,
    label,
    group,
    backend,
    operations: recorded.operations,
    bytes: 8 * recorded.program.size,
    prepare,
  });
  const rows: Contender[] = [
    hand('value', 'f(x), plain JavaScript', 'function', () => () => void plain.call(), 'javascript'),
    compiled('value-program', 'f(x), its program', 'function', () => programOf(recorded, 'value')),
    compiled('jvp', 'JVP', 'function', () => programOf(recorded, 'jvp')),
    compiled('vjp', 'VJP', 'function', () => programOf(recorded, 'vjp')),
  ];
  if (scalar) rows.push(compiled('gradient', 'Gradient', 'function', () => programOf(recorded, 'grad')));
  if (n * m <= 1_000_000) {
    rows.push(
      compiled('jacfwd', `jacfwd: ${n} tangents at once`, 'jacobian', () => programOf(recorded, 'jacfwd')),
      compiled('jacrev', `jacrev: ${m} cotangents at once`, 'jacobian', () => programOf(recorded, 'jacrev')),
      hand('jacfwd-loop', `forward, ${n} sweeps`, 'jacobian', () => () => void jacobianOf(linear, 'forward')),
      hand('jacrev-loop', `reverse, ${m} sweeps`, 'jacobian', () => () => void jacobianOf(linear, 'reverse')),
      hand(
        'differences',
        `central differences, ${2 * n} evaluations`,
        'jacobian',
        () => () => {
          const direction = new Float64Array(n);
          for (let j = 0; j < n; j++) {
            direction[j] = 1;
            richardson(plain.evaluate, recorded.inputValues, direction, m);
            direction[j] = 0;
          }
        },
        'javascript',
      ),
    );
  }
  if (scalar) rows.push(...hessianProducts());
  rows.push(...products());
  rows.push(
    {
      ...compiled('backend-interpret', 'value and VJP, interpreted', 'backend', () => programOf(recorded, 'vjp')),
      backend: 'interpret',
      prepare: () => {
        const { program, inputs } = programOf(recorded, 'vjp');
        return () => void interpret(program, inputs);
      },
    },
    compiled('backend-auto', 'value and VJP, compiled when it repeats', 'backend', () => programOf(recorded, 'vjp')),
  );
  return rows;

  function hessianProducts(): Contender[] {
    const v = seededDirection(n, 11);
    const direction = recorded.inputs.map(({ offset, size }, index): ArrayValue => {
      const { shape, dtype } = primals[index];
      return { shape, dtype, data: Float64Array.from({ length: size }, (_, at) => v[offset + at]) };
    });
    const { program } = recorded;
    const all = (of: Program, count = n) => Array.from(of.inputs, (_, index) => index < count);
    const count = primals.length;
    return [
      compiled('hvp-fwd-rev', 'HVP, forward over reverse', 'hvp', () => {
        const gradient = gradientProgram(program);
        return { program: jvpProgram(gradient, all(gradient, count)), inputs: [...primals, ...direction] };
      }),
      compiled('hvp-rev-fwd', 'HVP, reverse over forward', 'hvp', () => {
        const forward = jvpProgram(program, all(program, count));
        return {
          program: vjpProgram(forward, all(forward, count)),
          inputs: [...primals, ...direction, scalarOf(0), scalarOf(1)],
        };
      }),
      compiled('hvp-rev-rev', 'HVP, reverse over reverse', 'hvp', () => {
        const gradient = gradientProgram(program);
        return { program: vjpProgram(gradient, all(gradient, count)), inputs: [...primals, ...direction] };
      }),
      hand(
        'hvp-naive',
        `HVP, the whole Hessian (${n} sweeps)`,
        'hvp',
        () => () => void jacobianOf(gradientLinear(recorded), 'forward'),
      ),
    ];
  }

  function products(): Contender[] {
    const jvp = () =>
      jvpProgram(
        recorded.program,
        recorded.inputs.map(() => true),
      );
    const vectors = Array.from({ length: VECTORS }, (_, index) => seededDirection(n, index + 1));
    return [
      {
        ...hand(
          'products-loop',
          `${VECTORS} JVPs, one after the other`,
          'products',
          () => () => vectors.forEach((vector) => void pushForward(linear, vector)),
        ),
        size: VECTORS,
      },
      {
        ...compiled('products-vmap', `${VECTORS} JVPs, vmap`, 'products', () => {
          const seeds = unitSeeds(recorded.inputs, recorded.program, recorded.program.inputs, n).map(
            ({ shape, dtype }, index): ArrayValue => {
              const { offset, size } = recorded.inputs[index];
              const data = new Float64Array(VECTORS * size);
              vectors.forEach((vector, k) => data.set(vector.subarray(offset, offset + size), k * size));
              return { shape: [VECTORS, ...shape.slice(1)], dtype, data };
            },
          );
          const program = batchProgram(jvp(), [...primals.map(() => null), ...seeds.map(() => 0)], VECTORS);
          return { program, inputs: [...primals, ...seeds] };
        }),
        size: VECTORS,
      },
    ];
  }
}

function scalarOf(value: number): ArrayValue {
  return { shape: [], dtype: 'float64', data: Float64Array.of(value) };
}

/** From which size on reverse beats forward, by the two measured rates. */
function crossoverOf(rows: readonly ProfileRow[]): Profile['crossover'] {
  const jvp = rows.find(({ id }) => id === 'jvp');
  const vjp = rows.find(({ id }) => id === 'vjp');
  if (!jvp || !vjp || !(jvp.median > 0) || !(vjp.median > 0)) return undefined;
  const size = Math.max(1, Math.ceil(vjp.median / jvp.median));
  return {
    size,
    message: `A VJP costs ${(vjp.median / jvp.median).toFixed(1)} JVPs here: reverse mode pays from ${size} input${size === 1 ? '' : 's'} an output on.`,
  };
}

function adviceOf(rows: readonly ProfileRow[], n: number, m: number): string {
  const best = rows
    .filter(({ group, median }) => group === 'jacobian' && Number.isFinite(median))
    .sort((a, b) => a.median - b.median)[0] as ProfileRow | undefined;
  const way = m <= n ? 'reverse' : 'forward';
  const chosen = `\`auto\` takes ${way} mode: ${m} output${m === 1 ? '' : 's'}, ${n} input${n === 1 ? '' : 's'}.`;
  return best ? `${chosen} The fastest measured was ${best.label}.` : chosen;
}
