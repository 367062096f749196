/** The checks that every primitive has to pass, on programs of one equation. */
import assert from 'node:assert/strict';
import { interpret } from '../../../../../src/engine/execute/interpret';
import '../../../../../src/engine/primitives/all';
import type { PrimitiveName } from '../../../../../src/engine/primitives/params';
import { isFloat, sizeOf, type ArrayValue, type Aval } from '../../../../../src/engine/program/aval';
import { Emitter } from '../../../../../src/engine/program/emitter';
import type { ParamsOf, Program } from '../../../../../src/engine/program/program';
import { batchProgram } from '../../../../../src/engine/transforms/batch';
import { jvpProgram } from '../../../../../src/engine/transforms/jvp';
import { transposeProgram, vjpProgram } from '../../../../../src/engine/transforms/reverse';
import { extract } from '../../../../../src/engine/transforms/transcribe';
import { combination, difference, floats, generator, inner, largest, moved, uniform } from './values';

/** The program of one equation; its inputs are the operands. */
export function equation<P extends PrimitiveName>(name: P, avals: readonly Aval[], params: ParamsOf<P>): Program {
  const b = new Emitter();
  return b.finish(
    b.emitMany(
      name,
      avals.map((aval) => b.input(aval)),
      params,
    ),
  );
}

/** Without the rows that no output needs: reverse mode leaves those behind that it transposed. */
export function pruned(program: Program): Program {
  return extract(program, Array.from(program.inputs), Array.from(program.outputs));
}

/** Random directions like the given arrays. */
function directions(random: () => number, values: readonly Aval[]): ArrayValue[] {
  return values.map(({ shape, dtype }) => ({ ...uniform(random, shape), dtype }));
}

/**
 * Derivative of the float results along a direction: central differences at steps h, h/2, h/4, extrapolated (Richardson), so
 * that the error is of sixth order in h.
 */
function numericJvp(
  program: Program,
  inputs: readonly ArrayValue[],
  active: readonly boolean[],
  tangents: readonly ArrayValue[],
  step: number,
): ArrayValue[] {
  const central = (h: number) => {
    const up = floats(interpret(program, moved(inputs, active, tangents, h)));
    const down = floats(interpret(program, moved(inputs, active, tangents, -h)));
    return combination([0.5 / h, -0.5 / h], [up, down]);
  };
  const [coarse, middle, fine] = [central(step), central(step / 2), central(step / 4)];
  return combination([1 / 45, -20 / 45, 64 / 45], [coarse, middle, fine]);
}

export interface DerivativeOptions {
  readonly order?: number;
  readonly step?: number;
  readonly tolerance?: number;
  readonly seed?: number;
  readonly modes?: readonly ('forward' | 'reverse')[];
}

/** Checks derivatives of all orders up to `order`, every mix of forward and reverse mode, against finite differences. */
export function checkDerivatives(
  program: Program,
  inputs: readonly ArrayValue[],
  active: readonly boolean[],
  options: DerivativeOptions = {},
  path = '',
): void {
  const { order = 3, step = 1e-2, tolerance = 1e-6, seed = 1, modes = ['forward', 'reverse'] } = options;
  const random = generator(seed);
  const tangents = directions(
    random,
    inputs.filter((_, index) => active[index]),
  );
  const numeric = numericJvp(program, inputs, active, tangents, step);
  const cotangents = directions(random, floats(interpret(program, inputs)));
  for (const mode of modes) {
    const where = `${path}${mode === 'forward' ? 'jvp' : 'vjp'}`;
    let derived: Program;
    let more: readonly ArrayValue[];
    if (mode === 'forward') {
      derived = pruned(jvpProgram(program, active));
      more = tangents;
      const results = interpret(derived, [...inputs, ...more]);
      const off = difference(results.slice(program.outputs.length), numeric);
      assert.ok(off < tolerance, `${where}: off by ${off}`);
    } else {
      derived = pruned(vjpProgram(program, active));
      more = cotangents;
      const results = interpret(derived, [...inputs, ...more]);
      const left = inner(results.slice(program.outputs.length), tangents);
      const right = inner(cotangents, numeric);
      const scale = Math.max(1, ...numeric.map(({ data }) => largest(data)));
      assert.ok(Math.abs(left - right) / scale < tolerance, `${where}: <Jᵀu, v> = ${left}, <u, Jv> = ${right}`);
    }
    if (order > 1) {
      const all = [...inputs, ...more];
      const moving = [...active, ...more.map(() => true)];
      checkDerivatives(derived, all, moving, { ...options, order: order - 1, seed: seed + 1 }, `${where} of `);
    }
  }
}

/** Stacks copies of `value`, each scaled a little, along `axis`. */
function stackedAt(parts: readonly ArrayValue[], axis: number): ArrayValue {
  const { shape, dtype } = parts[0];
  const outer = sizeOf(shape.slice(0, axis));
  const innerSize = sizeOf(shape.slice(axis));
  const data = parts[0].data.slice(0, 0).constructor as new (length: number) => ArrayValue['data'];
  const out = new data(outer * parts.length * innerSize);
  for (let o = 0; o < outer; o++) {
    parts.forEach((part, k) => {
      out.set(part.data.subarray(o * innerSize, (o + 1) * innerSize), (o * parts.length + k) * innerSize);
    });
  }
  return { shape: [...shape.slice(0, axis), parts.length, ...shape.slice(axis)], dtype, data: out };
}

