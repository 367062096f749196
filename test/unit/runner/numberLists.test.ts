/** Plain arrays of numbers that a function only hands on to `np` are one input; all others are as they always were. */
import assert from 'node:assert/strict';
import type { Data, Target } from '../../../src/runner/protocol';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { recordTarget } from '../../../src/runner/requests/common';
import { pathOf } from '../../../src/runner/values/layout';
import { contextFor, derive, session, type Derived } from './support/derive';

const HELPERS = `import { grad, np, tree } from 'gradlens';
const kept: unknown[] = [];
const given = (a: number[]) => np.sum(np.square(a));
const looked = (a: number[]) => a.reduce((sum, item) => sum + item * item, 0);
let any: any;
const unseen = (a: any) => { any = a; return any[0] * any[1]; };
class Model { constructor(readonly w: number[]) {} get first() { return this.w[0]; } norm() { return np.sum(np.square(this.w)); } }
`;

type Case = [body: string, inputs: number];

/** Bodies of a function of x = (0.5, -1.25, 2), and how many inputs it is given in. */
const vectors: Case[] = [
  // ------------------------------------------------------------------ only handed on
  ['return np.sum(np.square(x));', 1],
  ['return np.multiply(np.array(x), x);', 1],
  ['return np.stack([x, np.sin(x)]);', 1],
  ['return np.array([x, [1, 2, 3]]);', 1],
  ['return np.concatenate([x, [7], x]);', 1],
  ['return np.dot([1, 2, 3], x);', 1],
  ['return np.divide(np.sum(x), x.length);', 1],
  ['let sum: any = 0; for (let i = 0; i < x.length; i++) sum = np.add(sum, np.take(np.array(x), i)); return sum;', 1],
  ['const y = x; return given(y);', 1],
  ['const p = { x }; const { x: y } = p; return given(y);', 1],
  ['return given(true ? x : [1]);', 1],
  ['return [x, given(x)];', 1],
  ['return x;', 1],
  ['return { twice: [x, x] };', 1],
  ['const inner = () => given(x); return inner();', 1],
  ['return grad((s: number) => np.multiply(s, np.sum(np.multiply(s, x))))(3);', 1],
  ['return np.float32(x);', 1],
  ['return np.where(np.greater(x, 0), x, np.square(x));', 1],
  ['return 7 * (x.length as number);', 1],
  // ------------------------------------------------------------------ looked at
  ['return x[0] * x[1];', 3],
  ['return np.multiply(np.sum(x), x[1]);', 3],
  ['return np.multiply(x[1], np.sum(x));', 3],
  ['x[0] = 5; return np.sum(np.square(x));', 3],
  ['const before = np.array(x); x[0] = 5; x.push(2); return np.sum(before).add(np.sum(np.square(x)));', 3],
  ['const y = x; y[1] = y[0] * 3; return np.sum(np.square(x));', 3],
  ['const [a, ...rest] = x; return np.multiply(a, np.sum(rest));', 3],
  ['let s = 0; for (const v of x) s += v ** 2; return s;', 3],
  ['return np.array(x.map((v) => v * v));', 3],
  ['return np.array([...x, 1]);', 3],
  ['return np.sum(Array.from(x, (v) => v * 3));', 3],
  ['return np.sum(JSON.parse(JSON.stringify(x)));', 3],
  ['return np.sum(structuredClone(x));', 3],
  ['return np.sum(new Float64Array(x));', 3],
  ['return Math.max(...x);', 3],
  ['return Math.max.apply(null, x);', 3],
  ['return np.sum(Object.values(x));', 3],
  ['return np.sum(Object.assign([], x));', 3],
  ['return np.sum(x.concat([1]).slice(1));', 3],
  ['x.sort((a, b) => a - b); return np.multiply(x, [1, 10, 100]);', 3],
  ['x.length = 2; return np.sum(np.square(x));', 3],
  ['delete (x as any).foo; return np.sum(x);', 3],
  ['return 1 in x ? np.sum(x) : 0;', 3],
  // ------------------------------------------------------------------ looked at where no text says so
  ['return looked(x);', 3],
  ['return unseen(x);', 3],
  ['return np.add(given(x), unseen(x));', 3],
  ['kept[0] = x; return np.add(np.sum(x), (kept[0] as number[])[2]);', 3],
  ['const m = new Model(x); return np.multiply(m.norm(), m.first);', 3],
  ['return grad(given)(x);', 3],
  ['return np.sum(tree.leaves({ a: x })[1] as number);', 3],
  ['return np.reshape([1, 2, 3, 4, 5, 6], [x.length, 2]);', 1],
  ['Object.freeze(x); return np.sum(x);', 3],
  ['try { (x as any).a.b; } catch { return np.sum(np.square(x)); } return 0;', 3],
];

