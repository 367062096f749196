/** The scalar tier as `run` and `compile` ask for it. */
import type { ArrayValue } from '../../program/aval';
import type { Program } from '../../program/program';
import type { Executable, ExecutionInfo, Tier } from '../run';
import { scalarExecutable, type ScalarExecutable } from './executable';

class ScalarTierExecutable implements Executable {
  private readonly inputs: Float64Array;

  constructor(
    readonly program: Program,
    readonly scalar: ScalarExecutable,
  ) {
    this.inputs = new Float64Array(scalar.tape.inputCount);
  }

  compile(): void {
    this.scalar.compile();
  }

  get info(): ExecutionInfo {
    const { tier, compileTime, codeBytes, memoryBytes } = this.scalar;
    return { tier, compileTime, codeBytes, memoryBytes };
  }

  runFlat(inputs: Float64Array): Float64Array {
    return this.scalar.run(inputs);
  }

  run(inputs: readonly ArrayValue[]): ArrayValue[] {
    for (let index = 0; index < inputs.length; index++) this.inputs[index] = inputs[index].data[0];
    const results = this.scalar.run(this.inputs);
    const { boolOutputs } = this.scalar.tape;
    const outputs: ArrayValue[] = [];
    for (let index = 0; index < results.length; index++) {
      outputs.push(
        boolOutputs[index] === 1
          ? { shape: [], dtype: 'bool', data: Uint8Array.of(results[index]) }
          : { shape: [], dtype: 'float64', data: Float64Array.of(results[index]) },
      );
    }
    return outputs;
  }
}

export const scalarTier: Tier = {
  name: 'scalar',
  compile(program) {
    const scalar = scalarExecutable(program);
    return scalar ? new ScalarTierExecutable(program, scalar) : null;
  },
};
