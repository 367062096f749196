/** A program of arrays made ready to run: interpreted while that is cheaper than compiling, compiled from then on. */
import { OPCODES } from '../../primitives/opcodes';
import { sizeOf, type ArrayValue } from '../../program/aval';
import type { Program } from '../../program/program';
import { interpret, scheduleOf, type Schedule } from '../interpret';
import { flatly, type Executable, type ExecutionInfo, type Tier } from '../run';
import { contentKey, RecentlyUsed } from './cache';
import { compileArrays, type CompiledArrays } from './compile';

/** Milliseconds: compiling, fixed and for each row; interpreting, for each element and each multiplication. */
const COMPILE_FIXED = 1;
const COMPILE_ROW = 0.05;
const ELEMENT = 1e-5;
const ROW = 5e-4;
const PRODUCT = 2e-6;

class ArrayExecutable implements Executable {
  private compileTime = 0;
  private compiled: CompiledArrays | undefined;
  private order: Schedule | undefined;
  private spent = 0;
  private refused = false;
  private readonly costs: { readonly interpret: number; readonly compile: number };

  constructor(readonly program: Program) {
    this.costs = estimate(program);
  }

  get info(): ExecutionInfo {
    const { compiled, compileTime } = this;
    return {
      tier: compiled ? 'wasm' : 'interpret',
      compileTime,
      codeBytes: compiled?.codeBytes ?? 0,
      memoryBytes: compiled?.memoryBytes ?? 0,
    };
  }

  runFlat(inputs: Float64Array): Float64Array {
    return flatly(this, inputs);
  }

  run(inputs: readonly ArrayValue[]): ArrayValue[] {
    if (this.compiled) return this.compiled.run(inputs);
    if (!this.refused && this.spent + this.costs.interpret > this.costs.compile) {
      this.compile();
      return this.run(inputs);
    }
    const before = performance.now();
    this.order ??= scheduleOf(this.program);
    const results = interpret(this.program, inputs, this.order);
    this.spent += Math.max(performance.now() - before, this.costs.interpret);
    return results;
  }

  /** Compiles now, whatever was spent so far; takes over the code of a program of equal content. */
  compile(): void {
    if (this.compiled || this.refused) return;
    const before = performance.now();
    const key = contentKey(this.program);
    const like = key === undefined ? this : recent.get(key, () => this);
    if (like !== this) like.compile();
    this.compiled = like === this ? compileArrays(this.program) : like.compiled;
    this.compileTime = performance.now() - before;
    this.refused = this.compiled === undefined;
    this.order = undefined;
  }
}

/** Milliseconds that a program may take: to be interpreted once, and to be compiled. */
export function estimate(program: Program): { interpret: number; compile: number } {
  let interpreted = 0;
  let compiled = COMPILE_FIXED;
  for (let row = 0; row < program.size; row++) {
    const opcode = program.opcode(row);
    if (
      opcode === OPCODES.input ||
      opcode === OPCODES.literal ||
      opcode === OPCODES.constant ||
      opcode === OPCODES.project
    )
      continue;
    compiled += COMPILE_ROW;
    let elements = 0;
    for (const { shape } of program.tuple(row)) elements += sizeOf(shape);
    if (opcode === OPCODES.dotGeneral) {
      const { shape } = program.aval(program.operand(row, 0));
      const inner = program.params<'dotGeneral'>(row).lhsContract.reduce((product, axis) => product * shape[axis], 1);
      interpreted += elements * inner * PRODUCT;
    } else if (opcode >= OPCODES.reduceSum && opcode <= OPCODES.cummin) {
      elements = sizeOf(program.aval(program.operand(row, 0)).shape);
    }
    interpreted += ROW + elements * ELEMENT;
  }
  return { interpret: interpreted, compile: compiled };
}

const recent = new RecentlyUsed<ArrayExecutable>(64, 2 ** 28);

export const arrayTier: Tier = {
  name: 'arrays',
  compile(program, calls) {
    // Whoever compiles keeps the executable; whoever runs once may come again with a program traced anew.
    const key = calls === 0 ? contentKey(program) : undefined;
    return key === undefined ? new ArrayExecutable(program) : recent.get(key, () => new ArrayExecutable(program));
  },
};