const matrices: Case[] = [
  ['return np.matmul(x, [1, 2]);', 1],
  ['return np.trace(x);', 1],
  ['return np.stack([x, np.transpose(x)]);', 1],
  ['return x;', 1],
  ['return np.dot(x[0], x[1]);', 4],
  ['let s = 0; for (const [a, b] of x) s += a * b; return s;', 4],
  ['const [a, b] = x; return np.dot(a, b);', 4],
  ['const m = np.array(x); (unseen([x, 1]) as any); x[0][1] = 9; return np.add(m, x);', 4],
  ['return (np.array(x), unseen(x[1]));', 4],
  ['return np.sum(x.map((row) => np.sum(row)));', 4],
];

/** The same function, which looks at a number first: it has always been recorded with an input a number. */
const first = (body: string) => `void ((x as any)[0]); ${body}`;

function assertSame(found: Derived, expected: Derived): void {
  const close = (a: number[], b: number[]) => {
    assert.equal(a.length, b.length);
    a.forEach((value, index) => assert.ok(Object.is(value, b[index]) || Math.abs(value - b[index]) < 1e-12));
  };
  close(found.value, expected.value);
  close(found.jacobian, expected.jacobian);
  const codes = ({ warnings }: Derived) => warnings.map(({ code }) => code);
  assert.deepEqual(codes(found), codes(expected));
  for (const key of ['inputLeaves', 'inputLayouts', 'outputLayout', 'inputValues'] as const)
    assert.deepEqual(found.target.recorded[key], expected.target.recorded[key]);
}

