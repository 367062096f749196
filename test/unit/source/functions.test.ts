/** What is found in a file: functions, parameters with their types, tags, points. */
import assert from 'node:assert/strict';
import { findFunctions, type FoundFunction } from '../../../src/source/find/functions';
import { parseModule } from '../../../src/source/parse';

function find(text: string, others: Record<string, string> = {}): FoundFunction[] {
  const files: Record<string, string> = { '/main.ts': text, ...others };
  return findFunctions(parseModule('/main.ts', text), {
    module: (file) => (file in files ? parseModule(file, files[file]) : undefined),
    resolve: (specifier) => `/${specifier.replace(/^\.\//, '')}.ts`,
  });
}

const names = (text: string) => find(text).map(({ name }) => name);
const typesOf = (text: string, others?: Record<string, string>) =>
  find(text, others)[0].parameters.map(({ type }) => type);

describe('finding functions', () => {
  it('finds declarations, arrows, expressions, defaults, methods, namespaces', () => {
    const text = `
function hidden(x: number): number { return x; }
export function shown(x: number): number { return x; }
const arrow = (x: number) => x, expression = function (x: number) { return x; };
export default (x: number): number => x;
class A { static s(x: number) { return x; } m(x: number) { return x; } field = (x: number) => x; get g() { return 1; } }
class B { constructor(public k: number) {} m(x: number) { return x; } static s(x: number) { return x; } }
abstract class C { m(x: number) { return x; } }
export namespace N { export function inner(x: number): number { return x; } function not(x: number) { return x; } export namespace M { export const deep = (x: number) => x; } }
declare function ambient(x: number): number;
`;
    assert.deepEqual(names(text), [
      'hidden',
      'shown',
      'arrow',
      'expression',
      'default',
      'A.s',
      'A.m',
      'A.field',
      'B.s',
      'N.inner',
      'N.M.deep',
    ]);
    const found = find(text);
    assert.deepEqual(
      found.filter(({ exported }) => exported).map(({ name }) => name),
      ['shown', 'default', 'N.inner', 'N.M.deep'],
    );
  });

  it('counts exports by list and by default', () => {
    const found = find(
      'const f = (x: number) => x; function g(x: number) { return x; }\nexport { f };\nexport default g;',
    );
    assert.deepEqual(
      found.map(({ name, exported }) => [name, exported]),
      [
        ['f', true],
        ['g', true],
      ],
    );
  });

  it('takes the implementation of overloads, with the doc comment of the first', () => {
    const [found, ...rest] = find(
      '/** @at 3 */\nfunction f(x: number): number;\nfunction f(x: string): string;\nfunction f(x: any): any { return x; }',
    );
    assert.equal(rest.length, 0);
    assert.deepEqual(
      found.points.map(({ expression }) => expression),
      ['3'],
    );
    assert.equal(found.range.line, 2);
  });

  it('gives ranges to the column', () => {
    const [found] = find('  export const area = (w: number, h = 2): number => w * h;');
    assert.deepEqual(found.nameRange, { line: 1, column: 16, endLine: 1, endColumn: 20 });
    assert.deepEqual(found.parameters[0].range, { line: 1, column: 24, endLine: 1, endColumn: 33 });
    assert.deepEqual(found.parameters[1].optional, true);
    assert.equal(found.returnType, 'number');
  });

  it('lists what can be read of a file with syntax errors', () => {
    assert.deepEqual(
      names(
        'function a(x: number) { return x; }\nfunction b(x: number) { return x +; }\nconst c = (x: number) => x\nfunction d(',
      ),
      ['a', 'b', 'c'],
    );
  });
});

