/** Rewritten text: what it is for plain runs, that no line moves, and that positions are those of the user's text. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseModule } from '../../../src/source/parse';
import { RewrittenModule } from '../../../src/source/rewrite/rewrite';

const rewrite = (text: string, file = '/main.ts') => new RewrittenModule(parseModule(file, text), 1, true);
const compiles = (code: string): unknown => new Function(code);

/** A word of the language that became part of a name of the runtime. */
const GLUED = /\b(?:return|case|throw|typeof|void|new|delete|in|of|instanceof|yield|await|else|do|extends)\$\$/;

const TYPES = `import { a, type B } from './x';
import type { C } from './y';
export interface I<T> { x: T }
type U = string
  | number;
export function f<T extends U>(
  this: void,
  x: T, y?: number,
  ...z: readonly number[]
): asserts x is T {
  const v = <const>[1] as unknown as number[];
  let w!: number, k: number = a!;
  class P<Q> extends Array<Q> implements I<Q> { declare q: Q; readonly x: Q = 1 as any; private static s?: number; abstract: number = 0; [key: string]: any; m?(): void; n<R>(r: R): R { return r!; } }
  label: for (const e of v satisfies number[]) { if (e) continue label; }
  new Map<string, number>();
  return void (x as any).y<number>(k);
}
export abstract class A { abstract m(): void; protected constructor(private readonly a: number, public b = 2) {} }
export type { C };
declare global { interface Window { x: number } }
declare const d: number;
export enum E { X, Y = 'y'.length, Z = X + 2 }
namespace Empty { export type T = number }
export default class { #p?: number; }
`;

describe('rewriting', () => {
  it('removes types and nothing else, line by line', () => {
    for (const { code } of [rewrite(TYPES).plain, rewrite(TYPES).recording]) {
      compiles(code);
      assert.equal(code.split('\n').length, TYPES.split('\n').length + 1);
    }
    const lines = rewrite('const f = (x: number): number => x as number;\nlet y: string;').plain.code.split('\n');
    assert.match(lines[0], /const f = \(x ?\) ? *=> x *;/);
  });

  it('runs modules with real bindings: renamed, namespaces, defaults, enums', () => {
    const code = compiles(
      rewrite(
        "import d, * as n from 'm';\nimport { x as y } from 'm';\nexport let v = 1;\nexport const r = { y, d, k: n.z };\nexport function set() { v = y + 1; return r; }",
      ).plain.code,
    ) as () => (...list: unknown[]) => void;
    const exports: Record<string, () => unknown> = {};
    const imported = { default: 'd', x: 1, z: 'z' };
    code()({}, null, {}, '', '', {
      scope: () => undefined,
      load: () => imported,
      exports: (list: [string, () => unknown][]) => list.forEach(([name, get]) => (exports[name] = get)),
    });
    assert.deepEqual(exports.r(), { y: 1, d: 'd', k: 'z' });
    imported.x = 5;
    (exports.set() as () => void)();
    assert.equal(exports.v(), 6);
  });

  it('drops imports that are used as types only, keeps those for their effects', () => {
    const { code } = rewrite("import { A } from './a';\nimport './b';\nimport { c } from './c';\nlet x: A = c;").plain;
    assert.ok(!code.includes('"./a"'));
    assert.ok(code.includes('"./b"') && code.includes('"./c"'));
  });

  it('places every site at its text', () => {
    const text = 'export function f(x: number) {\n  return  x * x + // words\n    Math.sin(x);\n}\n';
    const module = rewrite(text);
    assert.ok(module.recording.code.length > 0);
    const sites = Array.from({ length: module.sites.count }, (_, index) => module.sites.at(1 + index));
    for (const site of sites) {
      const lines = text.split('\n');
      assert.ok(lines[site.line - 1].slice(site.column - 1).startsWith(site.text.split('\n')[0]), site.text);
    }
    assert.ok(sites.some(({ text: at, line, column }) => at === 'x * x' && line === 2 && column === 11));
    assert.ok(sites.some(({ text: at, line, column }) => at === 'Math.sin(x)' && line === 3 && column === 5));
  });

  it('keeps names that hide globals', () => {
    const { code } = rewrite(
      'export function f(x: number) { const Math = { sin: (v: number) => v }; return Math.sin(x); }\nconst Array = 3;',
    ).recording;
    assert.ok(!code.includes('$$Math.sin'));
    compiles(code);
  });

  it('rewrites comma expressions, in minified code too', () => {
    const { code } = rewrite(
      'function f(a,b){return a=1,b}var g=(a,b)=>(a++,b),h=function(){for(var i=0,j=1;i<3;i++,j*=2);return i+j,void 0};',
      '/main.js',
    ).recording;
    compiles(code);
    assert.match(code, /a=1,b\)?, 1\)/);
  });

  it('keeps words apart from what is rewritten behind them, though minified code has no space there', () => {
    const { code } = rewrite(
      `module.exports=function f(a,b){function*y(){yield[a][0];yield-b}switch(b){case-1:return[a,b][0];case(2):return-a}
for(const k in[0])if(typeof(a)=="number")a=a*2;else-b;for(const v of[a].map(function(x){return(0,x)}))b+=v;
try{throw[b][0]}catch(e){return[...y()].concat(e)}}`,
      '/main.cjs',
    ).recording;
    compiles(code);
    assert.doesNotMatch(code, GLUED);
  });

  it('rewrites whole libraries to code that parses', () => {
    const require = createRequire(__filename);
    for (const name of ['typescript', 'gl-matrix', 'axe-core/axe.min.js', 'fast-check', 'ml-matrix']) {
      const file = require.resolve(name);
      const text = readFileSync(file, 'utf8');
      if (text.length > 2_000_000) continue;
      const module = new RewrittenModule(parseModule(file, text), 1, false);
      compiles(module.recording.code);
      assert.doesNotMatch(module.recording.code, GLUED);
      compiles(module.plain.code);
    }
  }).timeout(60_000);

  it('refuses decorators with their place', () => {
    assert.throws(
      () => rewrite('class A {\n  @dec m() {}\n}'),
      (error: Error & { line?: number; column?: number }) => error.line === 2 && error.column === 3,
    );
  });
});