describe('plain arrays of numbers in np functions', function () {
  this.timeout(30_000);

  for (const [type, point, cases] of [
    ['number[]', [0.5, -1.25, 2], vectors],
    [
      'number[][]',
      [
        [0.5, -1.25],
        [2, 3],
      ],
      matrices,
    ],
  ] as const) {
    for (const [body, inputs] of cases) {
      it(`${type}, ${inputs} input${inputs === 1 ? '' : 's'}: ${body}`, async () => {
        const text = (of: string) => `${HELPERS}export function f(x: ${type}): any { ${of} }`;
        const found = await derive(text(body), [point]);
        assert.equal(found.target.recorded.program.inputs.length, inputs);
        const expected = await derive(text(first(body)), [point]);
        assert.equal(expected.target.recorded.program.inputs.length, point.flat().length);
        assertSame(found, expected);
      });
    }
  }

  const FILE = '/virtual/lists.ts';
  const at = (fn: string, args?: unknown[]): Target => ({ file: FILE, fn, ...(args ? { args: args as Data[] } : {}) });
  const inputsOf = async (target: Target) => (await recordTarget(contextFor(), target)).recorded.program.inputs.length;
  before(() =>
    session.overlay(
      FILE,
      `import { np } from 'gradlens';
const shared = [1, 2, 3];
/** @at shared, shared */
export function twice(x: number[], y: number[]) { return np.dot(x, np.square(y)); }
/**
 * @wrt x
 * @at shared, [2, 0]
 */
export function taken(x: number[], places: number[]) { return np.sum(np.square(np.take(x, places))); }
/** @at shared, [2, 0] */
export function wrongly(x: number[], places: number[]) { return np.sum(np.take(x, places)); }
interface Layer { w: number[][]; b: number[] }
/** @at [{ w: [[1, 2]], b: [3] }, { w: [[4]], b: [5] }], [0.5, 0.25], 2 */
export function layers(all: Layer[], x: number[], power: number) {
  let h: any = x;
  for (const { w, b } of all) h = np.tanh(np.add(np.matmul(w, h), b));
  return np.sum(np.power(h, power));
}
class Point { constructor(public at: number[], readonly name = 'p') {} far() { return np.sum(np.square(this.at)); } }
/** @at new Point([3, 4]) */
export function instance(p: Point) { return p.far(); }
/** @at new Map([['a', [1, 2]]]) */
export function map(m: Map<string, number[]>) { return np.sum(np.square(m.get('a') as number[])); }
/** @at [[1, 2], [3]], [1, , 3] as any, Object.assign([1, 2], { of: 3 }) as any */
export function odd(ragged: any, holes: any, more: any) { return [ragged, holes, more]; }
let old: number[] | undefined;
/** @at [1, 2] */
export function remembers(x: number[]) { const sum = np.sum(old ? np.multiply(old, x) : np.square(x)); old = x; return sum; }
/** @at [2, 3] */
export async function later(x: number[]) { await null; return np.prod(x); }
/** @at [2, 3] */
export async function promised(x: number[]) { return x; }
/** @at [1, 2] */
export function thrown(x: number[]) { const sum = np.sum(x); if (looks(x)) throw new RangeError('too large'); return sum; }
const looks = (x: any) => x[0] < x[1];
let calls = 0;
/** @at [2, 3] */
export function counts(x: number[]) { calls++; return np.multiply(calls, x[0] * x[1]); }
`,
    ),
  );

  it('are each their own where one is given twice', async () => {
    const { result, value } = await evaluate(contextFor(), { ...at('twice'), op: 'grad' });
    assert.equal(value, 36);
    assert.deepEqual(result, [
      [1, 4, 9],
      [2, 8, 18],
    ]);
    assert.equal(await inputsOf(at('twice')), 2);
  });

  it('are places for `take` where they are not differentiated, and refused as such where they are', async () => {
    const { result } = await evaluate(contextFor(), { ...at('taken'), op: 'grad' });
    assert.deepEqual(result, [2, 0, 6]);
    await assert.rejects(
      evaluate(contextFor(), { ...at('wrongly'), op: 'grad' }),
      /a traced index must have an integer type/,
    );
  });

  it('are found in lists of objects, instances and maps; their names, columns and other points are what they were', async () => {
    const { recorded } = await recordTarget(contextFor(), at('layers'));
    assert.equal(recorded.program.inputs.length, 6);
    assert.deepEqual(
      recorded.inputLeaves.map(({ path, shape }) => [path, shape]),
      [
        ['all[0].w', [1, 2]],
        ['all[0].b', [1]],
        ['all[1].w', [1, 1]],
        ['all[1].b', [1]],
        ['x', [2]],
        ['power', []],
      ],
    );
    assert.equal(pathOf(recorded.inputLeaves, 1), 'all[0].w[0][1]');
    for (const args of [
      undefined,
      [
        [
          { w: [[0.1, -0.2]], b: [0.3] },
          { w: [[0.4]], b: [0.5] },
        ],
        [1, 2],
        3,
      ],
    ]) {
      const ask = (op: 'jacrev' | 'jacfwd' | 'hessian', backend: 'interpret' | 'wasm' | 'gpu') =>
        evaluate(contextFor(), { ...at('layers', args), op, backend, wrt: [0, 1] });
      const exact = (await ask('jacrev', 'interpret')).matrix?.values ?? [];
      assert.equal(exact.length, 7);
      for (const backend of ['wasm', 'gpu'] as const)
        (await ask('jacfwd', backend)).matrix?.values.forEach((value, index) =>
          assert.ok(Math.abs(value - exact[index]) < 1e-6, `${backend} ${index}`),
        );
      assert.equal((await ask('hessian', 'interpret')).matrix?.values.length, 49);
    }
    for (const [fn, args, gradient] of [
      ['instance', undefined, { at: [6, 8], name: 'p' }],
      ['instance', [{ at: [1, 5], name: 'p' }], { at: [2, 10], name: 'p' }],
      ['map', undefined, { a: [2, 4] }],
    ] as const) {
      const { result, warnings } = await evaluate(contextFor(), { ...at(fn, args as never), op: 'grad' });
      assert.deepEqual(result, gradient);
      assert.deepEqual(warnings, []);
      assert.equal(await inputsOf(at(fn)), 1);
    }
  });

  it('stay as they are where they are ragged, have holes or properties, throw, wait or are remembered', async () => {
    assert.equal(await inputsOf(at('odd')), 1 + 1 + 2 + 2);
    await assert.rejects(recordTarget(contextFor(), at('thrown')), /too large/);
    const { result } = await evaluate(contextFor(), { ...at('later'), op: 'grad' });
    assert.deepEqual(result, [3, 2]);
    assert.deepEqual((await evaluate(contextFor(), { ...at('promised'), op: 'jacobian' })).result, [
      [1, 0],
      [0, 1],
    ]);
    // A function that says itself that it looks at numbers runs once.
    assert.deepEqual(Array.from((await recordTarget(contextFor(), at('counts'))).recorded.outputValues), [6]);
    for (let time = 0; time < 2; time++) {
      const { recorded, impure } = await recordTarget(contextFor(), at('remembers'));
      assert.deepEqual(Array.from(recorded.outputValues), [5]);
      assert.equal(impure, time > 0);
    }
  });
});
