import assert from 'node:assert/strict';
import type { InspectionState } from '../../../src/extension/inspection';
import { callText, type LensInput, lensKinds, lensText } from '../../../src/extension/lenses/lensModel';
import { untilGathered } from '../../../src/extension/lenses/late';
import { firstFunctionLine } from '../../../src/extension/lenses/firstFunction';
import type { CheckReport } from '../../../src/runner/protocol';
import { makeFunction, makeInspection } from './builders';

const fn = makeFunction('rosenbrock');
const inspection = makeInspection();
const all = ['derivative', 'hvp', 'hessian', 'check', 'profile', 'point'];
const ready: InspectionState = { kind: 'ready', fn, inspection, version: 1 };
const input = (state: InspectionState, more: Partial<LensInput> = {}): LensInput => ({
  fn,
  pointIndex: 0,
  state,
  check: { kind: 'none' },
  late: false,
  digits: 4,
  ...more,
});
const value = (state: InspectionState, more: Partial<LensInput> = {}): string =>
  lensText('value', input(state, more)).title;

describe('the lens row', () => {
  it('shows value and size', () => {
    assert.equal(value(ready), 'rosenbrock = 24.2 · ∇ 2');
    const jacobian = makeInspection({
      scalar: false,
      value: [1, 2],
      outputValues: Float64Array.of(1, 2),
      inputValues: new Float64Array(7),
    });
    assert.equal(value({ ...ready, inspection: jacobian }), 'rosenbrock = [1, 2] · 2×7');
    assert.equal(lensText('derivative', input({ ...ready, inspection: jacobian })).title, 'Jacobian');
    assert.equal(lensText('derivative', input(ready)).title, 'Gradient');
  });

  it('waits for more results only while a point is dragged in the panel', () => {
    const dragged = makeInspection({ point: { source: 'panel', expression: '[1, 2]' } });
    assert.equal(untilGathered(ready), undefined);
    assert.equal(untilGathered({ kind: 'running' }), undefined);
    const wait = untilGathered({ ...ready, inspection: dragged })!;
    assert.ok(wait > 0 && wait <= 100);
  });

  it('keeps the old value at its place while a newer one is computed, and marks it when that takes long', () => {
    const stale: InspectionState = { ...ready, kind: 'stale', since: 0 };
    assert.equal(value(stale), value(ready));
    assert.equal(value(stale, { late: true }).length, value(ready).length);
    assert.notEqual(value(stale, { late: true }), value(ready));
  });

  it('has the same lenses before the first result as after it', () => {
    assert.deepEqual(lensKinds(fn, undefined, all), lensKinds(fn, inspection, all));
    assert.deepEqual(lensKinds(makeFunction('g', 1, 3, { returnType: 'number[]' }), undefined, all), [
      'value',
      'derivative',
      'check',
      'profile',
      'point',
    ]);
    assert.deepEqual(lensKinds(fn, inspection, ['check']), ['value', 'check']);
  });

  it('gives the short reason of an error', () => {
    const failed: InspectionState = { kind: 'failed', error: { code: 'time-out', message: 'f took 2 s.' }, version: 1 };
    assert.equal(value(failed), '$(error) rosenbrock: took too long');
    const long = { code: 'user-error', message: `x ${'is undefined '.repeat(20)}` };
    assert.ok(value({ ...failed, error: long }).length < 100);
  });

  it('tells several points apart', () => {
    const points = [
      { source: '@at' as const, expression: '[-1.2, 1]' },
      { source: '@at' as const, expression: '[0, 0]' },
    ];
    assert.equal(callText(makeFunction('f', 1, 3, { points }), 1), 'f([0, 0])');
  });

  it('says how a check went', () => {
    const report = { verdict: 'It agrees to 9 digits.' } as CheckReport;
    const title = (check: LensInput['check']): string => lensText('check', input(ready, { check })).title;
    assert.equal(title({ kind: 'none' }), 'Check');
    assert.equal(title({ kind: 'passed', report }), 'Check ✓');
    assert.equal(title({ kind: 'failed', report }), 'Check ✗');
    assert.equal(lensText('check', input(ready, { check: { kind: 'failed', report } })).tooltip, report.verdict);
  });
});

describe('the place of the one lens in an untrusted workspace', () => {
  const cases: [string, number | undefined][] = [
    ['// x\n\nexport function f(x: number): number {', 2],
    ['export const f = (x: number[]) => x[0];', 0],
    ['function a(s: string) {}\nfunction f(\n  x: Float64Array,\n) {}', 1],
    ['/** @at [1] */\nfunction f(x) {}', 0],
    ['const title: string = "x";', undefined],
  ];
  for (const [text, line] of cases) {
    it(`${JSON.stringify(text.slice(0, 40))} → ${line}`, () => assert.equal(firstFunctionLine(text), line));
  }
});
