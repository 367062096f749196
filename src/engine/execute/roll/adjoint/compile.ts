/** A tape and its reverse sweep compiled to WebAssembly: the gradient of the first output, from the tape's own loops. */
import { hasUnaryPartial, leftPartial, rightPartial, unaryPartial } from '../../partials';
import { moduleOf, PAGE } from '../../scalar/compiled';
import { scalarFunction } from '../../scalar/operations';
import type { Tape } from '../../scalar/tape';
import { classify } from '../classify';
import { generate } from '../generate';
import { layOut } from '../layout';
import { findLoops } from '../tree';
import { flowOf } from './flow';
import { keptSites, needed, planAdjoints } from './plan';
import { generateSweep, type PartialImport } from './sweep';

export interface CompiledGradient {
  /** Writes the derivatives by all inputs to `gradient`; false where a guard did not hold. */
  run(inputs: ArrayLike<number>, gradient: Float64Array): boolean;
  readonly codeBytes: number;
  readonly memoryBytes: number;
  readonly inputCount: number;
}

/** Compiling a row of code takes as long as differentiating and interpreting so many of a trace: it must pay the first time. */
const ROWS_A_SITE = 8;

/** @returns undefined where the tape does not roll up well, or a derivative needs rows of its own */
export function compileGradient(tape: Tape): CompiledGradient | undefined {
  if (tape.outputs.length === 0) return undefined;
  const tree = findLoops(tape);
  if (tree.siteCount * ROWS_A_SITE > tape.size) return undefined;
  const classification = classify(tape, tree);
  const flow = flowOf(tape, tree, classification);
  if (!flow) return undefined;
  const kept = keptSites(tape, tree, classification, flow);
  const forwards = needed(tape, tree, classification, kept);
  const layout = layOut(tape, tree, classification, kept);
  const plan = planAdjoints(tape, tree, classification, layout, flow);
  const values = generate(tape, tree, forwards, layout);
  const sweep = generateSweep(tape, tree, classification, layout, plan);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(plan.bytes / PAGE) });
  const forward = moduleOf(values, tape, layout, memory);
  const env: Record<string, WebAssembly.ImportValue> = { memory };
  for (const one of sweep.imports) env[one.name] = partialFunction(one);
  const backward = new WebAssembly.Instance(new WebAssembly.Module(sweep.bytes), { env }).exports.run as () => void;
  const { buffer } = memory;
  for (const { at, addresses } of plan.tables) new Int32Array(buffer, at, addresses.length).set(addresses);
  const inputView = new Float64Array(buffer, layout.inputsAt, tape.inputCount);
  const adjoints = new Float64Array(buffer, plan.start, (plan.end - plan.start) >> 3);
  const gradientView = new Float64Array(buffer, plan.inputsAt, tape.inputCount);
  return {
    run(inputs, gradient) {
      inputView.set(inputs);
      if (forward() !== 0) return false;
      adjoints.fill(0);
      if (plan.seedAt >= 0) adjoints[(plan.seedAt - plan.start) >> 3] = 1;
      backward();
      gradient.set(gradientView);
      return true;
    },
    codeBytes: values.bytes.length + sweep.bytes.length,
    memoryBytes: plan.bytes,
    inputCount: tape.inputCount,
  };
}

function partialFunction({ opcode, of }: PartialImport): (...operands: number[]) => number {
  if (of === 'operation') return scalarFunction(opcode) as (...operands: number[]) => number;
  if (hasUnaryPartial[opcode] === 1) return (x, result) => unaryPartial(opcode, x, result);
  const partial = of === 'left' ? leftPartial : rightPartial;
  return (x, y, result) => partial(opcode, x, y, result);
}
