import assert from 'node:assert/strict';
import '../../../../src/engine/primitives/all';
import { GuardError } from '../../../../src/engine/errors';
import { gradientProgram } from '../../../../src/engine/execute/gpu/lanes';
import { interpret } from '../../../../src/engine/execute/interpret';
import { hasBinaryPartials, hasUnaryPartial } from '../../../../src/engine/execute/partials';
import { compileGradient, type CompiledGradient } from '../../../../src/engine/execute/roll/adjoint/compile';
import { extentsOf, loopsAround } from '../../../../src/engine/execute/roll/inPlace';
import { layOut } from '../../../../src/engine/execute/roll/layout';
import { rollUp, type RolledTape } from '../../../../src/engine/execute/roll/rolled';
import { tangentsOf } from '../../../../src/engine/execute/roll/tangents';
import { compile } from '../../../../src/engine/execute/run';
import { compileRolled, compileTape } from '../../../../src/engine/execute/scalar/compiled';
import { gradientTier } from '../../../../src/engine/execute/scalar/gradient';
import { allocateValues, interpretTape } from '../../../../src/engine/execute/scalar/interpret';
import { tapeOf, type Tape } from '../../../../src/engine/execute/scalar/tape';
import { OPCODES, OPCODE_NAMES } from '../../../../src/engine/primitives/opcodes';
import { SCALAR } from '../../../../src/engine/program/aval';
import { BOOL_AVAL } from '../../../../src/engine/program/builder';
import { Emitter } from '../../../../src/engine/program/emitter';
import { Program } from '../../../../src/engine/program/program';
import { jvpProgram } from '../../../../src/engine/transforms/jvp';
import { vjpProgram } from '../../../../src/engine/transforms/reverse';
import { inline } from '../../../../src/engine/transforms/transcribe';
import { affineNest } from './affineNests';
import { randomNest, randomNumbers, type Nest } from './nests';

function interpreted(tape: Tape, inputs: ArrayLike<number>): Float64Array {
  const values = allocateValues(tape);
  values.set(inputs);
  assert.equal(interpretTape(tape, values), -1);
  return Float64Array.from(tape.outputs, (index) => values[index]);
}

function compiled(tape: Tape, inputs: ArrayLike<number>): { results: Float64Array; loops: number; sites: number } {
  const code = compileTape(tape);
  assert(code);
  const results = new Float64Array(tape.outputs.length);
  // Twice: memory must not remember.
  assert(code.run(inputs, results));
  assert(code.run(inputs, results));
  return { results, loops: code.loops, sites: code.sites };
}

/** Equal bit for bit, but for the sign of NaN. */
function assertSame(actual: Float64Array, expected: Float64Array, what: string): void {
  for (let index = 0; index < expected.length; index++) {
    assert(
      Object.is(actual[index], expected[index]),
      `${what}: output ${index} is ${actual[index]}, not ${expected[index]}`,
    );
  }
}

const SEEDS = 1000;
/** The last three catch one mistake each: a value written over too early, a result written over, an element beside the right one. */
const NESTS = [1, 2, 3, 42, 48, 33];

