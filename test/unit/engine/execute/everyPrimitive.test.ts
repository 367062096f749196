/** Compiled code gives what the reference gives: for every primitive of the table, its tangents and its cotangents. */
import assert from 'node:assert/strict';
import {
  cond,
  customJvp,
  customVjp,
  foriLoop,
  jit,
  jvp,
  makeProgram,
  type NdArray,
  np,
  scan,
  whileLoop,
} from '../../../../src/engine';
import { compileArrays } from '../../../../src/engine/execute/arrays/compile';
import { interpret } from '../../../../src/engine/execute/interpret';
import { scalarExecutable } from '../../../../src/engine/execute/scalar/executable';
import { OPCODE_NAMES } from '../../../../src/engine/primitives/opcodes';
import type { PrimitiveName } from '../../../../src/engine/primitives/params';
import { isFloat, type ArrayValue } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program, Row } from '../../../../src/engine/program/program';
import { jvpProgram } from '../../../../src/engine/transforms/jvp';
import { vjpProgram } from '../../../../src/engine/transforms/reverse';
import { cases, operandsOf, type Case } from '../primitives/support/cases';
import { randomNumbers } from './nests';

/** Single precision where the primitive knows it. */
function single(values: readonly ArrayValue[]): ArrayValue[] {
  return values.map((value) =>
    value.dtype === 'float64' ? { ...value, dtype: 'float32', data: Float32Array.from(value.data) } : value,
  );
}

/**
 * The primitive between operations that are compiled and exact, so that there is generated code around it whatever it is: it
 * reads what that has written, and is read by it.
 */
function surrounded(name: PrimitiveName, operands: readonly ArrayValue[], params: unknown): Program {
  const b = new Emitter();
  const twice = (row: Row) =>
    isFloat(b.aval(row).dtype) ? b.emit('neg', [b.emit('neg', [row], undefined)], undefined) : row;
  const inputs = operands.map(({ shape, dtype }) => b.input({ shape, dtype }));
  const results = b.emitMany(name, inputs.map(twice), params as never);
  return b.finish(results.map(twice));
}

function compare(what: string, actual: readonly ArrayValue[], expected: readonly ArrayValue[]): void {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, output) => {
    const wanted = expected[output];
    assert.deepEqual([value.shape, value.dtype], [wanted.shape, wanted.dtype], what);
    assert.equal(value.data.length, wanted.data.length, what);
    const epsilon = value.dtype === 'float32' ? 2 ** -20 : 2 ** -48;
    // Operands are of the order of 1, and sums of them may be of both signs.
    let scale = 1;
    for (const number of wanted.data) if (Number.isFinite(number)) scale = Math.max(scale, Math.abs(number));
    value.data.forEach((number, index) => {
      const other = wanted.data[index];
      const close =
        Object.is(number, other) ||
        (isFloat(value.dtype) ? Math.abs(number - other) <= epsilon * scale : number === other);
      assert.ok(close, `${what}: output ${output}[${index}] is ${number}, not ${other}`);
    });
  });
}

/** Runs the program in all compiled ways twice; returns how many there are. */
function check(what: string, program: Program, inputs: readonly ArrayValue[]): number {
  const expected = interpret(program, inputs);
  let ways = 0;
  const arrays = compileArrays(program);
  if (arrays) {
    for (let run = 0; run < 2; run++) compare(`${what}, arrays`, arrays.run(inputs), expected);
    ways++;
  }
  const scalars = scalarExecutable(program);
  if (scalars) {
    scalars.compile();
    assert.equal(scalars.tier, 'wasm', what);
    const flat = scalars.run(inputs.map(({ data }) => data[0]));
    const results = expected.map((value, index) => ({
      ...value,
      data: value.dtype === 'bool' ? Uint8Array.of(flat[index]) : Float64Array.of(flat[index]),
    }));
    compare(`${what}, scalars`, results, expected);
    ways++;
  }
  return ways;
}

const random = randomNumbers(11);
const like = ({ shape, dtype, data }: ArrayValue): ArrayValue => {
  const out = data.slice();
  for (let index = 0; index < out.length; index++) out[index] = random() * 2 - 1;
  return { shape, dtype, data: out };
};

