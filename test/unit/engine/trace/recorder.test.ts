import assert from 'node:assert/strict';
import { GuardError, LeakedTracerError, np } from '../../../../src/engine/index';
import { interpret } from '../../../../src/engine/execute/interpret';
import { OPCODES } from '../../../../src/engine/primitives/opcodes';
import { PositionTable } from '../../../../src/engine/program/positions';
import { bind } from '../../../../src/engine/trace/bind';
import { ConcreteArray, type NdArray } from '../../../../src/engine/trace/ndarray';
import { currentRecorder, Recorder, scalar } from '../../../../src/engine/trace/recorder';
import { traceFunction, traceInput } from '../../../../src/engine/trace/trace';

const value = (x: number) => ({ shape: [], dtype: 'float64' as const, data: Float64Array.of(x) });

describe('Recorder', () => {
  it('writes rows, and knows the value of each', () => {
    const recorder = new Recorder();
    const x = recorder.argument(scalar(3));
    const y = bind('mul', [x, bind('sin', [x], undefined)], undefined);
    assert.equal(y.concrete.data[0], 3 * Math.sin(3));
    const program = recorder.close([y]);
    assert.equal(interpret(program, [value(2)])[0].data[0], 2 * Math.sin(2));
    assert.equal(currentRecorder(), undefined);
  });

  it('computes values only when somebody asks, and deep ones without recursion', () => {
    const recorder = new Recorder();
    let x: NdArray = recorder.argument(scalar(0));
    const one = scalar(1);
    for (let step = 0; step < 200_000; step++) x = bind('add', [x, one], undefined);
    assert.equal(x.concrete.data[0], 200_000);
    recorder.abandon();
  });

  it('takes scalars with their values by the short way', () => {
    const recorder = new Recorder();
    const x = recorder.argument(scalar(2));
    const two = recorder.literal(2);
    const square = recorder.number2(OPCODES.mul, x.row, two, 4, 0);
    const sine = recorder.number1(OPCODES.sin, square.row, Math.sin(4), 0);
    assert.equal(sine.isNumber, true);
    assert.equal(recorder.scalarAt(sine.row), Math.sin(4));
    assert.equal(recorder.scalarAt(two), 2);
    assert.equal(recorder.literal(2), two);
    assert.notEqual(recorder.literal(-0), recorder.literal(0));
    const program = recorder.close([sine]);
    assert.equal(interpret(program, [value(5)])[0].data[0], Math.sin(10));
  });

  it('guards what control flow depended on, once each', () => {
    const recorder = new Recorder();
    const x = recorder.argument(scalar(3));
    const positive = bind('gt', [x, scalar(0)], undefined);
    assert.equal(positive.item(), true);
    assert.equal(positive.item(), true);
    assert.equal(bind('add', [scalar(1), scalar(2)], undefined).item(), 3);
    const program = recorder.close([bind('neg', [x], undefined)]);
    const guards = Array.from({ length: program.size }, (_, row) => program.name(row)).filter(
      (name) => name === 'guard',
    );
    assert.equal(guards.length, 1);
    assert.equal(interpret(program, [value(7)])[0].data[0], -7);
    assert.throws(
      () => interpret(program, [value(-7)]),
      (error: unknown) => {
        assert.ok(error instanceof GuardError);
        assert.match(error.message, /expected 1, got 0/);
        return true;
      },
    );
  });

  it('guards NaN and −0 as what they are', () => {
    const recorder = new Recorder();
    const x = recorder.argument(scalar(NaN));
    assert.ok(Number.isNaN(x.item()));
    const program = recorder.close([x]);
    assert.ok(Number.isNaN(interpret(program, [value(NaN)])[0].data[0]));
    assert.throws(() => interpret(program, [value(0)]), GuardError);
  });

  it('takes tracers of outer traces in as captured inputs', () => {
    const outer = new Recorder();
    const x = outer.argument(scalar(3));
    const traced = traceFunction(([y]) => [bind('mul', [x, y], undefined), x], [traceInput(5)]);
    assert.deepEqual(traced.captured, [x]);
    assert.equal(traced.program.inputs.length, 2);
    assert.deepEqual(
      interpret(traced.program, [value(5), value(3)]).map(({ data }) => data[0]),
      [15, 3],
    );
    // Operations on outer tracers alone stay outside.
    const before = outer.size;
    traceFunction(() => bind('sin', [x], undefined), []);
    assert.equal(outer.size, before + 1);
    outer.abandon();
  });

  it('shares positions with the inner trace, and translates those of other tables', () => {
    const table = new PositionTable();
    const outer = new Recorder(table);
    outer.position = table.add('f.ts', 3, 7);
    const x = outer.argument(scalar(1));
    const inner = new Recorder();
    assert.equal(inner.positionTable, table);
    inner.abandon();
    const program = outer.close([bind('sin', [x], undefined)]);
    assert.deepEqual(program.position(1), { file: 'f.ts', line: 3, column: 7 });
    const other = new Recorder(new PositionTable());
    other.positionTable.add('g.ts', 1, 1);
    const map = Int32Array.of(other.input({ shape: [], dtype: 'float64' }), -1);
    const row = other.copy(program, 1, map);
    assert.deepEqual(other.positionTable.at(other.positionOf(row)), { file: 'f.ts', line: 3, column: 7 });
    other.abandon();
  });

  it('refuses tracers of traces that have ended', () => {
    const recorder = new Recorder();
    const x = recorder.argument(scalar(1));
    recorder.close([x]);
    assert.throws(() => bind('sin', [x], undefined), LeakedTracerError);
    assert.throws(() => x.item(), LeakedTracerError);
    const next = new Recorder();
    const y = next.argument(scalar(1));
    assert.throws(() => bind('add', [x, y], undefined), LeakedTracerError);
    next.abandon();
  });

  it('ends when the function throws', () => {
    assert.throws(() => traceFunction(() => assert.fail('stop'), []), /stop/);
    assert.equal(currentRecorder(), undefined);
  });
});

describe('NdArray', () => {
  it('converts to a number where it has one element, and to text', () => {
    const one = new ConcreteArray(Float64Array.of(2.5), [1, 1], 'float64');
    assert.equal(Number(one), 2.5);
    assert.equal((one as unknown as number) * 2, 5);
    assert.equal(np.asarray(true).item(), true);
    assert.equal(np.asarray(3, { dtype: 'int32' }).item(), 3);
    assert.throws(() => Number(np.array([1, 2])), /only an array of one element.*f64\[2\]/);
    assert.equal(typeof `${one}`, 'string');
    assert.deepEqual([one.ndim, one.size, one.dtype], [2, 1, 'float64']);
  });
});
