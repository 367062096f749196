/** Arguments that are objects of classes: they are themselves in the function, private fields, bound methods and all. */
import assert from 'node:assert/strict';
import type { Data } from '../../../src/runner/protocol';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { inspect } from '../../../src/runner/requests/inspect';
import { pointArguments } from '../../../src/runner/requests/point';
import { plainFunction } from '../../../src/runner/plain';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/instances.ts';

async function gradient(text: string): Promise<unknown> {
  session.overlay(FILE, text);
  const { result, warnings } = await evaluate(contextFor(), { file: FILE, fn: 'f', op: 'grad' });
  assert.deepEqual(warnings, []);
  return JSON.parse(JSON.stringify(result));
}

const cases: [name: string, text: string, gradient: unknown][] = [
  [
    'private fields',
    `class Scaled { #x: number; k = 2; constructor(x: number) { this.#x = x; } get x(): number { return this.#x; } }
     /** @at new Scaled(5) */
     export function f(s: Scaled): number { return s.x * s.k * s.k; }`,
    { k: 20 },
  ],
  [
    'methods that are bound to it',
    `class Polynomial {
       readonly roots: readonly number[];
       constructor(...roots: number[]) { this.roots = roots; }
       at = (t: number): number => this.roots.reduce((product, root) => product * (t - root), 1);
     }
     /** @at new Polynomial(1, 2) */
     export function f(p: Polynomial): number { return p.at(4); }`,
    { roots: [-2, -3] },
  ],
  [
    'setters, inherited ones too',
    `class Base { constructor(public a: number) {} set twice(v: number) { this.a = v / 2; } get twice(): number { return this.a * 2; } }
     class Derived extends Base { b = 3; }
     /** @at new Derived(2) */
     export function f(d: Derived): number { d.twice = d.twice * 3; return d.a * d.b; }`,
    { a: 9, b: 6 },
  ],
  [
    'what the language itself keeps in an object',
    `/** @at { from: new Date(1000), k: 2, seen: new Set([1]), word: /a/ } */
     export function f(o: { from: Date; k: number; seen: Set<number>; word: RegExp }): number {
       return o.k * o.k * o.from.getTime() + o.seen.size + (o.word.test('a') ? o.k : 0);
     }`,
    { from: {}, k: 4001, seen: {}, word: {} },
  ],
  [
    'proxies',
    `/** @at new Proxy({ a: 2 }, { get: (target: any, key) => (key === 'b' ? target.a * 10 : target[key]) }) */
     export function f(o: any): number { return o.a * o.b; }`,
    { a: 40 },
  ],
  [
    'an object that its own function holds',
    `const held = { a: 3, square: (): number => held.a * held.a };
     /** @at held */
     export function f(o: { a: number; square(): number }): number { return o.square(); }`,
    { a: 6 },
  ],
  [
    'methods and getters of a literal',
    `/** @at { a: 3, get double() { return this.a * 2; }, times(k: number) { return this.a * k; } } */
     export function f(o: { a: number; double: number; times(k: number): number }): number { return o.double + o.times(5); }`,
    { a: 7 },
  ],
  [
    'one object in two places, each of which counts',
    `class Box { constructor(public v: number) {} }
     /** @at (() => { const box = new Box(3); return [box, box]; })() */
     export function f([a, b]: Box[]): number { return a.v * b.v * b.v; }`,
    [{ v: 9 }, { v: 18 }],
  ],
  [
    'arrays with holes',
    `/** @at [2, , 3] */
     export function f(x: number[]): number { return x[0] * x[2] * (1 in x ? 0 : x.length); }`,
    [9, null, 6],
  ],
];

