/** Derivatives at the hard points: kinks, ties, zeros, infinities. The same in both modes. */
import assert from 'node:assert/strict';
import { interpret } from '../../../../src/engine/execute/interpret';
import type { PrimitiveName } from '../../../../src/engine/primitives/params';
import type { ArrayValue } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { ParamsOf, Program } from '../../../../src/engine/program/program';
import { jvpProgram } from '../../../../src/engine/transforms/jvp';
import { vjpProgram } from '../../../../src/engine/transforms/reverse';
import { equation, floatOperands, pruned } from './support/checks';
import { array, difference, scalar, vector } from './support/values';

/** The Jacobian of the only result, operand by operand, column by column: one jvp each, with the other operands at rest. */
function forwardColumns(program: Program, inputs: readonly ArrayValue[]): number[][][] {
  return floatOperands(inputs).map((active, operand) => {
    if (!active) return [];
    const { shape, data } = inputs[operand];
    const derived = jvpProgram(
      program,
      inputs.map((_, index) => index === operand),
    );
    return Array.from(data, (_, at) => {
      const seed = array(
        shape,
        Array.from(data, (__, i) => (i === at ? 1 : 0)),
      );
      return Array.from(interpret(derived, [...inputs, seed])[1].data);
    });
  });
}

/** The same by rows: one vjp each. */
function reverseColumns(program: Program, inputs: readonly ArrayValue[]): number[][][] {
  const active = floatOperands(inputs);
  const derived = pruned(vjpProgram(program, active));
  const [{ shape, data }] = interpret(program, inputs);
  const rows = Array.from(data, (_, at) => {
    const seed = array(
      shape,
      Array.from(data, (__, i) => (i === at ? 1 : 0)),
    );
    return interpret(derived, [...inputs, seed]).slice(1);
  });
  let next = 0;
  return inputs.map((input, operand) => {
    if (!active[operand]) return [];
    const place = next++;
    return Array.from(input.data, (_, at) => rows.map((row) => row[place].data[at]));
  });
}

/** Jacobian columns of an equation; asserts that both modes agree. */
function jacobian<P extends PrimitiveName>(name: P, inputs: readonly ArrayValue[], params: ParamsOf<P>): number[][][] {
  const program = equation(name, inputs, params);
  const forward = forwardColumns(program, inputs);
  assert.deepEqual(reverseColumns(program, inputs), forward, `${name}: the modes differ`);
  return forward;
}

/** Derivatives of a function of scalars, one an operand. */
function slopes(name: 'neg', ...values: number[]): number[] {
  return jacobian(
    name,
    values.map((value) => scalar(value)),
    undefined,
  ).map(([[slope]]) => slope + 0);
}