describe('types', () => {
  it('resolves aliases, interfaces, generics, tuples, literals and typed arrays', () => {
    const text = `
type Vec = [number, number];
interface Base { id?: string }
interface Shape<T> extends Base { at: Vec; data: T[]; kind: 'a' | 'b'; f: () => void }
export function f(a: Vec, b: Shape<Float64Array>, c: readonly number[], d: Array<number>, e: Int32Array, g: Partial<{ u: number }>, h: Record<'x' | 'y', number>, i: Record<string, number>, j: number | undefined, k: { [name: string]: number }): number { return 0; }`;
    assert.deepEqual(typesOf(text), [
      '[number, number]',
      '{ id?: string; at: [number, number]; data: Float64Array[]; kind: "a" | "b"; f: function }',
      'number[]',
      'number[]',
      'Int32Array',
      '{ u?: number }',
      '{ x: number; y: number }',
      'Record<string, number>',
      'number',
      'Record<string, number>',
    ]);
  });

  it('follows imports, renamed and exported again', () => {
    const types = typesOf(
      "import { P as Q } from './types';\nimport type * as T from './types';\nexport function f(a: Q, b: T.P): number { return 0; }",
      {
        '/types.ts': "export { Point as P } from './deep';",
        '/deep.ts': 'export interface Point { x: number; y: number }',
      },
    );
    assert.deepEqual(types, ['{ x: number; y: number }', '{ x: number; y: number }']);
  });

  it('infers from default values and from the type of the variable', () => {
    assert.deepEqual(
      typesOf(
        'export function f(a = 1, b = [1, 2], c = { u: 1, v: "x" }, d = new Float64Array(3), e = -Math.PI) { return a; }',
      ),
      ['number', 'number[]', '{ u: number; v: string }', 'Float64Array', 'number'],
    );
    assert.deepEqual(
      typesOf('type Fn = (x: number[], k: number) => number;\nexport const f: Fn = (x, k) => x[0] * k;'),
      ['number[]', 'number'],
    );
  });

  it('ends on types that contain themselves', () => {
    const [found] = find(
      'interface Tree { value: number; children: Tree[] }\nexport function f(t: Tree): number { return t.value; }',
    );
    assert.equal(found.parameters[0].differentiable, true);
  });

  it('ends on trees, whose nodes hold two of their kind', () => {
    const [found] = find(
      'interface Tree { left?: Tree; right?: Tree; value: number }\nexport function f(t: Tree): number { return t.value; }',
    );
    assert.equal(found.parameters[0].type, '{ left?: Tree; right?: Tree; value: number }');
    assert.deepEqual(
      found.points.map(({ source }) => source),
      ['random'],
    );
  });

  it('knows classes by what their instances keep, and makes one where numbers are enough for it', () => {
    const vectors = `export class Vec { constructor(public x = 0, public y = 0) {} dot(v: Vec): number { return this.x * v.x; } }
      export interface Pair { a: Vec; b: Vec }`;
    const text = `import { Vec, type Vec as Only } from './vec';
      import * as v from './vec';
      class Named { constructor(readonly name: string, public k: number) {} }
      class Held<T> { #secret = 1; value: T; constructor(value: T) { this.value = value; } }
      class Sub extends Vec { w = 2; static s = 3; }
      abstract class Open { k = 1; }
      export function f(a: Vec, b: v.Vec, c: Held<number>, d: Sub): number { return a.x; }
      export function g(a: Named): number { return a.k; }
      export function h(a: Open): number { return a.k; }
      export function i(a: Only): number { return a.x; }
      export function j(a: v.Pair): number { return a.a.x; }`;
    const found = find(text, { '/vec.ts': vectors });
    assert.deepEqual(
      found.map(({ parameters }) => parameters.map(({ type, differentiable }) => [type, differentiable])),
      [
        [
          ['Vec', true],
          ['v.Vec', true],
          ['Held', true],
          ['Sub', true],
        ],
        [['Named', true]],
        [['Open', true]],
        [['Only', true]],
        [['{ a: Vec; b: Vec }', true]],
      ],
    );
    const point =
      /^new Vec\(0\.\d+, 0\.\d+\), new v\.Vec\(0\.\d+, 0\.\d+\), new Held\(0\.\d+\), new Sub\(0\.\d+, 0\.\d+\)$/;
    assert.match(found[0].points[0].expression, point);
    assert.deepEqual(
      found.slice(1).flatMap(({ points }) => points),
      [],
      'what is not known to be made of numbers',
    );
  });

  it('takes maps of numbers, and with a point whatever its arguments turn out to be', () => {
    const [map, any, bare] = find(
      `/** @at new Map([['a', 1]]) */ export function f(m: ReadonlyMap<string, number>): number { return m.get('a')!; }
       /** @at [1] */ export function g(m: any): number { return m[0]; }
       export function h(m: any): number { return m[0]; }`,
    );
    assert.deepEqual(
      [map, any, bare].map(({ differentiable }) => differentiable),
      [true, true, false],
    );
    assert.equal(map.parameters[0].type, 'Map<…, number>');
  });

  it('says which parameters are not differentiable, and why', () => {
    const [found] = find(
      'export function f(x: number, n: Int8Array, s: string, m: "a" | "b", g: (v: number) => number, u: unknown): number { return x; }',
    );
    assert.deepEqual(
      found.parameters.map(({ differentiable }) => differentiable),
      [true, false, false, false, false, false],
    );
    assert.deepEqual(
      found.parameters.map(({ reason }) => reason),
      [
        undefined,
        'Int8Array holds integers.',
        '`string` has no floating-point numbers in it.',
        'It has a fixed set of values.',
        'It is a function.',
        'Its type `unknown` is not known to hold numbers.',
      ],
    );
    assert.deepEqual(found.wrt, [0]);
  });

  it('says why a function is not differentiable', () => {
    const reasons = find(
      'function a(): number { return 1; }\nfunction b(x: number) { x; }\nfunction c(x: number): string { return ""; }\nfunction* d(x: number) { yield x; }\nfunction e(s: string): number { return 1; }',
    ).map(({ reason }) => reason);
    assert.deepEqual(reasons, [
      'It takes no arguments.',
      'It returns nothing.',
      'It returns `string`, which has no numbers in it.',
      'It is a generator.',
      '`s`: `string` has no floating-point numbers in it.',
    ]);
  });
});