describe('an argument that cannot be copied', () => {
  for (const [name, text, expected] of cases) {
    it(`keeps ${name}`, async () => {
      assert.deepEqual(await gradient(text), expected);
    });
  }

  it('is as before afterwards, whatever the function did to it', async () => {
    const text = `class Counter { n = 2; private last = 0; notes: number[] | undefined; step(): number { this.last = this.n * 3; this.notes = [this.last]; return (this.n = this.last * this.n); } }
      const one = new Counter();
      /** @at one */
      export function f(c: Counter): number { return c.step(); }`;
    const once = await gradient(text);
    assert.deepEqual(once, { n: 12, last: 0 });
    assert.deepEqual(await gradient(text), once);
  });

  it('is as before too where a run beside the point does not end', async () => {
    // Beside its point the loop goes on: the plain function is stopped there, and nothing of it runs any more.
    session.overlay(
      FILE,
      `class Held { constructor(public v: number) {} }
       const held = new Held(2);
       /** @at held */
       export function f(h: Held): number { let s = h.v; for (let t = String(h.v); t !== '2'; ) s += 0; return s * h.v; }
       /** @at 1 */
       export function now(x: number): number { return x * held.v; }`,
    );
    const context = { ...contextFor(), timeLimit: 100 };
    const { value } = await evaluate(context, { file: FILE, fn: 'f', op: 'grad' });
    const after = await evaluate(context, { file: FILE, fn: 'now', op: 'grad' });
    const plain = plainFunction(session, { file: FILE, fn: 'now' }, [0]).evaluate([1]);
    assert.deepEqual([value, after.value, [...plain]], [4, 2, [2]]);
  });
});

describe('numbers set by hand in an argument that is more than data', () => {
  const text = `class Line { constructor(public slope: number, readonly name = 'a') {} at = (t: number): number => this.slope * t; }
    const line = new Line(3);
    /** @at line, (t: number) => t * t, { k: 2, on: true } */
    export function f(l: Line, g: (t: number) => number, o: { k: number; on: boolean }): number { return o.on ? l.at(2) * g(o.k) : 0; }`;
  const target = { file: FILE, fn: 'f', wrt: [0, 2] };
  const moved = (slope: number, k: number, on = true, name = 'a') => [{ slope, name }, '[function ]', { k, on }];

  it('move it, and leave its methods and the other functions what they are', async () => {
    session.overlay(FILE, text);
    const at = async (args?: Data[]) => {
      const { value, result, warnings } = await evaluate(contextFor(), {
        ...target,
        op: 'grad',
        ...(args ? { args } : {}),
      });
      assert.deepEqual(warnings, []);
      return [value, JSON.parse(JSON.stringify(result))];
    };
    const home = [
      24,
      [
        { slope: 8, name: 'a' },
        { k: 24, on: true },
      ],
    ];
    assert.deepEqual(await at(), home);
    assert.deepEqual(await at(moved(5, 3)), [
      90,
      [
        { slope: 18, name: 'a' },
        { k: 60, on: true },
      ],
    ]);
    assert.deepEqual(await at(moved(5, 3, false)), [
      0,
      [
        { slope: 0, name: 'a' },
        { k: 0, on: false },
      ],
    ]);
    assert.deepEqual(await at(), home, 'the module is as before');
    const points = [await inspect(contextFor(), target), await inspect(contextFor(), { ...target, args: moved(5, 3) })];
    assert.deepEqual(
      points.map(({ point }) => [point.source, point.cut]),
      [
        ['@at', undefined],
        ['panel', true],
      ],
      'where it was moved, its text does not say it',
    );
  });

  it('are refused where something else in it is new', async () => {
    session.overlay(FILE, text);
    await assert.rejects(
      evaluate(contextFor(), { ...target, op: 'grad', args: moved(5, 3, true, 'b') }),
      /Only the numbers of `l` can be changed here/,
    );
  });

  it('are written into `@at` only where that says the same', async () => {
    session.overlay(FILE, text);
    const written = (args: Data[]) => pointArguments(contextFor(), { ...target, args }).expression;
    assert.equal(written(moved(3, 7)), 'line, (t: number) => t * t, { k: 7, on: true }');
    assert.throws(() => written(moved(4, 7)), /`l` holds functions or is an object of a class/);
  });
});