const kinks: readonly [name: string, operands: number[], expected: number[]][] = [
  ['abs', [0], [0]],
  ['sign', [0], [0]],
  ['sign', [2], [0]],
  ['floor', [1], [0]],
  ['ceil', [1.5], [0]],
  ['round', [0.5], [0]],
  ['roundHalfUp', [0.5], [0]],
  ['trunc', [-1.5], [0]],
  ['sqrt', [0], [Infinity]],
  ['cbrt', [0], [Infinity]],
  ['log', [0], [Infinity]],
  ['log1p', [-1], [Infinity]],
  ['asin', [1], [Infinity]],
  ['acos', [1], [-Infinity]],
  ['acosh', [1], [Infinity]],
  ['acosh', [-2], [NaN]],
  ['atanh', [1], [Infinity]],
  ['asin', [2], [NaN]],
  ['erfInv', [1], [Infinity]],
  ['tanh', [1000], [0]],
  ['logistic', [-1000], [0]],
  ['logistic', [1000], [0]],
  ['softplus', [1000], [1]],
  ['softplus', [-1000], [0]],
  ['expm1', [-40], [Math.exp(-40)]],
  ['max', [1, 1], [0.5, 0.5]],
  ['max', [1, 2], [0, 1]],
  ['min', [1, 1], [0.5, 0.5]],
  ['min', [1, 2], [1, 0]],
  ['clamp', [0, 0, 1], [0.5, 0.5, 0]],
  ['clamp', [0, 1, 1], [0, 0.5, 0.5]],
  ['clamp', [0, -1, 1], [1, 0, 0]],
  ['clamp', [0, 0.5, 1], [0, 1, 0]],
  ['clamp', [0, 2, 1], [0, 0, 1]],
  ['div', [1, 0], [Infinity, -Infinity]],
  ['pow', [0, 2], [0, 0]],
  ['pow', [0, 1], [1, 0]],
  ['pow', [0, 0], [0, 0]],
  ['pow', [3, 0], [0, Math.log(3)]],
  ['pow', [-2, 3], [12, NaN]],
  ['rem', [5.5, 2], [1, -2]],
  ['rem', [-5.5, 2], [1, 2]],
  ['atan2', [0, 0], [NaN, NaN]],
  ['atan2', [0, -1], [-1, 0]],
  ['hypot', [0, 0], [0, 0]],
  ['hypot', [3e200, 4e200], [0.6, 0.8]],
  ['stopGradient', [3], [0]],
];

