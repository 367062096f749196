/** The net under recording: what got lost unseen is told by the plain function close to the point, live and on the command line. */
import assert from 'node:assert/strict';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { inspect } from '../../../src/runner/requests/inspect';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/nearby.ts';

/** What an evaluation and a live inspection say is lost, with the line. */
async function said(text: string, args: number[][]): Promise<string[][]> {
  session.overlay(FILE, text);
  const target = { file: FILE, fn: 'f', args };
  const { warnings } = await evaluate(contextFor(), { ...target, op: 'jacobian' });
  const { findings } = await inspect(contextFor(), target);
  const places = (list: typeof findings) =>
    list.filter(({ code }) => code.endsWith('-lost')).map(({ code, location }) => `${location.line} ${code}`);
  return [places(warnings), places(findings)];
}

describe('what recording cannot see', () => {
  const typed = (body: string) => `export function f(x: number[]): number {
  const a = Float64Array.from([x[0] * 2, x[1]]);
  ${body}
}`;

  for (const [name, body] of [
    ['a parameter pattern on a typed array', 'const g = ({ 0: p }: any) => p * x[1]; return g(a);'],
    [
      'a bound method of arrays',
      'const map = Function.prototype.call.bind([].map) as any; return map(a, (v: number) => v * v)[0];',
    ],
    [
      'a spreadable typed array',
      '(a as any)[Symbol.isConcatSpreadable] = true; return x[0] * ([] as number[]).concat(a as any)[1];',
    ],
  ]) {
    it(`is told: ${name}`, async () => {
      assert.deepEqual(await said(typed(body), [[1.5, 2.5]]), [['1 derivative-lost'], ['1 derivative-lost']]);
    });
  }

  it('is told of numbers of single precision', async () => {
    const body = 'const b = new Float32Array(a); const g = ({ 0: p }: any) => p * x[1]; return g(b) + b[1];';
    assert.deepEqual(await said(typed(body), [[1.5, 2.5]]), [['1 derivative-lost'], ['1 derivative-lost']]);
  });

  it('is told of a search by comparisons, live too', async () => {
    const text = `export function f(x: number[]): number {
  let a = 0, b = 10;
  for (let i = 0; i < 60; i++) { const m = (a + b) / 2; if (m ** 3 > x[0]) b = m; else a = m; }
  return a;
}`;
    assert.deepEqual(await said(text, [[5]]), [['3 derivative-lost'], ['3 derivative-lost']]);
  });

  it('is told of a number rounded to many digits, and not of one rounded to few or to its fraction', async () => {
    const body = (text: string) =>
      `export function f(x: number[]): number {\n  const r = ${text};\n  return r * x[1];\n}`;
    for (const text of ['Math.round(x[0] * 1e9) / 1e9', 'Math.trunc(1e8 * x[0]) * 1e-8 + x[1]'])
      assert.deepEqual(await said(body(text), [[1.2345, 2]]), [['2 derivative-lost'], ['2 derivative-lost']]);
    for (const text of [
      'x[0] - Math.floor(x[0])',
      'Math.round(x[0] * 100) / 100',
      'Math.floor(x[0]) + Math.ceil(x[1])',
    ])
      assert.deepEqual(await said(body(text), [[1.2345, 2.5]]), [[], []]);
  });

  it('is told of a number taken out of an array, though along one direction little of the derivative is missing', async () => {
    const text = `import { grad, np, type NdArray } from 'gradlens';
export function f(x: number[]): number {
  const slopes = grad((t: NdArray) => np.sum(np.power(t, 2)))(np.array(x));
  return x[0] * (np.sum(slopes).item() as number);
}`;
    assert.deepEqual(await said(text, [[1.3, 0.7, -0.4]]), [['4 derivative-lost'], ['4 derivative-lost']]);
  });

  it('is no false alarm for steps, edges inside, chaos, and derivatives that are meant to differ', async () => {
    for (const body of [
      'return Math.floor(x[0] * 10) * x[1];',
      'return x[0] > 1 ? x[0] * x[1] : 0;',
      'let v = x[0] / 3; for (let i = 0; i < 80; i++) v = 3.9 * v * (1 - v); return v * x[1];',
      'return 1e9 + x[0] * 1e-3 + x[1];',
      'const a = Float32Array.of(x[0] / 3, x[1]); for (let i = 0; i < 9; i++) a[0] = Math.sin(a[0]) * a[1]; return a[0] + 7;',
      'return stopGradient(x[0] * x[0]) as number + x[1];',
    ]) {
      const text = `import { stopGradient } from 'gradlens';\nexport function f(x: number[]): number { ${body} }`;
      assert.deepEqual(await said(text, [[1.5, 2.5]]), [[], []], body);
    }
  });
});
