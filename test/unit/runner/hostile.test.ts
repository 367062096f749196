/** The table of hostile inputs: the exact answer to each, and that the next request is answered as if nothing had been. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnerClient } from '../../../src/runner/client/runnerClient';
import type { ErrorInfo } from '../../../src/runner/protocol';
import { errorOf, startRunner, workspace } from './support/runnerProcess';

const SOURCE = `export function good(x: number): number {
  return x * x;
}
export function endless(x: number): number {
  let s = 0;
  while (true) {
    s += x;
  }
  return s;
}
export function hog(x: number): number {
  const keep: unknown[] = [];
  for (;;) keep.push(new Array(1e5).fill({ x }));
}
export function deep(x: number): number {
  return deep(x + 1) + 1;
}
export function exits(x: number): number {
  process.exit(3);
  return x;
}
export function swallows(x: number): number {
  try { process.exit(3); } catch { /* ignored */ }
  return x;
}
export function throwsText(x: number): number {
  throw 'no ' + x;
}
export function throwsNull(x: number): number {
  throw null;
}
export function throwsError(x: number): number {
  const y = x + 1;
  throw new TypeError('bad x');
}
export function pending(x: number): Promise<number> {
  return new Promise(() => undefined);
}
export async function spins(x: number): Promise<number> {
  for (;;) await x;
}
export function text(x: number): string {
  return 'x' + x;
}
export function nothing(x: number[]): any {
  x.push(1);
}
export function ragged(x: number[][]): number {
  return x.flat().reduce((a, b) => a + b * b, 0);
}
export function mean(x: number[]): number {
  return x.reduce((a, b) => a + b, 0) / x.length;
}
export function sum(x: Float64Array): number {
  let s = 0;
  for (let i = 0; i < x.length; i++) s += x[i] * x[i];
  return s;
}
export function rejects(x: number): Promise<number> {
  return Promise.reject(new Error('rejected'));
}
export function later(x: number): number {
  setTimeout(() => { throw new Error('later'); }, 1);
  void Promise.reject(new Error('unhandled'));
  return 2 * x;
}
export function fetches(x: number): number {
  fetch('http://localhost');
  return x;
}
let ticks = 0;
export function ticking(x: number): Promise<number> {
  return new Promise((resolve) => { setInterval(() => { if (++ticks === 3) resolve(ticks * x); }, 1); });
}
export function ticked(x: number): number {
  return ticks * x;
}
export function buffers(x: number): number {
  const keep: Float64Array[] = [];
  for (;;) keep.push(new Float64Array(1e6).fill(x));
}
`;

const MODULES: Record<string, string> = {
  'main.ts': SOURCE,
  'writes.ts': `import { writeFileSync } from 'node:fs';\nexport function f(x: number): number { writeFileSync('/tmp/gradlens-was-here', 'x'); return x; }\n`,
  'spawns.ts': `import { execSync } from 'child_process';\nexport function f(x: number): number { execSync('true'); return x; }\n`,
  'network.ts': `const http = require('http');\nexport function f(x: number): number { http.get('http://localhost'); return x; }\n`,
  'dynamic.ts': `export async function f(x: number): Promise<number> { const fs = await import('fs'); return x; }\n`,
  'missing.ts': `\nimport { g } from './nowhere';\nexport function f(x: number): number { return g(x); }\n`,
  'uninstalled.ts': `import { g } from 'not-installed';\nexport function f(x: number): number { return g(x); }\n`,
  'syntax.ts': `export function ok(x: number): number { return x; }\nexport function f(x: number): number {\n  return x +;\n}\n`,
  'top.ts': `throw new Error('at the top');\nexport function f(x: number): number { return x; }\n`,
  'escape.ts': `export function f(x: number): number {\n  const host = Math.sin.constructor('return process')();\n  host.binding('fs');\n  return x;\n}\n`,
};

describe('hostile inputs', function () {
  this.timeout(60_000);
  let client: RunnerClient;
  let folder: string;
  let main: string;

  before(async () => {
    client = startRunner({ timeLimit: 500, memoryLimit: 256 });
    folder = workspace(MODULES);
    main = join(folder, 'main.ts');
    await client.request('list', { file: main });
  });
  after(() => client.dispose());
  afterEach(async () => {
    const { result } = await client.request('evaluate', { file: main, fn: 'good', op: 'grad', args: [3] });
    assert.equal(result, 6);
  });

  const fails = (fn: string, args: unknown[], op: 'grad' | 'value' = 'grad'): Promise<ErrorInfo> =>
    errorOf(client, 'evaluate', { file: main, fn, op, args: args as never });

  it('stops an infinite loop and names its line', async () => {
    const { code, message, line, file } = await fails('endless', [1]);
    assert.deepEqual({ code, line, file }, { code: 'time-out', line: 6, file: main });
    assert.equal(message, 'Stopped after 0.5 s, in the loop at line 6.');
  });

  it('survives a memory hog', async () => {
    const { code, message } = await errorOf(
      client,
      'evaluate',
      { file: main, fn: 'hog', op: 'grad', args: [1] },
      20_000,
    );
    assert.deepEqual(
      { code, message },
      { code: 'out-of-memory', message: 'The function used more than 256 MB of memory.' },
    );
  });

  it('survives a hog of typed arrays, which are not in the heap', async () => {
    const { code } = await errorOf(
      client,
      'evaluate',
      { file: main, fn: 'buffers', op: 'value', args: ['a' as never] },
      20_000,
    );
    assert.equal(code, 'out-of-memory');
  });

  it('survives a stack overflow', async () => {
    const { code, line, hint } = await fails('deep', [1]);
    assert.deepEqual({ code, line, hint }, { code: 'stack-overflow', line: 16, hint: 'Does the recursion end?' });
  });

  it('catches process.exit', async () => {
    const { code, message, line } = await fails('exits', [1]);
    assert.deepEqual(
      { code, message, line },
      { code: 'process-exit', message: 'The code called process.exit(3).', line: 19 },
    );
  });

  it('catches process.exit that the code catches itself', async () => {
    assert.equal((await fails('swallows', [1])).code, 'process-exit');
  });

  it('reports what was thrown, error or not', async () => {
    assert.equal((await fails('throwsText', [1])).message, 'The function threw "no 1".');
    assert.equal((await fails('throwsNull', [1])).message, 'The function threw null.');
    const { code, message, line, column } = await fails('throwsError', [1]);
    assert.deepEqual(
      { code, message, line, column },
      { code: 'user-error', message: 'TypeError: bad x', line: 34, column: 9 },
    );
  });

  it('does not wait for ever for a promise', async () => {
    const { code, message } = await fails('pending', [1]);
    assert.deepEqual(
      { code, message },
      { code: 'time-out', message: 'The promise that the function returned did not settle in time.' },
    );
  });

  it('ends a loop of promises that never lets go', async () => {
    const { code } = await fails('spins', [1]);
    assert.equal(code, 'time-out');
  });

  it('reports a rejected promise', async () => {
    assert.equal((await fails('rejects', [1])).message, 'rejected');
  });

  it('survives errors thrown after the function returned', async () => {
    const { result } = await client.request('evaluate', { file: main, fn: 'later', op: 'grad', args: [1] });
    assert.equal(result, 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('lets intervals tick while a request waits for them, and no longer', async () => {
    assert.equal((await client.request('evaluate', { file: main, fn: 'ticking', op: 'grad', args: [1] })).result, 3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { result } = await client.request('evaluate', { file: main, fn: 'ticked', op: 'grad', args: [1] });
    assert.equal(result, 3);
  });

  for (const [name, module] of [
    ['writes', 'node:fs'],
    ['spawns', 'child_process'],
    ['network', 'http'],
    ['dynamic', 'fs'],
  ]) {
    it(`refuses ${module}`, async () => {
      const { code, message, hint } = await errorOf(client, 'evaluate', {
        file: join(folder, `${name}.ts`),
        fn: 'f',
        op: 'grad',
        args: [1],
      });
      assert.deepEqual(
        { code, message },
        {
          code: 'module-not-allowed',
          message: `The module '${module}' is not allowed: functions that GradLens runs may only compute.`,
        },
      );
      assert.match(hint ?? '', /gradlens\.allowedModules/);
      assert.ok(!existsSync('/tmp/gradlens-was-here'));
    });
  }

  it('refuses the network', async () => {
    const { code, line } = await fails('fetches', [1]);
    assert.deepEqual({ code, line }, { code: 'network-not-allowed', line: 68 });
  });

  it('keeps the process away from code that climbs out of its context', async () => {
    const { code } = await errorOf(client, 'evaluate', {
      file: join(folder, 'escape.ts'),
      fn: 'f',
      op: 'grad',
      args: [1],
    });
    assert.equal(code, 'user-error');
  });

  it('counts arguments', async () => {
    const { code, message, hint } = await fails('good', [1, 2]);
    assert.deepEqual(
      { code, message, hint },
      { code: 'bad-arguments', message: '`good` takes 1 argument, not 2.', hint: 'Its parameters are x: number.' },
    );
    assert.equal((await fails('good', [])).message, '`good` takes 1 argument, not 0.');
  });

  it('says when an argument has no numbers', async () => {
    const { code } = await fails('good', ['text']);
    assert.equal(code, 'not-differentiable');
  });

  it('differentiates ragged arrays', async () => {
    const { result } = await client.request('evaluate', {
      file: main,
      fn: 'ragged',
      op: 'grad',
      args: [[[1, 2], [3], []]],
    });
    assert.deepEqual(result, [[2, 4], [6], []]);
  });

  it('takes NaN', async () => {
    const { value, result } = await client.request('evaluate', { file: main, fn: 'good', op: 'grad', args: [NaN] });
    assert.deepEqual([value, result], [NaN, NaN]);
  });

  it('takes empty arrays', async () => {
    const { code } = await fails('mean', [[]]);
    assert.equal(code, 'not-differentiable');
    const { value } = await client.request('evaluate', { file: main, fn: 'mean', op: 'value', args: [[]] });
    assert.deepEqual(value, NaN);
  });

  it('says when the result has no numbers', async () => {
    assert.equal((await fails('text', [1])).message, 'The function returns a string, which has no numbers in it.');
    assert.equal((await fails('nothing', [[1]])).message, 'The function returns nothing, which has no numbers in it.');
  });

  it('knows the nearest name', async () => {
    const { code, hint } = await fails('goood', [1]);
    assert.deepEqual({ code, hint }, { code: 'no-such-function', hint: 'Did you mean `good`?' });
  });

  it('names a missing module where it is imported', async () => {
    const file = join(folder, 'missing.ts');
    const { code, message, line, column } = await errorOf(client, 'evaluate', { file, fn: 'f', op: 'grad', args: [1] });
    assert.deepEqual(
      { code, message, line, column },
      { code: 'module-not-found', message: "Cannot find module './nowhere'.", line: 2, column: 1 },
    );
    const uninstalled = await errorOf(client, 'evaluate', {
      file: join(folder, 'uninstalled.ts'),
      fn: 'f',
      op: 'grad',
      args: [1],
    });
    assert.equal(uninstalled.hint, 'Is it installed? npm install not-installed');
  });

  it('names a missing file', async () => {
    assert.equal((await errorOf(client, 'list', { file: join(folder, 'none.ts') })).code, 'no-such-file');
  });

  it('places syntax errors, and lists what can be read', async () => {
    const file = join(folder, 'syntax.ts');
    const { code, message, line, column } = await errorOf(client, 'evaluate', { file, fn: 'f', op: 'grad', args: [1] });
    assert.deepEqual(
      { code, message, line, column },
      { code: 'syntax-error', message: 'Expression expected.', line: 3, column: 13 },
    );
    const { functions, syntaxErrors } = await client.request('list', { file });
    assert.deepEqual(
      functions.map(({ name }) => name),
      ['ok', 'f'],
    );
    assert.equal(syntaxErrors.length, 1);
  });

  it('reports what a module throws while it is loaded', async () => {
    const { message, line } = await errorOf(client, 'evaluate', {
      file: join(folder, 'top.ts'),
      fn: 'f',
      op: 'grad',
      args: [1],
    });
    assert.deepEqual({ message, line }, { message: 'at the top', line: 1 });
  });

  it('takes an array of 10⁶ elements', async () => {
    const roomy = startRunner({ timeLimit: 20_000, memoryLimit: 384 });
    try {
      const x = Float64Array.from({ length: 1e6 }, (_, index) => index);
      const { result } = await roomy.request('evaluate', { file: main, fn: 'sum', op: 'grad', args: [x] });
      assert.ok(result instanceof Float64Array);
      assert.equal(result.length, 1e6);
      assert.equal(result[999_999], 2 * 999_999);
    } finally {
      roomy.dispose();
    }
  });
});
