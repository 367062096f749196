/**
 * Whole programs for the kernels, made in Node and sent to the browser as JSON: the functions of JAX's guide, of examples/ (traced
 * plain TypeScript) and random programs, each forward and through jvp, vjp, vmap and hvp, with float64 results and error bounds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as guide from '../../examples/jax-guide';
import { grad, hessian, jacfwd, jacrev, makeProgram, np, type NdArray } from '../../src/engine';
import { generator } from '../../src/engine/checks/vectors';
import { isFloat, sizeOf, type ArrayValue, type Aval } from '../../src/engine/program/aval';
import { eliminateDeadRows } from '../../src/engine/program/prune';
import type { Program } from '../../src/engine/program/program';
import { batchProgram } from '../../src/engine/transforms/batch';
import { jvpProgram } from '../../src/engine/transforms/jvp';
import { vjpProgram } from '../../src/engine/transforms/reverse';
import { inputArrays } from '../../src/runner/derivatives';
import type { Data } from '../../src/runner/protocol';
import { recordTarget } from '../../src/runner/requests/common';
import { randomCase } from '../unit/engine/properties/generator';
import { contextFor } from '../unit/runner/support/derive';
import { expectedWithBounds, type Expected } from './bounds';

export interface ProgramCase extends Expected {
  readonly name: string;
  readonly program: Program;
  readonly inputs: readonly ArrayValue[];
}

interface Point {
  readonly name: string;
  readonly program: Program;
  readonly inputs: readonly ArrayValue[];
}

const FORMS = ['forward', 'jvp', 'vjp', 'vmap', 'hvp'] as const;
type Form = (typeof FORMS)[number];

/** Rows up to which an example's program is compiled here: a software renderer takes seconds for more. */
const LARGEST_PROGRAM = 1500;
/** Arguments where those after `@at` make a longer program than this suite has time for. */
const SHORTER: Readonly<Record<string, Data[]>> = { finalState: [[0.8, 0], { length: 1, damping: 0.1 }, 10] };

/** Inputs as the device sees them, so that the difference is the kernels' own. */
function single(value: ArrayValue): ArrayValue {
  if (!isFloat(value.dtype)) return { shape: value.shape, dtype: value.dtype, data: value.data };
  return { shape: value.shape, dtype: value.dtype, data: Float64Array.from(value.data, Math.fround) };
}

function transformed({ name, program, inputs }: Point, form: Form, random: () => number): Point {
  const floats = inputs.map(({ dtype }) => isFloat(dtype));
  const like = (avals: readonly Aval[]): ArrayValue[] =>
    avals
      .filter(({ dtype }) => isFloat(dtype))
      .map(({ shape, dtype }) => ({
        shape,
        dtype,
        data: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(2 * random() - 1)),
      }));
  const point = (changed: Program, more: readonly ArrayValue[]): Point => ({
    name: `${name} ${form}`,
    program: eliminateDeadRows(changed, { keepGuards: false }),
    inputs: [...inputs, ...more],
  });
  switch (form) {
    case 'forward':
      return point(program, []);
    case 'jvp':
      return point(jvpProgram(program, floats), like(program.inputAvals));
    case 'vjp':
      return point(vjpProgram(program, floats), like(program.outputAvals));
    case 'hvp': {
      const cotangents = like(program.outputAvals);
      const active = [...floats, ...cotangents.map(() => false)];
      const changed = jvpProgram(vjpProgram(program, floats), active);
      return point(changed, [...cotangents, ...like(program.inputAvals)]);
    }
    case 'vmap': {
      const lanes = 3;
      const axes = floats.map((float) => (float ? 0 : null));
      return {
        name: `${name} vmap`,
        program: eliminateDeadRows(batchProgram(program, axes, lanes), { keepGuards: false }),
        inputs: inputs.map((input, index) => (floats[index] ? stacked(input, lanes) : input)),
      };
    }
  }
}

/** Lanes a little apart, so that branches recorded at the first stay those of all. */
function stacked(input: ArrayValue, lanes: number): ArrayValue {
  const { length } = input.data;
  const data = Float64Array.from({ length: length * lanes }, (_, at) =>
    Math.fround(input.data[at % length] * (1 + 1e-3 * Math.floor(at / length))),
  );
  return { shape: [lanes, ...input.shape], dtype: input.dtype, data };
}

function finite({ outputs, bounds }: Expected): boolean {
  return outputs.every(({ data }, at) => data.every(Number.isFinite) && bounds[at].every(Number.isFinite));
}

/** A point through the forms; those without float inputs or outputs only forward. */
function casesOf(point: Point, forms: readonly Form[], random: () => number): ProgramCase[] {
  const rounded = { ...point, inputs: point.inputs.map(single) };
  const differentiable =
    rounded.inputs.some(({ dtype }) => isFloat(dtype)) &&
    rounded.program.outputAvals.some(({ dtype }) => isFloat(dtype));
  return (differentiable ? forms : forms.filter((form) => form === 'forward')).map((form) => {
    const { name, program, inputs } = transformed(rounded, form, random);
    const expected = expectedWithBounds(program, inputs, random);
    if (!finite(expected)) throw new Error(`${name}: the float64 result is not finite`);
    return { name, program, inputs, ...expected };
  });
}

