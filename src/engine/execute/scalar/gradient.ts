/**
 * Gradients and Hessian-vector products of scalar programs that roll up: compiled from the loops of the function itself, so that
 * neither their rows nor their loops are ever written or looked for. Everything else is left to the other tiers.
 */
import { OPCODES } from '../../primitives/opcodes';
import type { ArrayValue } from '../../program/aval';
import type { Program } from '../../program/program';
import { compileGradient, type CompiledGradient } from '../roll/adjoint/compile';
import { rollUp, type RolledTape } from '../roll/rolled';
import { tangentsOf } from '../roll/tangents';
import type { Executable, ExecutionInfo, Tier } from '../run';
import { scalarExecutable, type ScalarExecutable } from './executable';
import { LARGE, type Tape } from './tape';

/** Compiling a row of code takes as long as differentiating and interpreting so many of a trace: it must pay the first time. */
const ROWS_A_SITE = 8;

interface Compiled {
  readonly gradient: CompiledGradient;
  readonly time: number;
}

/** What became of a tape: undefined where it does not roll up well, or a derivative cannot be swept. */
interface Known {
  /** The function itself, its slope, the slope of that … */
  readonly rolled: (RolledTape | undefined)[];
  /** By order of the slope and number of inputs to differentiate by. */
  readonly gradients: Map<string, Compiled | undefined>;
}

/** By tape, which programs of equal content share. */
const known = new WeakMap<Tape, Known>();

function rolledSlope({ rolled }: Known, order: number): RolledTape | undefined {
  for (let next = rolled.length; next <= order; next++) {
    const before = rolled[next - 1];
    rolled.push(before && tangentsOf(before));
  }
  return rolled[order];
}

/** @param order of the slope to be differentiated: 0 for the function itself @param by the number of its inputs to differentiate by */
function compiled(tape: Tape, order: number, by: number): Compiled | undefined {
  const before = performance.now();
  let found = known.get(tape);
  if (!found) known.set(tape, (found = { rolled: [rollUp(tape, tape.size / ROWS_A_SITE)], gradients: new Map() }));
  const key = `${order}:${by}`;
  if (!found.gradients.has(key)) {
    const rolled = rolledSlope(found, order);
    const gradient = rolled && compileGradient(rolled, by);
    found.gradients.set(key, gradient && { gradient, time: performance.now() - before });
  }
  return found.gradients.get(key);
}

class GradientExecutable implements Executable {
  readonly info: ExecutionInfo;
  private readonly results: Float64Array;

  constructor(
    readonly program: Program,
    private readonly gradient: CompiledGradient,
    compileTime: number,
    by: number,
  ) {
    const { codeBytes, memoryBytes } = gradient;
    this.info = { tier: 'wasm', compileTime, codeBytes, memoryBytes };
    this.results = new Float64Array(by);
  }

  compile(): void {
    // There is none of these that is not compiled.
  }

  run(inputs: readonly ArrayValue[]): ArrayValue[] {
    const results = this.runFlat(Float64Array.from(inputs, ({ data }) => data[0]));
    return Array.from(results, (value): ArrayValue => ({ shape: [], dtype: 'float64', data: Float64Array.of(value) }));
  }

  /** The derivatives, in an array that the next sweep overwrites; undefined where rows have to be looked at one by one. */
  sweep(inputs: Float64Array): Float64Array | undefined {
    return this.gradient.run(inputs, this.results) ? this.results : undefined;
  }

  runFlat(inputs: Float64Array): Float64Array {
    // Row by row it is seen which guard does not hold, or where NaN comes from.
    return this.sweep(inputs) ?? (scalarExecutable(this.program) as ScalarExecutable).run(inputs);
  }
}

export const gradientTier: Tier & { compile(program: Program): GradientExecutable | null } = {
  name: 'gradient',
  compile(program) {
    if (program.origin?.kind !== 'gradient') return null;
    const { by } = program.origin;
    let { of } = program.origin;
    let order = 0;
    for (; of.origin?.kind === 'slope'; order++) ({ of } = of.origin);
    if (of.size < LARGE) return null;
    // Tapes pass a stopped gradient's operand on as it is.
    if (of.columns.opcodes.includes(OPCODES.stopGradient)) return null;
    const scalar = scalarExecutable(of);
    const found = scalar && compiled(scalar.tape, order, by);
    return found ? new GradientExecutable(program, found.gradient, found.time, by) : null;
  },
};