describe('points', () => {
  it('reads the tags', () => {
    const [found] = find(`
/**
 * Words about @ things.
 * @at [1, 2], 3
 * @at x = [4,
 *   5], k = 6
 * @wrt k, x
 * @check
 */
export function f(x: number[], k: number): number { return k; }`);
    assert.deepEqual(
      found.points.map(({ source, expression }) => [source, expression]),
      [
        ['@at', '[1, 2], 3'],
        ['@at', 'x = [4,\n  5], k = 6'],
      ],
    );
    assert.deepEqual(found.points[0].range, { line: 4, column: 8, endLine: 4, endColumn: 17 });
    assert.deepEqual(found.wrt, [1, 0]);
    assert.equal(found.checked, true);
  });

  it('reads one-line comments and @gradientOf', () => {
    const [f, g] = find(
      '/** @at -1.5 */ export const f = (x: number) => x;\n/** @gradientOf f */\nfunction g(x: number): number { return 1; }',
    );
    assert.equal(f.points[0].expression, '-1.5');
    assert.deepEqual([g.gradientOf, g.checked], ['f', true]);
  });

  it('takes default values, else random numbers that stay the same', () => {
    const text =
      'export function a(x = 1, y = [2]) { return x; }\nexport function b(x: number[], o: { u: number; s?: string }): number { return o.u; }';
    const [a, b] = find(text);
    assert.deepEqual(a.points, [{ source: 'default', expression: '1, [2]' }]);
    assert.equal(b.points[0].source, 'random');
    assert.match(b.points[0].expression, /^\[0\.\d\d, 0\.\d\d, 0\.\d\d\], \{ u: 0\.\d\d, s: '' \}$/);
    assert.deepEqual(find(text)[1].points, b.points);
  });

  it('asks for a tag where a type says too little', () => {
    const [found] = find('export function f(x: number, other: Unknown): number { return x; }');
    assert.deepEqual(
      [found.differentiable, found.reason],
      [false, 'No point to look at it: write `@at` in its doc comment.'],
    );
  });
});
