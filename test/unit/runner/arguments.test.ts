/** The argument list of `@at`: TypeScript over the scope of the module, functions among it. */
import assert from 'node:assert/strict';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { inspect } from '../../../src/runner/requests/inspect';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/arguments.ts';

async function gradientAt(point: string, parameters: string, body: string, wrt: number[]): Promise<unknown> {
  session.overlay(
    FILE,
    `import { cbrt } from './roots';
     const half = 0.5;
     /** @at ${point} */
     export function f(${parameters}): number { return ${body}; }`,
  );
  session.overlay('/virtual/roots.ts', 'export const cbrt = (x: number): number => x ** (1 / 3);');
  const { result, warnings } = await evaluate(contextFor(), { file: FILE, fn: 'f', op: 'grad', wrt });
  assert.deepEqual(warnings, []);
  return result;
}

describe('the argument list of @at', () => {
  it('may have types', async () => {
    const point = `new Map<string, number>([['k', 3]]), 2 as number`;
    assert.equal(await gradientAt(point, 'm: Map<string, number>, x: number', `x * x * m.get('k')!`, [1]), 12);
  });

  it('may have functions, and what they compute is differentiated', async () => {
    const functions = 'g: (t: number) => number, x: number';
    assert.equal(await gradientAt('(t: number): number => half * t * t, 3', functions, 'g(x) * 2', [1]), 6);
    assert.equal(await gradientAt('function (t) { return t * t * t; }, 2', functions, 'g(x)', [1]), 12);
    assert.equal(await gradientAt('(t) => half * t * cbrt(1) + t, 8', functions, 'g(x)', [1]), 1.5);
  });

  it('is where what a function in it loses is told', async () => {
    session.overlay(
      FILE,
      `/** @at (t: number) => t + Number(String(t)), 2 */
       export function f(g: (t: number) => number, x: number): number { return g(x); }`,
    );
    const { findings } = await inspect(contextFor(), { file: FILE, fn: 'f' });
    assert.deepEqual(
      findings.map(({ code, location }) => [code, location.file, location.line]),
      [['derivative-lost', FILE, 2]],
    );
  });
});