/** The primitive, its tangents and its cotangents; a rule that does not exist is not compiled either. */
function checkAll(what: string, program: Program, operands: readonly ArrayValue[]): number {
  let ways = check(what, program, operands);
  const active = operands.map(({ dtype }) => isFloat(dtype));
  const outputs = interpret(program, operands);
  if (!active.includes(true) || !outputs.some(({ dtype }) => isFloat(dtype))) return ways;
  const floating = (values: readonly ArrayValue[]) => values.filter(({ dtype }) => isFloat(dtype)).map(like);
  const derived: [string, () => Program, readonly ArrayValue[]][] = [
    ['jvp', () => jvpProgram(program, active), floating(operands)],
    ['vjp', () => vjpProgram(program, active), floating(outputs)],
  ];
  for (const [mode, build, more] of derived) {
    let made: Program;
    try {
      made = build();
    } catch {
      continue;
    }
    ways += check(`${what}, ${mode}`, made, [...operands, ...more]);
  }
  return ways;
}

/** Primitives that carry programs, or stand for what a program is made of: what records them. */
const recorded: Record<Exclude<PrimitiveName, keyof typeof cases>, ((x: number) => unknown) | null> = {
  input: (x) => x,
  literal: (x) => np.multiply(x, 3),
  constant: (x) => np.multiply(np.array([1, 2, 3]), x),
  project: (x) => scan((sum: NdArray) => [np.add(sum, x), sum] as const, np.array(0), undefined, { length: 3 }),
  guard: (x) => (np.greater(x, 0) ? np.sin(x) : np.cos(x)),
  cond: (x) =>
    cond(
      np.greater(x, 0),
      (y) => np.sin(y),
      (y) => np.cos(y),
      x,
    ),
  while: (x) =>
    whileLoop(
      (y) => np.less(y, 10),
      (y: NdArray) => np.add(np.multiply(y, 1.5), 0.1),
      np.add(np.abs(x), 1),
    ),
  scan: (x) => foriLoop(0, 4, (_, y: NdArray) => np.sin(np.multiply(y, 1.3)), np.asarray(x)),
  call: (x) => jit((y: number) => np.multiply(np.sin(y), y))(x),
  customJvp: (x) => cubed(x),
  customVjp: (x) => halved(x),
  linearCall: (x) => jvp((y: number) => jit((z: number) => np.sin(z))(y), [x], [1])[1],
};

const cubed = customJvp((x: number) => np.multiply(x, np.multiply(x, x)));
cubed.defjvp(((primals: [number], tangents: [number]) => [
  cubed(...primals),
  np.multiply(np.multiply(3, np.square(primals[0])), tangents[0]),
]) as never);
const halved = customVjp((x: number) => np.multiply(0.5, np.sin(x)));
halved.defvjp((x: number) => [np.multiply(0.5, np.sin(x)), np.cos(x)], ((cosine: number, cotangent: number) => [
  np.multiply(np.multiply(0.5, cosine), cotangent),
]) as never);

describe('compiled code gives what the reference gives', function () {
  this.timeout(120_000);

  for (const [name, list] of Object.entries(cases) as unknown as [PrimitiveName, readonly Case<PrimitiveName>[]][]) {
    it(`for ${name}`, () => {
      let ways = 0;
      list.forEach((one, index) => {
        const operands = operandsOf(one, 100 + index);
        const floats = operands.some(({ dtype }) => dtype === 'float64');
        for (const values of floats ? [operands, single(operands)] : [operands]) {
          let program: Program;
          try {
            program = surrounded(name, values, one.params);
          } catch (error) {
            // Some know double precision only: their shape rule says so.
            assert.notEqual(values, operands, String(error));
            continue;
          }
          ways += checkAll(`${name} ${index}`, program, values);
        }
      });
      const hasFloats = list.some((one) => operandsOf(one, 1).some(({ dtype }) => isFloat(dtype)));
      if (hasFloats) assert.ok(ways > 0, `nothing of ${name} was compiled`);
    });
  }

  for (const [name, f] of Object.entries(recorded)) {
    it(`around ${name}`, () => {
      assert.ok(f);
      const program = makeProgram(f)(0.7);
      const inputs: ArrayValue[] = [{ shape: [], dtype: 'float64', data: Float64Array.of(0.7) }];
      checkAll(name, program, inputs);
    });
  }

  it('and there are cases for all of them', () => {
    const known = new Set([...Object.keys(cases), ...Object.keys(recorded)]);
    assert.deepEqual(
      OPCODE_NAMES.filter((name) => name && !known.has(name)),
      [],
    );
  });
});