describe('Conventions at the hard points', () => {
  for (const [name, operands, expected] of kinks) {
    it(`${name}(${operands.join(', ')}) has the derivative ${expected.join(', ')}`, () => {
      const actual = slopes(name as 'neg', ...operands);
      const off = difference([vector(...actual)], [vector(...expected)]);
      assert.ok(off < 1e-15, `got ${actual.join(', ')}`);
    });
  }

  it('integerPow is smooth at 0', () => {
    assert.deepEqual(jacobian('integerPow', [scalar(0)], { exponent: 1 }), [[[1]]]);
    assert.deepEqual(jacobian('integerPow', [scalar(0)], { exponent: 2 }), [[[0]]]);
    assert.deepEqual(jacobian('integerPow', [scalar(0)], { exponent: 0 }), [[[0]]]);
  });

  it('x² as pow has the second derivative 2 at 0', () => {
    const b = new Emitter();
    const x = b.input(scalar(0));
    const square = b.finish([b.pow(x, b.literal(2))]);
    const second = jvpProgram(jvpProgram(square, [true]), [true, false]);
    assert.deepEqual(Array.from(interpret(second, [scalar(0), scalar(1), scalar(1)])[3].data), [2]);
  });

  it('the third derivative of tanh at 0.5 is −0.565209…', () => {
    let program = equation('tanh', [scalar(0.5)], undefined);
    const inputs = [scalar(0.5)];
    for (let order = 0; order < 3; order++) {
      program = jvpProgram(program, [true, ...inputs.slice(1).map(() => false)]);
      inputs.push(scalar(1));
    }
    const results = interpret(program, inputs);
    const t = Math.tanh(0.5);
    const expected = (1 - t * t) * (6 * t * t - 2);
    assert.ok(Math.abs(results[results.length - 1].data[0] - expected) < 1e-15);
    assert.ok(Math.abs(expected + 0.565209) < 1e-5);
  });

  it('0 · ∞ is the same NaN in both modes', () => {
    const b = new Emitter();
    const x = b.input(scalar(0));
    const program = b.finish([b.sqrt(b.mul(x, b.literal(0)))]);
    assert.deepEqual(forwardColumns(program, [scalar(1)]), [[[NaN]]]);
    assert.deepEqual(reverseColumns(program, [scalar(1)]), [[[NaN]]]);
  });

  it('select gives the derivative of the branch taken', () => {
    const condition = array([2], [1, 0], 'bool');
    assert.deepEqual(jacobian('select', [condition, vector(1, 2), vector(3, 4)], undefined).slice(1), [
      [
        [1, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [0, 1],
      ],
    ]);
  });

  it('products have the right derivatives with one zero and with two', () => {
    const of = (...x: number[]) => jacobian('reduceProd', [vector(...x)], { axes: [0] })[0].flat();
    assert.deepEqual(of(2, 3, 4), [12, 8, 6]);
    assert.deepEqual(of(2, 0, 4), [0, 8, 0]);
    assert.deepEqual(of(0, 0, 4), [0, 0, 0]);
    const program = equation('reduceProd', [vector(0, 0, 4)], { axes: [0] });
    const hessian = jvpProgram(jvpProgram(program, [true]), [true, false]);
    const mixed = interpret(hessian, [vector(0, 0, 4), vector(1, 0, 0), vector(0, 1, 0)]);
    assert.equal(mixed[3].data[0], 4);
  });

  it('running products have the right derivatives with one zero and with two', () => {
    const of = (reverse: boolean, ...x: number[]) => jacobian('cumprod', [vector(...x)], { axis: 0, reverse })[0];
    assert.deepEqual(of(false, 2, 0, 4), [
      [1, 0, 0],
      [0, 2, 8],
      [0, 0, 0],
    ]);
    assert.deepEqual(of(false, 0, 0, 4), [
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    assert.deepEqual(of(true, 0, 3, 4), [
      [12, 0, 0],
      [0, 4, 0],
      [0, 3, 1],
    ]);
  });

  it('ties of extremes share equally', () => {
    assert.deepEqual(jacobian('reduceMax', [vector(1, 3, 3)], { axes: [0] })[0].flat(), [0, 0.5, 0.5]);
    assert.deepEqual(jacobian('reduceMin', [vector(1, 3, 1)], { axes: [0] })[0].flat(), [0.5, 0, 0.5]);
    assert.deepEqual(jacobian('cummax', [vector(1, 1, 1, 2)], { axis: 0, reverse: false })[0], [
      [1, 0.5, 1 / 3, 0],
      [0, 0.5, 1 / 3, 0],
      [0, 0, 1 / 3, 0],
      [0, 0, 0, 1],
    ]);
    assert.deepEqual(jacobian('cummin', [vector(2, 1, 2)], { axis: 0, reverse: true })[0], [
      [0, 0, 0],
      [1, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('logsumexp is stable, with −∞ in a row, and in a whole row', () => {
    const of = (...x: number[]) => {
      const [{ data }] = interpret(equation('reduceLogSumExp', [vector(...x)], { axes: [0] }), [vector(...x)]);
      return [data[0], ...jacobian('reduceLogSumExp', [vector(...x)], { axes: [0] })[0].flat()];
    };
    assert.deepEqual(
      of(1000, 1000),
      [1000 + Math.LN2, 0.5, 0.5].map((v, i) => (i > 0 ? Math.exp(1000 - (1000 + Math.LN2)) : v)),
    );
    assert.deepEqual(of(0, -Infinity), [0, 1, 0]);
    assert.deepEqual(of(-Infinity, -Infinity), [-Infinity, 0, 0]);
    assert.equal(
      interpret(equation('reduceLogSumExp', [vector(1, 2)], { axes: [0] }), [vector(Infinity, 1)])[0].data[0],
      Infinity,
    );
  });

  it('sort moves the derivatives along, equal elements in order', () => {
    assert.deepEqual(jacobian('sort', [vector(3, 1, 1)], { axis: 0 })[0], [
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  it('of several updates to one place, the last gets the derivative', () => {
    const indices = array([2, 1], [1, 1], 'int32');
    const [ofOperand, , ofUpdates] = jacobian('scatterSet', [vector(5, 6), indices, vector(7, 8)], {
      axes: [0],
      batchDims: 0,
    });
    assert.deepEqual(ofOperand, [
      [1, 0],
      [0, 0],
    ]);
    assert.deepEqual(ofUpdates, [
      [0, 0],
      [0, 1],
    ]);
  });
});