describe('rolled loops', () => {
  it(`give what ${SEEDS} random loop nests give when interpreted row by row`, function () {
    this.timeout(120_000);
    let loops = 0;
    let rows = 0;
    let sites = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { program, inputs } = randomNest(seed, seed % 2 === 0);
      const tape = tapeOf(program) as Tape;
      const code = compiled(tape, inputs);
      assertSame(code.results, interpreted(tape, inputs), `seed ${seed}`);
      loops += code.loops;
      rows += tape.size;
      sites += code.sites;
    }
    assert(loops > SEEDS / 2, `${loops} loops found`);
    assert(sites < rows / 2, `${sites} rows of code for ${rows} rows`);
  });

  it('give the same for the gradients of random loop nests', function () {
    this.timeout(120_000);
    for (let seed = 1; seed <= SEEDS; seed += 4) {
      const { program, inputs } = randomNest(seed, seed % 8 === 1);
      const gradient = vjpProgram(
        program,
        program.inputAvals.map(() => true),
      );
      const tape = tapeOf(gradient) as Tape;
      const random = randomNumbers(seed);
      const all = Float64Array.from([...inputs, ...Array.from(program.outputs, () => random() - 0.5)]);
      assertSame(compiled(tape, all).results, interpreted(tape, all), `seed ${seed}`);
    }
  });

  it('give the same for the gradient of one result, which takes the program over as it is', () => {
    for (let seed = 1; seed <= SEEDS; seed += 8) {
      const { program: all, inputs } = randomNest(seed, seed % 16 === 1);
      const program = new Program({ ...all.columns, outputs: all.outputs.slice(0, 1) });
      const active = program.inputAvals.map(() => true);
      const gradient = compiled(tapeOf(gradientProgram(program, active)) as Tape, inputs).results;
      const pulled = interpreted(tapeOf(vjpProgram(program, active)) as Tape, [...inputs, 1]);
      assertSame(gradient, pulled.subarray(1), `seed ${seed}`);
    }
  });

  it('give the same gradients swept over the loops themselves, backwards', function () {
    this.timeout(60_000);
    let swept = 0;
    const compare = ({ program: all, inputs }: Nest, seed: number) => {
      // Of all that the nest gives, and of the last and of any other of its rows: what a function returns most often.
      const rows = floatRows(all);
      const any = rows[Math.floor(randomNumbers(seed)() * rows.length)];
      for (const program of [weighted(all, seed), returning(all, rows[rows.length - 1]), returning(all, any)])
        compareOne(program, inputs, seed);
    };
    const compareOne = (program: Program, inputs: Float64Array, seed: number) => {
      const gradient = compileGradient(rolledUp(program), inputs.length);
      if (!gradient) return;
      const actual = new Float64Array(inputs.length);
      // Twice: memory must not remember.
      assert.equal(gradient.run(inputs, actual), !actual.some(Number.isNaN));
      if (!gradient.run(inputs, actual)) return;
      const written = gradientProgram(
        program,
        program.inputAvals.map(() => true),
      );
      assertClose(actual, interpreted(tapeOf(written) as Tape, inputs), `seed ${seed}`);
      swept++;
    };
    for (let seed = 1; seed <= SEEDS; seed += 3) compare(randomNest(seed, seed % 2 === 0), seed);
    for (const seed of NESTS) compare(affineNest(seed), seed);
    assert(swept > SEEDS / 20, `${swept} gradients swept`);
  });

  it('give the same tangents and Hessian-vector products written into the loops themselves', function () {
    this.timeout(60_000);
    let moved = 0;
    let products = 0;
    const compare = ({ program, inputs }: Nest, seed: number) => {
      const random = randomNumbers(seed);
      const point = [...inputs, ...Array.from(inputs, () => random() - 0.5)];
      const written = jvpProgram(
        program,
        program.inputAvals.map(() => true),
      );
      const rolled = tangentsOf(rolledUp(program));
      if (!rolled) return;
      const { results } = runRolled(rolled, point);
      assertClose(
        results,
        interpreted(tapeOf(written) as Tape, point).subarray(program.outputs.length),
        `seed ${seed}`,
      );
      moved++;
      const sum = weighted(program, seed);
      const slope = tangentsOf(rolledUp(sum));
      const product = slope && compileGradient(slope, inputs.length);
      const actual = new Float64Array(inputs.length);
      if (!product?.run(Float64Array.from(point), actual)) return;
      const gradient = gradientProgram(
        sum,
        sum.inputAvals.map(() => true),
      );
      const rows = jvpProgram(
        gradient,
        gradient.inputAvals.map(() => true),
      );
      const expected = interpreted(tapeOf(rows) as Tape, point).subarray(inputs.length);
      assertClose(actual, expected, `Hessian times vector, seed ${seed}`);
      products++;
    };
    for (let seed = 1; seed <= SEEDS; seed += 3) compare(randomNest(seed, seed % 2 === 0), seed);
    for (const seed of NESTS) compare(affineNest(seed), seed);
    assert(moved > SEEDS / 4, `${moved} tangents`);
    assert(products > SEEDS / 8, `${products} Hessian-vector products`);
  });

  it('sweep every operation as its rule says, at limits and beside them', () => {
    const values = [0, -0, 1, -1, 0.5, -0.5, 2, -3.7, 30, 1e-320, Infinity, -Infinity, NaN];
    const pairs = values.flatMap((x) => values.map((y) => [x, y]));
    let swept = 0;
    for (let opcode = 0; opcode < OPCODE_NAMES.length; opcode++) {
      if (hasUnaryPartial[opcode] === 0 && hasBinaryPartials[opcode] === 0) continue;
      const b = new Emitter();
      const x = pairs.map(() => b.input(SCALAR));
      const y = pairs.map(() => b.input(SCALAR));
      const results = pairs.map((_, at) =>
        hasUnaryPartial[opcode] === 1 ? b.emitScalar1(opcode, x[at]) : b.emitScalar2(opcode, x[at], y[at]),
      );
      const program = b.finish([results.reduce((sum, row) => b.emitScalar2(OPCODES.add, sum, row))]);
      const inputs = [...pairs.map(([first]) => first), ...pairs.map(([, second]) => second)];
      const gradient = compileGradient(rolledUp(program), inputs.length);
      assert(gradient, OPCODE_NAMES[opcode]);
      const actual = new Float64Array(inputs.length);
      gradient.run(inputs, actual);
      const rows = gradientProgram(
        program,
        program.inputAvals.map(() => true),
      );
      assertClose(actual, interpreted(tapeOf(rows) as Tape, inputs), OPCODE_NAMES[opcode] as string);
      swept++;
    }
    assert(swept > 30, `${swept} operations`);
  });

  it('are not swept where a gradient is stopped, and looked at row by row where a sweep gives NaN', () => {
    const b = new Emitter();
    const x = b.input(SCALAR);
    let value = x;
    for (let time = 0; time < 300; time++) value = b.emitScalar2(OPCODES.mul, value, b.stopGradient(x));
    assert.deepEqual(gradientBy(b.finish([value]), [1]), { results: [1], swept: false });
    const roots = (counted: number) => {
      const c = new Emitter();
      const inputs = Array.from({ length: 200 }, () => c.input(SCALAR));
      const zero = c.literal(0);
      const all = inputs.map((input) => {
        const root = c.emitScalar1(OPCODES.sqrt, input);
        c.emit('guard', [c.emitScalar2(OPCODES.ge, root, zero, BOOL_AVAL)], { expected: 1 });
        return root;
      });
      return c.finish([all.slice(0, counted).reduce((sum, row) => c.emitScalar2(OPCODES.add, sum, row))]);
    };
    // No share of zero times infinity where a root of zero only decides something.
    const point = Array.from({ length: 200 }, (_, index) => (index < 100 ? 4 : 0));
    const some = gradientBy(roots(100), point);
    assert.deepEqual(some, { results: point.map((number) => number / 16), swept: true });
    const whole = gradientBy(
      roots(200),
      point.map(() => 4),
    );
    assert.deepEqual(whole, { results: point.map(() => 0.25), swept: true });
  });

  it('compute cheap values again rather than keep them for the sweep', () => {
    const b = new Emitter();
    const inputs = Array.from({ length: 1000 }, () => b.input(SCALAR));
    const sum = inputs.reduce((total, input) => {
      const difference = b.emitScalar2(OPCODES.sub, input, b.literal(3));
      return b.emitScalar2(OPCODES.add, total, b.emitScalar2(OPCODES.mul, difference, difference));
    }, b.literal(0));
    const program = b.finish([sum]);
    const gradient = compileGradient(rolledUp(program), 1000) as CompiledGradient;
    const results = new Float64Array(1000);
    assert(gradient.run(new Float64Array(1000).fill(5), results));
    assert.deepEqual([...results], new Array(1000).fill(4));
    // The inputs, their adjoints and little else.
    assert(gradient.memoryBytes < 2.1 * 8 * 1000, `${gradient.memoryBytes} bytes`);
  });

  it('say which guard does not hold where gradients are swept', () => {
    const b = new Emitter();
    const x = b.input(SCALAR);
    let value = x;
    for (let time = 0; time < 200; time++) {
      value = b.emitScalar2(OPCODES.mul, value, x);
      b.emit('guard', [b.emitScalar2(OPCODES.lt, value, b.literal(2), BOOL_AVAL)], { expected: 1 });
    }
    const program = b.finish([value]);
    assert(gradientBy(program, [0.5]).swept);
    assert.throws(() => gradientBy(program, [1.5]), GuardError);
  });

  it('write over array elements that nothing reads any more, and never over others', () => {
    let shrunk = 0;
    for (const seed of NESTS) {
      const { program, inputs } = affineNest(seed);
      const random = randomNumbers(seed);
      const active = program.inputAvals.map(() => true);
      const gradient = vjpProgram(program, active);
      const all = [...inputs, ...Array.from(program.outputs, () => random() - 0.5)];
      const moved = jvpProgram(
        gradient,
        gradient.inputAvals.map(() => true),
      );
      for (const [one, point] of [
        [program, inputs],
        [gradient, all],
        [moved, [...all, ...all]],
      ] as const) {
        const tape = tapeOf(one) as Tape;
        assertSame(compiled(tape, point).results, interpreted(tape, point), `seed ${seed}`);
        shrunk += shrunkArrays(tape);
      }
    }
    assert(shrunk > 2 * NESTS.length, `${shrunk} arrays were shrunk`);
  });

  it('agree with the reference interpreter', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { program, inputs } = randomNest(seed, true);
      const expected = reference(program, inputs);
      assertSame(compiled(tapeOf(program) as Tape, inputs).results, expected, `seed ${seed}`);
    }
  });

  it('pass the dot-product test: forward and reverse mode agree', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { program, inputs } = randomNest(seed, false);
      const active = program.inputAvals.map(() => true);
      const random = randomNumbers(seed);
      const tangents = Array.from(inputs, () => random() - 0.5);
      const cotangents = Array.from(program.outputs, () => random() - 0.5);
      const forward = compiled(tapeOf(jvpProgram(program, active)) as Tape, [...inputs, ...tangents]).results;
      const reverse = compiled(tapeOf(vjpProgram(program, active)) as Tape, [...inputs, ...cotangents]).results;
      const count = program.outputs.length;
      let left = 0;
      let right = 0;
      let scale = 1;
      cotangents.forEach((value, index) => (left += value * forward[count + index]));
      tangents.forEach((value, index) => {
        right += value * reverse[count + index];
        scale += Math.abs(value * reverse[count + index]);
      });
      if (!Number.isFinite(left) || !Number.isFinite(right)) continue;
      assert(Math.abs(left - right) <= 1e-9 * scale, `seed ${seed}: ${left} and ${right}`);
    }
  });
});

