/** Rolled code and its reverse sweep compiled to WebAssembly: the gradient of the first output, from the function's own loops. */
import { hasUnaryPartial, leftPartial, rightPartial, unaryPartial } from '../../partials';
import { moduleOf, PAGE } from '../../scalar/compiled';
import { scalarFunction } from '../../scalar/operations';
import { generate } from '../generate';
import { layOut } from '../layout';
import type { RolledTape } from '../rolled';
import { flowOf } from './flow';
import { keptSites, needed, planAdjoints } from './plan';
import { generateSweep, type PartialImport } from './sweep';

export interface CompiledGradient {
  /**
   * Writes the derivatives to `gradient`. False where it cannot tell them: a guard did not hold, or one is NaN, which is exact only where
   * each row is looked at by itself.
   */
  run(inputs: ArrayLike<number>, gradient: Float64Array): boolean;
  readonly codeBytes: number;
  readonly memoryBytes: number;
}

/**
 * @param by the number of inputs, the first ones, to differentiate by
 * @returns undefined where a derivative needs rows of its own
 */
export function compileGradient(rolled: RolledTape, by: number): CompiledGradient | undefined {
  const { inputCount, outputs } = rolled;
  if (outputs.sites.length === 0) return undefined;
  const flow = flowOf(rolled, by);
  if (!flow) return undefined;
  const kept = keptSites(rolled, flow);
  const layout = layOut(rolled, kept.kept);
  const plan = planAdjoints(rolled, layout, flow, kept);
  const values = generate(needed(rolled, kept.kept), layout);
  const sweep = generateSweep(rolled, layout, plan);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(plan.bytes / PAGE) });
  const forward = moduleOf(values, rolled, layout, memory);
  const env: Record<string, WebAssembly.ImportValue> = { memory };
  for (const one of sweep.imports) env[one.name] = partialFunction(one);
  const backward = new WebAssembly.Instance(new WebAssembly.Module(sweep.bytes), { env }).exports.run as () => void;
  const { buffer } = memory;
  for (const { at, addresses } of plan.tables) new Int32Array(buffer, at, addresses.length).set(addresses);
  const inputView = new Float64Array(buffer, layout.inputsAt, inputCount);
  const adjoints = new Float64Array(buffer, plan.start, (plan.end - plan.start) >> 3);
  const gradientView = new Float64Array(buffer, plan.inputsAt, by);
  return {
    run(inputs, gradient) {
      inputView.set(inputs);
      if (forward() !== 0) return false;
      adjoints.fill(0);
      if (plan.seedAt >= 0) adjoints[(plan.seedAt - plan.start) >> 3] = 1;
      backward();
      gradient.set(gradientView);
      for (let index = 0; index < by; index++) if (gradientView[index] !== gradientView[index]) return false;
      return true;
    },
    codeBytes: values.bytes.length + sweep.bytes.length,
    memoryBytes: plan.bytes,
  };
}

function partialFunction({ opcode, of }: PartialImport): (...operands: number[]) => number {
  if (of === 'operation') return scalarFunction(opcode) as (...operands: number[]) => number;
  if (hasUnaryPartial[opcode] === 1) return (x, result) => unaryPartial(opcode, x, result);
  const partial = of === 'left' ? leftPartial : rightPartial;
  return (x, y, result) => partial(opcode, x, y, result);
}
