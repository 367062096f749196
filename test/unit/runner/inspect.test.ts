/** What an editor shows of a function: values and adjoints by line, findings, slices, checks. */
import assert from 'node:assert/strict';
import type { Operation } from '../../../src/runner/protocol';
import { check } from '../../../src/runner/requests/check';
import { derivativeSource } from '../../../src/runner/requests/derivativeSource';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { inspect } from '../../../src/runner/requests/inspect';
import { inspectSelection } from '../../../src/runner/requests/selection';
import { slice } from '../../../src/runner/requests/slice';
import { handlers } from '../../../src/runner/service';
import { contextFor, session } from './support/derive';

let count = 0;
function open(text: string): string {
  const file = `/virtual/inspect${++count}.ts`;
  session.overlay(file, text);
  return file;
}

describe('inspect', () => {
  it('gives value, count, extremes and adjoint of each line', async () => {
    const file = open(
      'export function f(x: number[]): number {\n  let s = 0;\n  for (const v of x) {\n    const y = v * v;\n    s += y;\n  }\n  return 3 * s;\n}',
    );
    const { lines, value, matrix, inputs, dependencies } = await inspect(contextFor(), {
      file,
      fn: 'f',
      args: [[1, 3, 2]],
    });
    assert.equal(value, 42);
    assert.deepEqual(matrix, { kind: 'dense', rows: 1, columns: 3, values: Float64Array.of(6, 18, 12) });
    assert.deepEqual(inputs, [{ path: 'x', shape: [3], offset: 0, size: 3, argument: 0 }]);
    assert.deepEqual(dependencies, [file]);
    const line = (number: number) => lines.find((each) => each.line === number);
    const { value: last, count: times, min, max, adjoint, values, adjoints } = line(4)!;
    assert.deepEqual([last, times, min, max, adjoint], [4, 3, 1, 9, 3]);
    assert.deepEqual([values, adjoints], [Float64Array.of(1, 9, 4), Float64Array.of(3, 3, 3)]);
    assert.deepEqual([line(2)!.value, line(2)!.hasAdjoint], [0, false]);
    assert.deepEqual([line(7)!.value, line(7)!.adjoint], [42, 1]);
    assert.ok(Math.abs(lines.reduce((sum, each) => sum + each.errorShare, 0) - 1) < 1e-12);
  });

  it('says a point that was set by hand so that it can be written into the file', async () => {
    const file = open(
      'export const f = (x: Float64Array, o: { k: number; "the name": string }) => x.map((v) => v * o.k + o["the name"].length);',
    );
    const args = [Float64Array.of(1.5, -0, NaN, Infinity), { k: -2, 'the name': 'a, b' }];
    const { point, inputValues, value } = await inspect(contextFor(), { file, fn: 'f', args });
    const expression = 'new Float64Array([1.5, -0, NaN, Infinity]), { k: -2, "the name": "a, b" }';
    assert.deepEqual(point, { source: 'panel', expression });
    const written = await inspect(contextFor(), { file, fn: 'f', at: expression });
    assert.deepEqual([written.inputValues, written.value], [inputValues, value]);
  });

  it('cuts a long point where it is read, and gives all of it where it is written', async () => {
    const file = open('export const f = (p: { w: Float64Array; k: number }) => p.w[4999] * p.k;');
    const args = [{ w: Float64Array.from({ length: 5000 }, (_, i) => Math.sin(i)), k: 2 }];
    const { point, inputValues, value } = await inspect(contextFor(), { file, fn: 'f', args });
    assert.equal(point.cut, true);
    assert.match(point.expression, /^\{ w: new Float64Array\(\[0, 0\.8414709848078965, .*, …\]\), … \}$/);
    assert.ok(point.expression.length < 2200, String(point.expression.length));
    const { expression } = await handlers.arguments(contextFor(), { file, fn: 'f', args });
    const written = await inspect(contextFor(), { file, fn: 'f', at: expression });
    assert.deepEqual([written.inputValues, written.value], [inputValues, value]);
  });

  it('counts decisions, of helpers in other files too', async () => {
    const helper = open('export const clip = (v: number) => v > 1 ? 1 : v;');
    const file = open(
      `import { clip } from '${helper.replace('.ts', '')}';\nexport const f = (x: number[]) => x.map(clip).reduce((a, b) => a + b, 0);`,
    );
    const { lines } = await inspect(contextFor(), { file, fn: 'f', args: [[0.5, 2, 3]] });
    const [line] = lines.filter((each) => each.file === helper);
    assert.deepEqual(line.guards, [{ text: 'v > 1', taken: 2, notTaken: 1 }]);
    assert.deepEqual([line.value, line.count], [1, 3]);
  });

  it('finds where NaN and infinity start, kinks, zero derivatives', async () => {
    const file = open(
      'export function f(x: number[]): number {\n  const a = Math.log(x[0]);\n  const b = a * 0 + Math.abs(x[1]);\n  return b + Math.floor(x[2]);\n}\nexport function g(x: number): number {\n  return Math.sqrt(x) * 2;\n}',
    );
    const { findings } = await inspect(contextFor(), { file, fn: 'f', args: [[0, 0, 2]] });
    const seen = findings.map(({ code, location, message }) => [code, location.line, message]);
    assert.deepEqual(seen.filter(([code]) => code === 'infinity-born')[0], [
      'infinity-born',
      2,
      '-Infinity starts here: log(0).',
    ]);
    assert.deepEqual(seen.filter(([code]) => code === 'nan-born')[0], [
      'nan-born',
      3,
      'NaN starts here: -Infinity × 0.',
    ]);
    assert.ok(
      seen.some(([code, line, message]) => code === 'non-differentiable' && line === 3 && /abs/.test(String(message))),
    );
    assert.ok(seen.some(([code, line]) => code === 'non-differentiable' && line === 4));
    const slope = await inspect(contextFor(), { file, fn: 'g', args: [0] });
    assert.ok(
      slope.findings.some(
        ({ code, location, message }) =>
          code === 'infinity-born' && location.line === 7 && /derivative of sqrt\(0\)/.test(message),
      ),
    );
  });

  it('says where the NaN of a single derivative comes from', async () => {
    const file = open(
      'export function power(x: number): number {\n  return Math.abs(x) ** 1.5;\n}\nexport function root(x: number): number {\n  const y = Math.sqrt(x);\n  return y * 0;\n}\nexport const log = (x: number) => Math.log(x);',
    );
    const warned = async (fn: string, op: Operation, x: number) => {
      const { warnings } = await evaluate(contextFor(), { file, fn, op, args: [x] });
      return warnings.map(({ code, location, message }) => `${location.line} ${code}: ${message}`);
    };
    assert.deepEqual(await warned('log', 'value', -1), ['8 nan-born: NaN starts here: log(-1).']);
    assert.deepEqual(await warned('root', 'grad', 0), ['5 nan-born: The derivative of sqrt(0) is NaN here.']);
    assert.deepEqual(await warned('power', 'hessian', 0), [
      '1 nan-born: The result of `hessian` is not finite, though the value and the first derivatives are.',
    ]);
    assert.deepEqual(await warned('power', 'hessian', 1), []);
  });

  it('compares with differences where comparisons carry the inputs', async () => {
    const file = open(`export function bisect(c: number): number {
  let a = 0, b = 10;
  for (let i = 0; i < 60; i++) {
    const m = (a + b) / 2;
    if (m ** 3 - c > 0) b = m; else a = m;
  }
  return a;
}
export const partly = (c: number) => c * bisect(c);
export const relu = (x: number) => (x > 0 ? x * 2 : 0);
export const steps = (c: number) => { let n = 0; for (let s = 0; s < c; s += 0.01) n++; return n; };
export const both = (x: number[]) => [x[0] > 0 ? x[1] : 0, bisect(x[1])];
export function newton(c: number): number {
  let y = c;
  for (let i = 0; i < 50 && Math.abs(y * y - c) > 1e-14; i++) y = 0.5 * (y + c / y);
  return y;
}
/** The least of (x − c)² + x⁴ over x, by golden sections. */
export function least(c: number): number {
  const f = (x: number) => (x - c) ** 2 + x ** 4;
  const ratio = (Math.sqrt(5) - 1) / 2;
  let a = -3, b = 5;
  for (let i = 0; i < 60; i++) {
    const l = b - ratio * (b - a), r = a + ratio * (b - a);
    if (f(l) < f(r)) b = r; else a = l;
  }
  return f((a + b) / 2);
}
export const bend = (x: number) => (x > 0 ? x * x : 3 * x * x);`);
    const warned = async (fn: string, x: number | number[], op: Operation = 'grad') => {
      const { warnings } = await evaluate(contextFor(), { file, fn, op, args: [x] });
      return warnings.map(({ code, location, message }) => `${location.line} ${code}: ${message.split('. ').pop()}`);
    };
    assert.deepEqual(await warned('bisect', 5), ['5 derivative-lost: Differences give 0.114, the derivative is 0.']);
    assert.deepEqual(await warned('partly', 5), ['5 derivative-lost: Differences give 2.28, the derivative is 1.71.']);
    assert.match((await warned('both', [1, 5], 'jacobian')).join(), /^5 derivative-lost/);
    assert.deepEqual(await warned('relu', 0), [
      '10 non-differentiable: The point is at the edge of a branch: the slopes to both sides are 0 and 2, and 0 is taken.',
    ]);
    assert.deepEqual(await warned('relu', -1), []);
    assert.deepEqual(await warned('steps', 2.3456), []);
    assert.deepEqual(await warned('newton', 2), []);
    // The gradient at a minimum is right whatever found it; only second derivatives need its derivative.
    assert.deepEqual(await warned('least', 2), []);
    for (const op of ['hessian', 'hvp'] as const) {
      assert.deepEqual(await warned('least', 2, op), [
        '25 derivative-lost: Differences of gradients give 1.614, the second derivative is 2.',
      ]);
      assert.deepEqual(await warned('bend', 0, op), [
        '29 non-differentiable: The point is at the edge of a branch: the second derivatives to both sides are 6 and 2, and 6 is taken.',
      ]);
      assert.deepEqual(await warned('newton', 2, op), []);
      assert.deepEqual(await warned('bend', 1, op), []);
    }
  });

  it('tells random and remembering functions', async () => {
    const file = open(
      'let n = 0;\nexport const f = (x: number) => x * Math.random();\nexport const g = (x: number) => x * n++;\nexport const h = (x: number) => x;',
    );
    const codes = async (fn: string) =>
      (await inspect(contextFor(), { file, fn, args: [2] })).findings.map(({ code }) => code);
    assert.ok((await codes('f')).includes('impure'));
    await codes('g');
    assert.ok((await codes('g')).includes('impure'));
    assert.deepEqual(await codes('h'), []);
  });

  it('captures the console with its place', async () => {
    const file = open('export function f(x: number): number {\n  console.log("x is", x, [x]);\n  return x;\n}');
    const { console: entries } = await inspect(contextFor(), { file, fn: 'f', args: [2] });
    assert.deepEqual([entries[0].level, entries[0].text, entries[0].location?.line], ['log', 'x is 2 [ 2 ]', 2]);
  });

  it('shows an expression', async () => {
    const file = open('export function f(x: number): number {\n  return Math.sin(x * x) * 3;\n}');
    const { text, value, adjoint, gradient } = await inspectSelection(contextFor(), {
      file,
      fn: 'f',
      args: [2],
      range: { line: 2, column: 19, endLine: 2, endColumn: 24 },
    });
    assert.deepEqual([text, value, gradient], ['x * x', 4, Float64Array.of(4)]);
    assert.ok(Math.abs(adjoint - 3 * Math.cos(4)) < 1e-15);
  });

  it('checks: a wrong hand-written gradient, a NaN, a kink', async () => {
    const file = open(
      'export const f = (x: number[]) => x[0] ** 2 * x[1];\n/** @gradientOf f */ export const g = (x: number[]) => [2 * x[0] * x[1], x[0]];\nexport const n = (x: number) => Math.sqrt(x) * 0;\nexport const k = (x: number) => Math.abs(x);',
    );
    const { passed, mismatch } = await check(contextFor(), { file, fn: 'g', args: [[3, 2]] });
    assert.deepEqual([passed, mismatch], [false, { path: 'x[1]', claimed: 3, derived: 9 }]);
    assert.equal((await check(contextFor(), { file, fn: 'n', args: [0] })).passed, false);
    assert.equal((await check(contextFor(), { file, fn: 'k', args: [0] })).passed, false);
    assert.equal((await check(contextFor(), { file, fn: 'k', args: [1] })).passed, true);
  });

  it('slices along one and two directions, over branches', async () => {
    const file = open('export const f = (x: number[]) => (x[0] > 1.25 ? x[0] * 3 : x[0] ** 2 * x[1]);');
    const one = await slice(contextFor(), {
      file,
      fn: 'f',
      args: [[1, 2]],
      directions: [Float64Array.of(1, 0)],
      radius: 1,
      samples: 3,
    });
    assert.deepEqual(
      [one.positions, one.values, one.slope, one.curvature],
      [Float64Array.of(-1, 0, 1), Float64Array.of(0, 2, 6), Float64Array.of(4), 4],
    );
    const two = await slice(contextFor(), {
      file,
      fn: 'f',
      args: [[1, 2]],
      directions: [Float64Array.of(1, 0), Float64Array.of(0, 1)],
      radius: 1,
      samples: 3,
    });
    assert.deepEqual(two.field?.a, Float64Array.of(0, 0, 0, 2, 4, 6, 3, 3, 3));
    assert.deepEqual(two.field?.b, Float64Array.of(0, 0, 0, 1, 1, 1, 0, 0, 0));
    // As many points as the panel asks for: the field at every other one of either direction.
    const fine = await slice(contextFor(), {
      file,
      fn: 'f',
      args: [[1, 2]],
      directions: [Float64Array.of(1, 0), Float64Array.of(0, 1)],
      radius: 1,
      samples: 61,
    });
    assert.equal(fine.field?.every, 2);
    const at = (u: number, v: number) => [fine.field?.a[u * 61 + v], fine.field?.b[u * 61 + v]];
    assert.deepEqual(
      [at(0, 0), at(30, 30), at(60, 60)],
      [two.field?.a, two.field?.a, two.field?.a].map((_, index) => [two.field?.a[4 * index], two.field?.b[4 * index]]),
    );
    assert.deepEqual([at(1, 0), at(0, 1), at(31, 31)].flat(), Array(6).fill(NaN));
  });

  it('writes derivatives as TypeScript that compiles and agrees', async () => {
    const file = open(
      'export const f = (x: number[], o: { k: number }) => { let s = 0; for (const v of x) if (v > 0) s += Math.sin(v) * o.k ** 2; return s; };',
    );
    const { text, name } = await derivativeSource(contextFor(), {
      file,
      fn: 'f',
      args: [[1, -1], { k: 3 }],
      op: 'grad',
    });
    const written = open(text);
    const gradient = session.realm(false).load(written).evaluate(name) as (
      x: number[],
      o: { k: number },
    ) => [number[], { k: number }];
    const [dx, { k }] = gradient([1, -1], { k: 3 });
    assert.ok(Math.abs(dx[0] - 9 * Math.cos(1)) < 1e-12 && dx[1] === 0 && Math.abs(k - 6 * Math.sin(1)) < 1e-12);
    assert.throws(() => gradient([-1, -1], { k: 3 }), /Another branch/);
  });
});