function runRolled(rolled: RolledTape, inputs: ArrayLike<number>): { results: Float64Array } {
  const results = new Float64Array(rolled.outputs.sites.length);
  assert(compileRolled(rolled).run(inputs, results));
  return { results };
}

function rolledUp(program: Program): RolledTape {
  return rollUp(tapeOf(program) as Tape, Infinity) as RolledTape;
}

/** The derivatives of a program's only output, and whether they were swept over its loops. */
function gradientBy(program: Program, inputs: readonly number[]): { results: number[]; swept: boolean } {
  const active = program.inputAvals.map(() => true);
  const origin = { kind: 'gradient', of: program, by: inputs.length } as const;
  const gradient = new Program(() => gradientProgram(program, active).columns, origin);
  const swept = gradientTier.compile(gradient, 1);
  return { results: [...(swept ?? compile(gradient)).runFlat(Float64Array.from(inputs))], swept: swept !== null };
}

/** The program up to one of its rows. */
function returning(program: Program, row: number): Program {
  return new Program({ ...program.columns, outputs: Int32Array.of(row) });
}

/** Rows with numbers that are computed. */
function floatRows(program: Program): number[] {
  return Array.from(program.columns.opcodes.keys()).filter(
    (row) => program.columns.opcodes[row] > OPCODES.guard && program.aval(row).dtype === 'float64',
  );
}

