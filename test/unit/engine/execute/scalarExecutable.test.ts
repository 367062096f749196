import assert from 'node:assert/strict';
import '../../../../src/engine/primitives/all';
import { GuardError } from '../../../../src/engine/errors';
import { compile } from '../../../../src/engine/execute/run';
import '../../../../src/engine/execute/tiers';
import { compileTape } from '../../../../src/engine/execute/scalar/compiled';
import { type ScalarExecutable, scalarExecutable } from '../../../../src/engine/execute/scalar/executable';
import { allocateValues, interpretTape } from '../../../../src/engine/execute/scalar/interpret';
import { SparseJacobian } from '../../../../src/engine/execute/scalar/jacobian';
import { tapeArity } from '../../../../src/engine/execute/scalar/operations';
import { isScalarProgram, tapeOf } from '../../../../src/engine/execute/scalar/tape';
import { OPCODES, OPCODE_NAMES } from '../../../../src/engine/primitives/opcodes';
import type { PrimitiveName } from '../../../../src/engine/primitives/params';
import { SCALAR } from '../../../../src/engine/program/aval';
import { BOOL_AVAL } from '../../../../src/engine/program/builder';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program, Row } from '../../../../src/engine/program/program';
import { randomNumbers } from './nests';

/** Σ (xᵢ₊₁ − xᵢ²)² over n inputs. */
function chain(n: number): Program {
  const b = new Emitter();
  const x = Array.from({ length: n }, () => b.input(SCALAR));
  let sum = b.literal(0);
  for (let i = 0; i + 1 < n; i++) {
    const t = b.emitScalar2(OPCODES.sub, x[i + 1], b.emitScalar2(OPCODES.mul, x[i], x[i]));
    sum = b.emitScalar2(OPCODES.add, sum, b.emitScalar2(OPCODES.mul, t, t));
  }
  return b.finish([sum]);
}

function chainValue(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) sum += (x[i + 1] - x[i] * x[i]) ** 2;
  return sum;
}

