/** A tape compiled to WebAssembly: module, memory and the way in and out. */
import { generate, type Generated } from '../roll/generate';
import { layOut, type Layout } from '../roll/layout';
import { rollUp, type RolledTape } from '../roll/rolled';
import { importName } from '../roll/scalarCode';
import { scalarFunction } from './operations';
import type { Tape } from './tape';

export const PAGE = 65536;
/** Irregular programs beyond this many rows of code run faster in the interpreter than in code that misses every cache. */
const MOST_SITES = 120_000;

export interface CompiledTape {
  /** Copies inputs in and results out; false where a guard did not hold. */
  run(inputs: ArrayLike<number>, outputs: Float64Array): boolean;
  readonly codeBytes: number;
  readonly memoryBytes: number;
  /** Rows of generated code: those of the tape, less what was rolled up. */
  readonly sites: number;
  readonly loops: number;
}

/** @returns undefined where compiled code would not pay */
export function compileTape(tape: Tape): CompiledTape | undefined {
  const rolled = rollUp(tape, MOST_SITES);
  return rolled && compileRolled(rolled);
}

export function compileRolled(rolled: RolledTape): CompiledTape {
  const { inputCount, literals, outputs } = rolled;
  const layout = layOut(rolled);
  const generated = generate(rolled, layout);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(layout.bytes / PAGE) });
  const run = moduleOf(generated, rolled, layout, memory);
  const { buffer } = memory;
  const inputView = new Float64Array(buffer, layout.inputsAt, inputCount);
  const outputView = new Float64Array(buffer, layout.outputsAt, outputs.sites.length);
  const all = new Float64Array(buffer);
  const { copies } = layout;
  for (let at = 0; at < copies.length; at += 2) {
    if (copies[at + 1] < 0) outputView[copies[at]] = literals[outputs.instances[copies[at]]];
  }
  return {
    run(inputs, outputs) {
      inputView.set(inputs);
      if (run() !== 0) return false;
      for (let at = 0; at < copies.length; at += 2) {
        if (copies[at + 1] >= 0) outputView[copies[at]] = all[copies[at + 1] >> 3];
      }
      outputs.set(outputView);
      return true;
    },
    codeBytes: generated.bytes.length,
    memoryBytes: layout.bytes,
    sites: rolled.tree.siteCount,
    loops: rolled.tree.loops.length,
  };
}

/** The function that computes all rows over `memory`, where literals and tables are put: 0, or more where a guard did not hold. */
export function moduleOf(
  { bytes, imports }: Generated,
  { literals }: RolledTape,
  layout: Layout,
  memory: WebAssembly.Memory,
): () => number {
  const env: Record<string, WebAssembly.ImportValue> = { memory };
  // V8 calls Math's own functions directly where they are imported as they are, without a wrapper.
  for (const opcode of imports) env[importName(opcode)] = scalarFunction(opcode);
  const { buffer } = memory;
  if (layout.literalsAt >= 0) new Float64Array(buffer, layout.literalsAt, literals.length).set(literals);
  for (const { at, addresses } of layout.tables) new Int32Array(buffer, at, addresses.length).set(addresses);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports.run as () => number;
}