/** The sum of all outputs, each with a weight of its own. */
function weighted(program: Program, seed: number): Program {
  const b = new Emitter();
  const random = randomNumbers(seed);
  const rows = inline(
    b,
    program,
    program.inputAvals.map((aval) => b.input(aval)),
  );
  return b.finish([
    rows.reduce(
      (sum, row) => b.emitScalar2(OPCODES.add, sum, b.emitScalar2(OPCODES.mul, row, b.newLiteral(random()))),
      b.literal(0),
    ),
  ]);
}

/** Equal up to rounding; NaN where NaN is. */
function assertClose(actual: Float64Array, expected: Float64Array, what: string): void {
  let scale = 0;
  for (const value of expected) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  expected.forEach((value, index) => {
    const isClose =
      Object.is(actual[index], value) ||
      actual[index] === value ||
      Math.abs(actual[index] - value) <= 1e-9 * Math.max(Math.abs(value), 1e-6 * scale);
    assert(isClose, `${what}: derivative ${index} is ${actual[index]}, not ${value}`);
  });
}

/** Arrays with fewer elements than their sites have instances. */
function shrunkArrays(tape: Tape): number {
  const rolled = rollUp(tape, Infinity) as RolledTape;
  const { tree } = rolled;
  const { arrayAt, inPlace } = layOut(rolled);
  let count = 0;
  arrayAt.forEach((at, site) => {
    if (at >= 0 && inPlace.extents(site).size < extentsOf(loopsAround(tree, site)).size) count++;
  });
  return count;
}

function reference(program: Program, inputs: Float64Array): Float64Array {
  const values = Array.from(inputs, (value) => ({
    shape: [],
    dtype: 'float64' as const,
    data: Float64Array.of(value),
  }));
  return Float64Array.from(interpret(program, values), ({ data }) => data[0]);
}