type Choose = (k: number) => readonly Form[];

function randomCases(seed: number, count: number, choose: Choose): ProgramCase[] {
  const random = generator(seed);
  return fc
    .sample(randomCase(12), { seed, numRuns: count })
    .flatMap(({ program, inputs }, k) => casesOf({ name: `random ${seed}/${k}`, program, inputs }, choose(k), random));
}

/** Every function of examples/ that has a point, as the editor records it. */
async function exampleCases(choose: Choose): Promise<ProgramCase[]> {
  const random = generator(17);
  const folder = join(__dirname, '../../examples');
  const cases: ProgramCase[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'jax-guide.ts')) {
    for (const [, fn] of readFileSync(join(folder, file), 'utf8').matchAll(/@at[^]*?export function (\w+)/g)) {
      const args = SHORTER[fn] ? { args: SHORTER[fn] } : {};
      const { recorded } = await recordTarget(contextFor(), { file: join(folder, file), fn, ...args });
      const program = eliminateDeadRows(recorded.program, { keepGuards: false });
      const point = { name: `${file} ${fn}`, program, inputs: inputArrays(recorded) };
      cases.push(...casesOf(point, choose(cases.length), random));
    }
  }
  return cases.filter(({ program }) => program.size <= LARGEST_PROGRAM);
}

const { W, b, X, V, inputs: examples } = guide;

/** The guide's functions and derivatives, as functions of arrays. */
const GUIDE: Record<string, readonly [(...args: NdArray[]) => unknown, ...NdArray[]]> = {
  sigmoid: [guide.sigmoid, W],
  predict: [guide.predict, W, b, examples],
  loss: [guide.loss, W, b],
  predictions: [guide.predictions, W],
  'third derivative of tanh': [grad(grad(grad((t: NdArray) => np.tanh(t)))), np.array(2)],
  'gradient of loss by both': [grad(guide.loss, [0, 1]), W, b],
  'jacfwd of predictions': [jacfwd(guide.predictions), W],
  'jacrev of predictions': [jacrev(guide.predictions), W],
  'Hessian of loss': [hessian(guide.loss), W, b],
  'Hessian of predictions': [jacfwd(jacrev(guide.predictions)), W],
  hvpByGrads: [(x, v) => guide.hvpByGrads(guide.sumOfSquaredTanh, x, v), X, V],
  vgrad: [(x) => guide.vgrad((y) => y.pow(2).mul(3), x), np.ones([2, 2])],
  hvp: [(x, v) => guide.hvp(guide.sumOfSquaredTanh, [x], [v]), X, V],
  hvpReverseOverForward: [(x, v) => guide.hvpReverseOverForward(guide.sumOfSquaredTanh, [x], [v]), X, V],
  hvpReverseOverReverse: [(x, v) => guide.hvpReverseOverReverse(guide.sumOfSquaredTanh, [x], [v]), X, V],
  loopMjp: [(x, m) => guide.loopMjp(guide.predictions, x, m), W, np.ones([3, 4])],
  vmapMjp: [(x, m) => guide.vmapMjp(guide.predictions, x, m), W, np.ones([3, 4])],
  loopJmp: [(x, m) => guide.loopJmp(guide.predictions, x, m), W, np.ones([4, 3])],
  vmapJmp: [(x, m) => guide.vmapJmp(guide.predictions, x, m), W, np.ones([4, 3])],
  ourJacrev: [guide.ourJacrev(guide.predictions), W],
  ourJacfwd: [guide.ourJacfwd(guide.predictions), W],
  sumOfSquaredTanh: [guide.sumOfSquaredTanh, X],
};

function guideCases(choose: Choose): ProgramCase[] {
  const random = generator(23);
  return Object.entries(GUIDE).flatMap(([name, [f, ...args]], k) => {
    const inputs = args.map((arg) => arg.concrete);
    return casesOf({ name: `guide: ${name}`, program: makeProgram(f)(...args), inputs }, choose(k), random);
  });
}

/** The backends in their turn: program k takes form k + turn, so that the backends differ and each sees all forms. */
export const TURNS = { webasm: 0, renderer: 1, nodeWebasm: 2, nodeCpu: 4 } as const;

/** What one backend runs; `forward` of the guide and the examples besides. */
export async function programCases(turn: number, seed: number, count: number): Promise<ProgramCase[]> {
  const rotated: Choose = (k) => [FORMS[(k + turn) % FORMS.length]];
  const withForward: Choose = (k) => [...new Set<Form>(['forward', ...rotated(k)])];
  return [...guideCases(withForward), ...(await exampleCases(withForward)), ...randomCases(seed, count, rotated)];
}
