/** How modules are found and loaded: tsconfig paths, JSON, circles, packages with exports, CommonJS, invalidation. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunnerError } from '../../../src/runner/modules/errors';
import { withModules } from '../../../src/runner/requests/common';
import { errorInfo } from '../../../src/runner/requests/errorInfo';
import { deriveFile, session } from './support/derive';
import { workspace } from './support/runnerProcess';

const FILES: Record<string, string> = {
  'tsconfig.json':
    '{ // comment\n "extends": "./base.json", "compilerOptions": { "paths": { "@lib/*": ["./lib/*"], "exact": ["./lib/exact.ts"] } } }',
  'base.json': '{ "compilerOptions": { "baseUrl": "." } }',
  'lib/util.ts': 'export const twice = (x: number) => 2 * x;',
  'lib/exact.ts': 'export default (x: number) => x * 10;',
  'data.json': '{ "k": 3, "list": [1, 2] }',
  'even.ts':
    "import { odd } from './odd.js';\nexport let calls = 0;\nexport function even(n: number, x: number): number { calls++; return n === 0 ? x : odd(n - 1, x); }",
  'odd.ts':
    "import { even } from './even';\nexport const odd = (n: number, x: number): number => (n === 0 ? 0 : even(n - 1, x * 2));",
  'index/index.ts':
    "export * from '../lib/util';\nexport * as u from '../lib/util';\nexport { default as ten } from 'exact';",
  'node_modules/pkg/package.json':
    '{ "name": "pkg", "exports": { ".": { "import": "./esm.mjs", "require": "./cjs.cjs" }, "./sub/*": "./sub/*.js", "./types": { "types": "./x.d.ts" } } }',
  'node_modules/pkg/esm.mjs':
    "import cjs from './cjs.cjs';\nexport const kind = 'esm';\nexport const f = (x) => cjs.g(x) + 1;",
  'node_modules/pkg/cjs.cjs': "exports.kind = 'cjs'; exports.g = function (x) { return x ** 2; };",
  'node_modules/pkg/sub/deep.js': 'module.exports = (x) => x?.v ?? x * 5;',
  'node_modules/old/package.json': '{ "name": "old", "main": "lib/main" }',
  'node_modules/old/lib/main.js':
    '"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.default = function (x) { return x / 4; }; exports.named = 7;',
  'equals.cts':
    "import util = require('node:path'); const cube = (v: number) => v ** 3; export = { cube, name: util.basename('/a/b') };",
  'main.ts': `import equals, { cube } from './equals.cjs';
import { twice } from '@lib/util';
import ten from 'exact';
import data, { k } from './data.json';
import { calls, even } from './even';
import { u, twice as again, ten as tenAgain } from './index';
import * as pkg from 'pkg';
import deep from 'pkg/sub/deep';
import old, { named } from 'old';
import { basename } from 'node:path';
const required = require('pkg');
export function f(x: number): number[] {
  return [twice(x), ten(x), data.list[1] * k * x, even(4, x), calls, u.twice(again(tenAgain(x))), pkg.f(x), pkg.kind === 'esm' && required.kind === 'cjs' ? x : 0, deep(x), old(x) + named, basename('/a/b').length * x, equals.cube(x) + cube(x) * equals.name.length];
}
`,
};

describe('modules', () => {
  it('are found as TypeScript, Node and bundlers find them', async () => {
    const folder = workspace(FILES);
    const { value, jacobian } = await deriveFile(join(folder, 'main.ts'), [3]);
    assert.deepEqual(value, [6, 30, 18, 12, 3, 120, 10, 3, 15, 7.75, 3, 54]);
    assert.deepEqual(jacobian, [2, 10, 6, 4, 0, 40, 6, 1, 5, 0.25, 1, 54]);
  });

  it('of a workspace and of package managers that link are the files that the links lead to, with what stands beside those', async () => {
    const folder = workspace({
      'app/main.ts': `import { area } from '@org/shapes';
import { scaled } from 'scaled';
export const f = (x: number) => area(x) + scaled(x);`,
      'packages/shapes/package.json': '{ "name": "@org/shapes", "exports": "./src/index.ts" }',
      'packages/shapes/tsconfig.json': '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
      'packages/shapes/src/index.ts':
        "import { PI } from '~/constants';\nexport const area = (r: number) => PI * r * r;",
      'packages/shapes/src/constants.ts': 'export const PI = 3;',
      'node_modules/.store/scaled@1/node_modules/scaled/package.json': '{ "name": "scaled" }',
      'node_modules/.store/scaled@1/node_modules/scaled/index.js':
        "const k = require('factor');\nexports.scaled = (x) => k * x;",
      'node_modules/.store/factor@2/node_modules/factor/package.json': '{ "name": "factor" }',
      'node_modules/.store/factor@2/node_modules/factor/index.js': 'module.exports = 7;',
    });
    mkdirSync(join(folder, 'node_modules/@org'));
    symlinkSync('../../packages/shapes', join(folder, 'node_modules/@org/shapes'), 'junction');
    symlinkSync('.store/scaled@1/node_modules/scaled', join(folder, 'node_modules/scaled'), 'junction');
    symlinkSync(
      '../../factor@2/node_modules/factor',
      join(folder, 'node_modules/.store/scaled@1/node_modules/factor'),
      'junction',
    );
    const main = join(folder, 'app/main.ts');
    assert.deepEqual((await deriveFile(main, [2])).jacobian, [3 * 2 * 2 + 7]);
    // The text in the editor has the name of the file itself, not that of the link.
    session.overlay(join(folder, 'packages/shapes/src/constants.ts'), 'export const PI = 10;');
    assert.deepEqual((await deriveFile(main, [2])).jacobian, [10 * 2 * 2 + 7]);
  });

  it('are mapped by the project of a tsconfig that only refers to others', async () => {
    const folder = workspace({
      'tsconfig.json': '{ "files": [], "references": [{ "path": "./tsconfig.node.json" }, { "path": "./app" }] }',
      'tsconfig.node.json': '{ "include": ["tools"], "compilerOptions": { "paths": { "@/*": ["./tools/*"] } } }',
      'app/tsconfig.json':
        '{ "extends": "../base.json", "include": ["**/*.ts"], "compilerOptions": { "strict": true } }',
      'base.json': '{ "compilerOptions": { "paths": { "@/*": ["${configDir}/src/*"] } } }',
      'tools/k.ts': 'export const k = 2;',
      'app/src/k.ts': 'export const k = 5;',
      'app/src/f.ts': "import { k } from '@/k';\nexport const f = (x: number) => k * x;",
      'tools/f.ts': "import { k } from '@/k';\nexport const f = (x: number) => k * x;",
      'other.ts': "import { k } from '@/k';\nexport const f = (x: number) => k * x;",
    });
    const slopes: unknown[] = [];
    for (const file of ['app/src/f.ts', 'tools/f.ts', 'other.ts']) {
      slopes.push((await deriveFile(join(folder, file), [1])).jacobian);
    }
    assert.deepEqual(slopes, [[5], [2], [2]]);
  });

  it('of Node that are not allowed may be imported: they are refused where they are used, and libraries that can do without do', async () => {
    const folder = workspace({
      'main.ts': `import { readFileSync } from 'node:fs';
import * as fs from 'fs';
import os, { EOL } from 'node:os';
import process from 'node:process';
import { createRequire } from 'node:module';
import { scale } from './compiled.cjs';
const load = createRequire(import.meta.url);
export const f = (x: number) => load('./factor.json').factor * x + EOL.length + scale(x) + (process.env.HOME ? 1 : 0);
export const read = (x: number) => x * Number(readFileSync('/etc/passwd'));
export const stat = (x: number) =>
  x * fs.promises.stat.length * Number(fs.promises.stat('/etc/passwd'));
export const cpus = (x: number) => x * os.cpus().length;
`,
      'factor.json': '{ "factor": 5 }',
      'compiled.cjs': `const __importStar = (mod) => { const all = {}; for (const k in mod) all[k] = mod[k]; return all; };
const http = __importStar(require("http"));
let threads;
try { threads = require('worker_threads'); } catch { threads = null; }
exports.scale = (x) => typeof http.request === 'function' && threads === null ? 3 * x : NaN;
`,
    });
    const main = join(folder, 'main.ts');
    assert.deepEqual((await deriveFile(main, [2])).jacobian, [8]);
    for (const [fn, module, line] of [
      ['read', 'node:fs', 9],
      ['stat', 'fs', 11],
      ['cpus', 'node:os', 12],
    ] as const) {
      await assert.rejects(deriveFile(main, [2], fn), (error: unknown) => {
        assert.ok(error instanceof RunnerError && error.code === 'module-not-allowed');
        assert.equal(
          error.message,
          `The module '${module}' is not allowed: functions that GradLens runs may only compute.`,
        );
        assert.deepEqual([error.place.file, error.place.line], [main, line]);
        return true;
      });
    }
  });

  it('may await something themselves, be awaited by others, and fail with the place', async () => {
    const folder = workspace({
      'main.ts': `import { scale } from './scale';
const offset = await Promise.resolve(1);
export async function f(x: number) { return scale * x + offset + (await import('./late')).late * x; }`,
      'scale.ts': `import { two } from './two';
import { self } from './self';
export const half = 0.5;
export let scale = 0;
for await (const part of [two, two, self()]) scale += part;`,
      'self.ts': "import { half } from './scale';\nexport const self = () => half * 2;",
      'two.ts': 'export const two = await new Promise<number>((resolve) => setTimeout(() => resolve(2), 5));',
      'late.ts': 'export const late = await Promise.resolve(10);',
      'fails.ts':
        'const data = await Promise.resolve();\nawait Promise.reject(new Error(`no ${data}`));\nexport const f = (x: number) => x;',
      'page.ts': "const canvas = document.getElementById('c');\nexport const f = (x: number) => x * canvas.width;",
      'never.ts': 'await new Promise(() => undefined);\nexport const f = (x: number) => x;',
    });
    const derived = (name: string, limit?: number) => {
      const file = join(folder, name);
      return withModules({ session, timeLimit: 20_000 }, file, () => deriveFile(file, [3]), limit);
    };
    const { value, jacobian } = await derived('main.ts');
    assert.deepEqual([value, jacobian], [[5 * 3 + 1 + 30], [15]]);
    await assert.rejects(derived('fails.ts'), (error: unknown) => {
      const { message, line } = errorInfo(error);
      assert.deepEqual([message, line], ['no undefined', 2]);
      return true;
    });
    await assert.rejects(derived('page.ts'), (error: unknown) => {
      const { line, column, hint } = errorInfo(error);
      assert.deepEqual([line, column], [1, 16]);
      assert.match(hint ?? '', /a module that does not use the page/);
      return true;
    });
    await assert.rejects(derived('never.ts', 10), { code: 'time-out' });
  });

  it('that are missing say how to get them: installed, or out of the archives of Yarn', async () => {
    const files = { 'main.ts': "import deep from '@org/missing/deep';\nexport const f = (x: number) => deep(x);" };
    const hintOf = async (folder: string) => {
      const failed = deriveFile(join(folder, 'main.ts'), [1]);
      return failed.then(String, (error: unknown) => errorInfo(error).hint);
    };
    assert.equal(await hintOf(workspace(files)), 'Is it installed? npm install @org/missing');
    assert.match(String(await hintOf(workspace({ ...files, '.pnp.cjs': '' }))), /nodeLinker: node-modules/);
  });

  it('of bundlers are what they compute with: style sheets nothing, a raw file its text', async () => {
    const folder = workspace({
      'main.ts': `import './main.css';
import table from './table.csv?raw';
export const f = (x: number) => table.trim().split('\\n').reduce((sum, cell) => sum + Number(cell) * x, 0);`,
      'table.csv': '1\n2\n4\n',
    });
    assert.deepEqual((await deriveFile(join(folder, 'main.ts'), [1])).jacobian, [7]);
  });

  it('tell their types: classes in JavaScript by what they construct, else by the declarations of the package or of @types', () => {
    const folder = workspace({
      'node_modules/bare/package.json': '{ "name": "bare", "main": "bare.js" }',
      'node_modules/bare/bare.js':
        'class V { constructor(x = 0, y = 0) { this.isV = true; this.x = x; this.y = y; } }\nexport { V as Vector };\nexport default V;',
      'node_modules/wrong/package.json': '{ "name": "wrong", "main": "index.js", "types": "dist/gone.d.ts" }',
      'node_modules/wrong/index.js': 'exports.f = 1;',
      'node_modules/wrong/index.d.ts': 'declare module "wrong" { export type Pair = [number, number]; }',
      'node_modules/@scope/conditions/package.json':
        '{ "name": "@scope/conditions", "exports": { "./sub": { "types": "./t/sub.d.ts", "default": "./sub.mjs" } } }',
      'node_modules/@scope/conditions/sub.mjs': 'export const a = 1;',
      'node_modules/@scope/conditions/t/sub.d.ts': "export * from './deep.js';",
      'node_modules/@scope/conditions/t/deep.d.ts':
        'declare class Z { re: number; static n: number } export default Z; export { Z };',
      'node_modules/untyped/package.json': '{ "name": "untyped", "main": "index.js" }',
      'node_modules/untyped/index.js': 'exports.f = 1;',
      'node_modules/@types/untyped/package.json': '{ "name": "@types/untyped", "types": "index.d.ts" }',
      'node_modules/@types/untyped/index.d.ts': 'interface Options { k: number } export = Options;',
      'types.ts': `import V, { Vector } from 'bare';
        import type { Pair } from 'wrong';
        import { Z } from '@scope/conditions/sub';
        import Options from 'untyped';
        export function f(a: Vector, b: V, c: Pair, d: Z, e: Options): number { return a.x; }`,
    });
    const [{ parameters }] = session.list(join(folder, 'types.ts'));
    assert.deepEqual(
      parameters.map(({ type, differentiable }) => [type, differentiable]),
      [
        ['Vector', true],
        ['V', true],
        ['[number, number]', true],
        ['Z', true],
        ['{ k: number }', true],
      ],
    );
  });

  it('are read again when they change, with what imports them, and not otherwise', async () => {
    const folder = workspace({
      'a.ts': "import { b } from './b';\nexport const f = (x: number) => b(x) * 2;",
      'b.ts': "import './c';\nexport const b = (x: number) => x;",
      'c.ts': 'export const c = {};',
    });
    const [a, b, c] = ['a.ts', 'b.ts', 'c.ts'].map((name) => join(folder, name));
    assert.deepEqual((await deriveFile(a, [3])).jacobian, [2]);
    const before = session.realm(true).load(c);
    session.overlay(b, "import './c';\nexport const b = (x: number) => x * x;");
    assert.deepEqual((await deriveFile(a, [3])).jacobian, [12]);
    assert.equal(session.realm(true).load(c), before);
    session.overlay(b, null);
    assert.deepEqual((await deriveFile(a, [3])).jacobian, [2]);
    writeFileSync(b, 'export const b = (x: number) => 5 * x;');
    session.changed(b);
    assert.deepEqual((await deriveFile(a, [3])).jacobian, [10]);
  });

  it('lend points their imports, which need no other use, and points may have types', async () => {
    const folder = workspace({
      'lib.ts': 'export interface Scale { k: number }\nexport const two = 2;\nexport default (x: number) => x + 1;',
      'f.ts': `import next, { two, type Scale } from './lib';
import * as lib from './lib';
import type { Nowhere } from './nowhere';
/** @at x = next(two), y = { k: [5]![0] * lib.two } as Scale */
export const f = (x: number, y: Scale) => x * y.k;
/** @at [1, 2] as Nowhere, <number>two */
export const g = (x: number[], k: number) => x[1] * k;`,
    });
    assert.deepEqual((await deriveFile(join(folder, 'f.ts'), undefined)).jacobian, [10, 3]);
    assert.deepEqual((await deriveFile(join(folder, 'f.ts'), undefined, 'g')).jacobian, [0, 2, 2]);
  });

  it('work together with the array API of gradlens itself', async () => {
    session.overlay(
      '/virtual/np.ts',
      "import { np, grad } from 'gradlens';\nexport function f(x: number[]): any { const a = np.array(x).mul(2); return np.sum(np.sin(a)).add(x[0] * 3); }\nexport function g(x: number): number { return (grad((y: number) => y * y * x) as any)(x) * 2; }",
    );
    const { jacobian } = await deriveFile('/virtual/np.ts', [[0.5, 1]]);
    assert.ok(Math.abs(jacobian[0] - (2 * Math.cos(1) + 3)) < 1e-12 && Math.abs(jacobian[1] - 2 * Math.cos(2)) < 1e-12);
    // g(x) = 2 · (2 y x at y = x) = 4 x².
    assert.deepEqual((await deriveFile('/virtual/np.ts', [3], 'g')).jacobian, [24]);
  });
});
