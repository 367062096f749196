/**
 * Gradients of scalar programs that roll up: compiled from the loops of the function itself, so that neither the gradient's rows nor
 * its loops are ever written or looked for. Everything else is left to the other tiers.
 */
import { OPCODES } from '../../primitives/opcodes';
import type { ArrayValue } from '../../program/aval';
import type { Program } from '../../program/program';
import { compileGradient, type CompiledGradient } from '../roll/adjoint/compile';
import type { Executable, ExecutionInfo, Tier } from '../run';
import { scalarExecutable, type ScalarExecutable } from './executable';
import { LARGE, type Tape } from './tape';

interface Compiled {
  readonly gradient: CompiledGradient;
  readonly time: number;
}

/** By tape, which programs of equal content share; null where it does not roll up. */
const known = new WeakMap<Tape, Compiled | null>();

function compiled(tape: Tape): Compiled | null {
  let found = known.get(tape);
  if (found === undefined) {
    const before = performance.now();
    const gradient = compileGradient(tape);
    found = gradient ? { gradient, time: performance.now() - before } : null;
    known.set(tape, found);
  }
  return found;
}

class GradientExecutable implements Executable {
  readonly info: ExecutionInfo;
  private readonly results: Float64Array;

  constructor(
    readonly program: Program,
    private readonly gradient: CompiledGradient,
    compileTime: number,
  ) {
    const { codeBytes, memoryBytes, inputCount } = gradient;
    this.info = { tier: 'wasm', compileTime, codeBytes, memoryBytes };
    this.results = new Float64Array(inputCount);
  }

  compile(): void {
    // There is none of these that is not compiled.
  }

  run(inputs: readonly ArrayValue[]): ArrayValue[] {
    const results = this.runFlat(Float64Array.from(inputs, ({ data }) => data[0]));
    return Array.from(results, (value): ArrayValue => ({ shape: [], dtype: 'float64', data: Float64Array.of(value) }));
  }

  runFlat(inputs: Float64Array): Float64Array {
    if (this.gradient.run(inputs, this.results)) return this.results;
    // A guard does not hold: row by row it is seen which one.
    return (scalarExecutable(this.program) as ScalarExecutable).run(inputs);
  }
}

export const gradientTier: Tier = {
  name: 'gradient',
  compile(program) {
    const { gradientOf } = program;
    if (!gradientOf || gradientOf.size < LARGE) return null;
    // Tapes pass a stopped gradient's operand on as it is.
    if (gradientOf.columns.opcodes.includes(OPCODES.stopGradient)) return null;
    const scalar = scalarExecutable(gradientOf);
    const found = scalar ? compiled(scalar.tape) : null;
    return found && new GradientExecutable(program, found.gradient, found.time);
  },
};