/** Checks `batch` against a loop, for every combination of batched operands and every position of their axes. */
export function checkBatch(program: Program, examples: readonly (readonly ArrayValue[])[], tolerance = 1e-12): void {
  const size = examples.length;
  const count = examples[0].length;
  const choices = examples[0].map(({ shape }) => [
    null,
    ...Array.from({ length: shape.length + 1 }, (_, axis) => axis),
  ]);
  let combinations: (number | null)[][] = [[]];
  for (const choice of choices) combinations = combinations.flatMap((start) => choice.map((axis) => [...start, axis]));
  for (const axes of combinations) {
    if (count === 0 || axes.every((axis) => axis === null)) continue;
    const inputs = axes.map((axis, index) =>
      axis === null
        ? examples[0][index]
        : stackedAt(
            examples.map((example) => example[index]),
            axis,
          ),
    );
    const looped = examples.map((example) =>
      interpret(
        program,
        example.map((value, index) => (axes[index] === null ? examples[0][index] : value)),
      ),
    );
    // Where the results' axis goes varies along with the operands'.
    const outAxes = looped[0].map(
      ({ shape }, index) => axes.reduce((sum: number, axis) => sum + (axis ?? 0), index) % (shape.length + 1),
    );
    const expected = looped[0].map((_, index) =>
      stackedAt(
        looped.map((results) => results[index]),
        outAxes[index],
      ),
    );
    const actual = interpret(batchProgram(program, axes, size, outAxes), inputs);
    const off = difference(actual, expected);
    assert.ok(off <= tolerance, `batch axes [${axes.join(', ')}] → [${outAxes.join(', ')}]: off by ${off}`);
    actual.forEach((value, index) => assert.equal(value.dtype, expected[index].dtype));
  }
}

/** The dot-product test of a transposition rule: ⟨u, A x⟩ = ⟨Aᵀ u, x⟩ for the operands in `linear`. */
export function checkTransposition<P extends PrimitiveName>(
  name: P,
  operands: readonly ArrayValue[],
  linear: readonly number[],
  params: ParamsOf<P>,
  tolerance = 1e-11,
): void {
  const program = equation(name, operands, params);
  // What the other operands add on their own (to a sum, say) is no part of the linear map.
  const atZero = operands.map((value, index) =>
    linear.includes(index) ? { ...value, data: value.data.slice().fill(0) } : value,
  );
  const results = combination([1, -1], [interpret(program, operands), interpret(program, atZero)]);
  const cotangents = directions(generator(7), results);
  const transposition = pruned(
    transposeProgram(
      program,
      operands.map((_, index) => linear.includes(index)),
    ),
  );
  const transposed = interpret(transposition, [
    ...operands.filter((_, index) => !linear.includes(index)),
    ...cotangents,
  ]);
  transposed.forEach((value, index) => assert.deepEqual(value.shape, operands[linear[index]].shape));
  const left = inner(cotangents, results);
  const right = inner(
    transposed,
    linear.map((index) => operands[index]),
  );
  assert.ok(
    Math.abs(left - right) <= tolerance * Math.max(1, Math.abs(left)),
    `<u, A x> = ${left}, <Aᵀ u, x> = ${right}`,
  );
}

function toFloat32(value: ArrayValue): ArrayValue {
  return value.dtype === 'float64' ? { ...value, dtype: 'float32', data: Float32Array.from(value.data) } : value;
}

function toFloat64(value: ArrayValue): ArrayValue {
  return value.dtype === 'float32' ? { ...value, dtype: 'float64', data: Float64Array.from(value.data) } : value;
}

/** Runs forward over reverse mode on float32 operands: all of it stays float32, and near what float64 gives. */
export function checkFloat32<P extends PrimitiveName>(
  name: P,
  operands: readonly ArrayValue[],
  active: readonly boolean[],
  params: ParamsOf<P>,
): void {
  const random = generator(5);
  const results = floats(interpret(equation(name, operands, params), operands));
  const seeds = directions(random, results);
  const tangents = directions(random, [...operands.filter((_, index) => active[index]), ...seeds]);
  const derive = (inputs: readonly ArrayValue[]) => {
    const reverse = vjpProgram(equation(name, inputs.slice(0, operands.length), params), active);
    const moving = [...active, ...seeds.map(() => true)];
    return interpret(pruned(jvpProgram(pruned(reverse), moving)), inputs);
  };
  const narrow = [...operands, ...seeds, ...tangents].map(toFloat32);
  const expected = derive(narrow.map(toFloat64));
  derive(narrow).forEach((value, index) => {
    if (expected[index].dtype === 'float64') assert.equal(value.dtype, 'float32');
    const off = difference([toFloat64(value)], [expected[index]]);
    assert.ok(off < 2e-3, `result ${index}: off by ${off}`);
  });
}

/** True for the operands that can move. */
export function floatOperands(operands: readonly ArrayValue[]): boolean[] {
  return operands.map(({ dtype }) => isFloat(dtype));
}
