import assert from 'node:assert/strict';
import { makeProgram, np, printProgram, simplify, validateProgram, type NdArray } from '../../../../src/engine/index';
import { interpret } from '../../../../src/engine/execute/interpret';
import { Emitter } from '../../../../src/engine/program/emitter';
import { eliminateDeadRows } from '../../../../src/engine/program/prune';
import type { Program, Row } from '../../../../src/engine/program/program';

const SCALAR = { shape: [], dtype: 'float64' } as const;

/** A program of scalar inputs. */
function build(count: number, write: (b: Emitter, ...inputs: Row[]) => Row | Row[]): Program {
  const b = new Emitter();
  const inputs = Array.from({ length: count }, () => b.input(SCALAR));
  return b.finish([write(b, ...inputs)].flat());
}

const simple = (program: Program) => printProgram(simplify(program)).replace(/\s+/g, ' ');

describe('simplify', () => {
  it('merges equal equations, with equal parameters', () => {
    const program = build(1, (b, x) => b.mul(b.integerPow(b.sin(x), 3), b.integerPow(b.sin(x), 3)));
    assert.equal(
      simple(program),
      '{ lambda ; a:f64[]. let b:f64[] = sin a c:f64[] = integer_pow[exponent=3] b d:f64[] = mul c c in (d,) }',
    );
  });

  it('folds constants, and drops neutral elements', () => {
    assert.equal(simple(build(1, (b, x) => b.mul(x, b.exp(b.literal(0))))), '{ lambda ; a:f64[]. let in (a,) }');
    assert.equal(
      simple(build(1, (b, x) => b.add(b.literal(0), b.sub(x, b.literal(0))))),
      '{ lambda ; a:f64[]. let in (a,) }',
    );
    assert.equal(simple(build(1, (b, x) => b.neg(b.neg(b.div(x, b.literal(1)))))), '{ lambda ; a:f64[]. let in (a,) }');
    assert.equal(
      simple(build(1, (b, x) => b.add(x, b.mul(b.literal(2), b.literal(3))))),
      '{ lambda ; a:f64[]. let b:f64[] = add a 6.0:f64[] in (b,) }',
    );
  });

  it('sees ones and zeros through broadcasts', () => {
    const program = makeProgram((x: NdArray) => x.mul(np.ones([2, 3])).add(np.zeros([2, 3])))(np.ones([2, 3]));
    assert.equal(simple(program), '{ lambda ; a:f64[2,3]. let in (a,) }');
  });

  it('keeps 0 · x, which is NaN for a NaN, and what a guard needs', () => {
    assert.match(simple(build(1, (b, x) => b.mul(x, b.literal(0)))), /mul a 0\.0/);
    const guarded = build(1, (b, x) => {
      b.emit('guard', [b.gt(x, b.literal(0))], { expected: 1 });
      b.sin(x);
      return b.cos(x);
    });
    assert.equal(
      simple(guarded),
      '{ lambda ; a:f64[]. let b:bool[] = gt a 0.0:f64[] _ = guard[expected=1] b c:f64[] = cos a in (c,) }',
    );
    const known = build(1, (b, x) => {
      b.emit('guard', [b.gt(b.literal(1), b.literal(0))], { expected: 1 });
      return b.cos(x);
    });
    assert.doesNotMatch(simple(known), /guard/);
  });

  it('does not merge a checkpoint with what it computes again', () => {
    const inner = build(1, (b, x) => b.sin(x));
    const again = build(1, (b, x) => b.sin(x));
    const program = build(1, (b, x) => [
      ...b.emitMany('call', [x], { program: inner, name: 'f', kind: 'checkpoint' }),
      ...b.emitMany('call', [x], { program: again, name: 'f', kind: 'checkpoint' }),
      b.sin(x),
    ]);
    assert.equal(simple(program).match(/checkpoint/g)?.length, 2);
  });

  it('leaves the values as they are', () => {
    const program = build(2, (b, x, y) => {
      const dead = b.exp(x);
      b.mul(dead, y);
      const shared = b.add(b.mul(x, y), b.literal(0));
      return [b.select(b.gt(x, y), shared, shared), b.sub(shared, b.mul(b.mul(x, y), b.literal(1)))];
    });
    const short = simplify(program);
    validateProgram(short);
    assert.ok(short.size < program.size);
    const inputs = [3, 4].map((x) => ({ ...SCALAR, data: Float64Array.of(x) }));
    assert.deepEqual(
      interpret(short, inputs).map(({ data }) => data[0]),
      interpret(program, inputs).map(({ data }) => data[0]),
    );
  });
});

describe('eliminateDeadRows', () => {
  it('keeps inputs, outputs, guards, and all projections of a tuple that is needed', () => {
    const body = build(2, (b, x, y) => [b.add(x, y), b.mul(x, y)]);
    const program = build(2, (b, x, y) => {
      b.emitMany('call', [y, y], { program: body, name: 'dead', kind: 'jit' });
      return b.emitMany('call', [x, x], { program: body, name: 'f', kind: 'jit' })[1];
    });
    const short = eliminateDeadRows(program);
    validateProgram(short);
    assert.deepEqual(
      Array.from({ length: short.size }, (_, row) => short.name(row)),
      ['input', 'input', 'call', 'project', 'project'],
    );
    const guarded = build(1, (b, x) => {
      b.emit('guard', [b.gt(x, b.literal(0))], { expected: 1 });
      return x;
    });
    assert.equal(eliminateDeadRows(guarded).size, guarded.size);
    assert.equal(eliminateDeadRows(guarded, { keepGuards: false }).size, 1);
  });

  it('leaves a long program as it is where few rows are dead', () => {
    const long = (dead: number) =>
      build(1, (b, x) => {
        for (let row = 0; row < dead; row++) b.sin(x);
        let y = x;
        for (let row = 0; row < 70_000; row++) y = b.add(y, x);
        return y;
      });
    const few = long(100);
    assert.equal(eliminateDeadRows(few), few);
    assert.equal(eliminateDeadRows(long(70_000)).size, 70_001);
  });
});