describe('scalar programs', () => {
  it('are known by their values: arrays, integers and unknown operations are others', () => {
    assert(isScalarProgram(chain(3)));
    const b = new Emitter();
    const x = b.input({ shape: [2], dtype: 'float64' });
    assert(!isScalarProgram(b.finish([b.neg(x)])));
    const c = new Emitter();
    const y = c.input(SCALAR);
    assert(!isScalarProgram(c.finish([c.convert(y, 'int32')])));
  });

  it('leave out rows that neither outputs nor guards need', () => {
    const b = new Emitter();
    const x = b.input(SCALAR);
    b.sin(x);
    const tape = tapeOf(b.finish([b.cos(x)]));
    assert.equal(tape?.size, 1);
  });

  it('give outputs that are inputs, literals, shared and constant', () => {
    const b = new Emitter();
    const x = b.input(SCALAR);
    const y = b.mul(x, x);
    const executable = scalarExecutable(b.finish([y, x, b.literal(7), y, b.literal(-0)])) as ScalarExecutable;
    assert.deepEqual([...executable.run([3])], [9, 3, 7, 9, -0]);
    executable.compile();
    assert.equal(executable.tier, 'wasm');
    assert.deepEqual([...executable.run([3])], [9, 3, 7, 9, -0]);
  });

  it('compute every operation of a tape in compiled code as the interpreter does', () => {
    const random = randomNumbers(5);
    const special = [0, -0, 1, -1, 0.5, 2.5, -2.5, 3, Infinity, -Infinity, NaN, 1e-310, 1e300];
    for (let opcode = 0; opcode < 256; opcode++) {
      const arity = tapeArity[opcode];
      const name = OPCODE_NAMES[opcode] as PrimitiveName;
      if (arity === 0 || ['input', 'literal', 'guard', 'stopGradient', 'integerPow'].includes(name)) continue;
      const b = new Emitter();
      const tests = ['and', 'or', 'xor', 'not'].includes(name);
      const inputs = Array.from({ length: arity }, () => b.input(SCALAR));
      const operands = inputs.map((row, index) =>
        tests || (name === 'select' && index === 0) ? b.emitScalar2(OPCODES.gt, row, b.literal(0), BOOL_AVAL) : row,
      );
      const tape = tapeOf(b.finish([b.emit(name as 'add', operands, undefined)]));
      assert(tape, name);
      const code = compileTape(tape);
      assert(code, name);
      const out = new Float64Array(1);
      for (let round = 0; round < 60; round++) {
        const at = inputs.map(() => (round % 2 ? special[Math.floor(random() * special.length)] : random() * 8 - 4));
        const values = allocateValues(tape);
        values.set(at);
        interpretTape(tape, values);
        code.run(at, out);
        assert(
          Object.is(out[0], values[tape.outputs[0]]),
          `${name}(${at.join(', ')}): ${out[0]}, not ${values[tape.outputs[0]]}`,
        );
      }
    }
  });

  it('raise integer powers', () => {
    for (const exponent of [-3, -1, 0, 1, 2, 3, 4, 7]) {
      const b = new Emitter();
      const executable = scalarExecutable(b.finish([b.integerPow(b.input(SCALAR), exponent)])) as ScalarExecutable;
      executable.compile();
      assert(Math.abs(executable.run([1.7])[0] - 1.7 ** exponent) <= 1e-15 * 1.7 ** exponent);
    }
  });

  it('stop where a guard does not hold, compiled or not, and say which', () => {
    const b = new Emitter();
    const x = b.input(SCALAR);
    const test = b.emitScalar2(OPCODES.lt, x, b.literal(1), BOOL_AVAL);
    b.emit('guard', [test], { expected: 1 });
    b.emit('guard', [b.mul(x, b.literal(0))], { expected: NaN });
    const program = b.finish([b.neg(x)]);
    const executable = scalarExecutable(program) as ScalarExecutable;
    for (const compiled of [false, true]) {
      if (compiled) executable.compile();
      assert.deepEqual([...executable.run([-Infinity])], [Infinity]);
      assert.throws(
        () => executable.run([2]),
        (error: unknown) => error instanceof GuardError && error.row === 3,
      );
      assert.throws(() => executable.run([0.5]), GuardError);
    }
  });

  it('check guards in every iteration of a rolled loop', () => {
    const b = new Emitter();
    const n = 50;
    const x = Array.from({ length: n }, () => b.input(SCALAR));
    let sum: Row = b.literal(0);
    for (let i = 0; i < n; i++) {
      const positive = i % 3 !== 0;
      const test = b.emitScalar2(OPCODES.gt, x[i], b.literal(0), BOOL_AVAL);
      b.emit('guard', [test], { expected: positive ? 1 : 0 });
      sum = b.emitScalar2(OPCODES.add, sum, x[i]);
    }
    const executable = scalarExecutable(b.finish([sum])) as ScalarExecutable;
    executable.compile();
    assert(executable.codeRows < 30);
    const at: number[] = x.map((_, index) => (index % 3 !== 0 ? 1 : -1));
    assert.equal(executable.run(at)[0], n - 2 * Math.ceil(n / 3));
    for (let i = 0; i < n; i++) {
      at[i] = -at[i];
      assert.throws(() => executable.run(at), GuardError, `guard ${i}`);
      at[i] = -at[i];
    }
  });

  it('are interpreted at first and compiled when that has cost as much as compiling', () => {
    const n = 60;
    const executable = scalarExecutable(chain(n)) as ScalarExecutable;
    const at = Array.from({ length: n }, (_, index) => Math.sin(index));
    assert.equal(executable.run(at)[0], chainValue(at));
    assert.equal(executable.tier, 'interpret');
    for (let run = 0; run < 200_000 && executable.tier === 'interpret'; run++) executable.run(at);
    assert.equal(executable.tier, 'wasm');
    assert.equal(executable.run(at)[0], chainValue(at));
    assert(executable.compileTime > 0 && executable.codeBytes > 0 && executable.memoryBytes > 0);
  });

  it('share an executable where the content is equal', () => {
    assert.equal(scalarExecutable(chain(40)), scalarExecutable(chain(40)));
    assert.notEqual(scalarExecutable(chain(40)), scalarExecutable(chain(41)));
    // Of long tapes some elements only are hashed: the others count too.
    const sums = (odd: number) => {
      const b = new Emitter();
      const [x, y] = [b.input(SCALAR), b.input(SCALAR)];
      let z = x;
      for (let row = 0; row < 30_000; row++) z = b.emitScalar2(OPCODES.add, z, row === odd ? y : x);
      return scalarExecutable(b.finish([z])) as ScalarExecutable;
    };
    const first = sums(12_001);
    assert.equal(first, sums(12_001));
    const second = sums(12_002);
    assert.notEqual(first, second);
    for (const one of [first, second]) assert.deepEqual([...one.run([1, 0])], [30_000]);
  });

  it('keep the code of a loop small however long it is', () => {
    const sizes = [100, 1000, 10_000].map((n) => {
      const executable = scalarExecutable(chain(n)) as ScalarExecutable;
      executable.compile();
      const at = Array.from({ length: n }, (_, index) => Math.sin(index));
      assert.equal(executable.run(at)[0], chainValue(at));
      return executable.codeRows;
    });
    assert.equal(sizes[0], sizes[2]);
    assert(sizes[2] < 20);
  });

  it('run through `compile` on values and on flat numbers', () => {
    const executable = compile(chain(3));
    assert.equal(executable.runFlat(Float64Array.of(1, 2, 3))[0], 1 + 1);
    const [result] = executable.run(
      [1, 2, 3].map((value) => ({ shape: [], dtype: 'float64', data: Float64Array.of(value) })),
    );
    assert.equal(result.data[0], 2);
    assert.equal(executable.info.tier, 'interpret');
  });
});

describe('sparse Jacobians of scalar programs', () => {
  it('have the entries of a band only, and their values', () => {
    const n = 30;
    const b = new Emitter();
    const x = Array.from({ length: n }, () => b.input(SCALAR));
    const outputs = x.map((row, i) => (i === 0 ? b.sin(row) : b.mul(b.mul(x[i - 1], x[i - 1]), row)));
    const sparse = SparseJacobian.of(b.finish(outputs));
    assert(sparse);
    assert.equal(sparse.rows.length, 1 + 2 * (n - 1));
    const at = Array.from({ length: n }, (_, index) => 1 + index / n);
    const dense = sparse.dense(at);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const expected =
          i === 0
            ? j === 0
              ? Math.cos(at[0])
              : 0
            : j === i
              ? at[i - 1] ** 2
              : j === i - 1
                ? 2 * at[i - 1] * at[i]
                : 0;
        assert(Math.abs(dense[i * n + j] - expected) < 1e-14, `${i}, ${j}`);
      }
    }
  });

  it('are refused where rows depend on too many inputs', () => {
    const b = new Emitter();
    const x = Array.from({ length: 400 }, () => b.input(SCALAR));
    let sum = x[0];
    for (const row of x) sum = b.add(sum, b.sin(b.mul(row, sum)));
    assert.equal(SparseJacobian.of(b.finish([sum])), undefined);
  });
});
