import assert from 'node:assert/strict';
import '../../../../src/engine/primitives/all';
import { gradientProgram } from '../../../../src/engine/execute/gpu/lanes';
import { interpret } from '../../../../src/engine/execute/interpret';
import { classify } from '../../../../src/engine/execute/roll/classify';
import { extentsOf, loopsAround } from '../../../../src/engine/execute/roll/inPlace';
import { layOut } from '../../../../src/engine/execute/roll/layout';
import { findLoops } from '../../../../src/engine/execute/roll/tree';
import { compileTape } from '../../../../src/engine/execute/scalar/compiled';
import { allocateValues, interpretTape } from '../../../../src/engine/execute/scalar/interpret';
import { tapeOf, type Tape } from '../../../../src/engine/execute/scalar/tape';
import { Program } from '../../../../src/engine/program/program';
import { jvpProgram } from '../../../../src/engine/transforms/jvp';
import { vjpProgram } from '../../../../src/engine/transforms/reverse';
import { affineNest } from './affineNests';
import { randomNest, randomNumbers } from './nests';

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

/** Arrays with fewer elements than their sites have instances. */
function shrunkArrays(tape: Tape): number {
  const tree = findLoops(tape);
  const { arrayAt, inPlace } = layOut(tape, tree, classify(tape, tree));
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
