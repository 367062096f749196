/** Gradients swept backwards over the loops of plain functions, against the adjoints of every row of the recording. */
import assert from 'node:assert/strict';
import { gradientTier } from '../../../src/engine/execute/scalar/gradient';
import { gradientProgram, hvpProgram, slopeProgram } from '../../../src/runner/derivativePrograms';
import { gather, gradientLinear, hessianOf, linearOf, pullBack, pushForward } from '../../../src/runner/derivatives';
import { sweptHessian, sweptProduct } from '../../../src/runner/sweptProducts';
import { record, slotsOf, type Recorded } from '../../../src/runner/record';
import { randomNumbers } from '../engine/execute/nests';
import { session } from './support/derive';

let count = 0;

function recorded(text: string, x: number[]): Recorded {
  const file = `/virtual/swept${++count}.ts`;
  session.overlay(file, text);
  const { fn } = session.prepare({ file, fn: 'f', args: [x] }, true);
  return record(fn, [x], [0], ['x']) as Recorded;
}

/** The gradient of `f` of a module, by both ways; the first is undefined where it is not swept. */
function gradients(text: string, x: number[]): { swept: Float64Array | undefined; adjoints: Float64Array } {
  const { program, linearized } = recorded(text, x);
  const adjoints = linearized.reverse([{ row: program.outputs[0], values: [1] }]);
  return {
    swept: gradientTier.compile(gradientProgram(program), 1)?.runFlat(Float64Array.from(x)),
    adjoints: gather(linearized, slotsOf(program, program.inputs), adjoints, x.length),
  };
}

const LOOPS: Readonly<Record<string, string>> = {
  'carried values': `let a = x[0], b = 1; for (const v of x) { const t = a * v + b; b = a; a = t / 2; } return a + b;`,
  'nests with sums carried around both loops': `let s = 0;
    for (let i = 0; i < 20; i++) { let t = x[i]; for (let j = 1; j < 30; j++) t = t * x[j] + Math.sin(x[i]); s += t * s + t; }
    return s;`,
  'an array in place': `const a = x.slice();
    for (let round = 0; round < 12; round++) for (let i = 1; i < a.length - 1; i++) a[i] = Math.tanh(a[i - 1] + a[i + 1]) / 2 + a[i] * a[i] / 4;
    return a.reduce((sum, v) => sum + v, 0);`,
  'indices through a table': `let s = 0; const table = x.map((_, i) => (i * 17 + 5) % x.length);
    for (let i = 0; i < x.length; i++) s += x[table[i]] * x[i] + Math.sin(x[i]) * Math.cos(x[i]) / (x[i] + 2); return s;`,
  'decisions that stay the same': `let s = 0; for (const v of x) s += v > -2 ? Math.max(v, 0.1) * Math.exp(v) : 0; return s;`,
  'an early end': `let s = 1; for (const v of x) { s *= 1 + v * v; if (s > 1e6) break; } return Math.log(s);`,
  callbacks: `return x.map((v) => Math.tanh(v) * v).filter((_, i) => i % 2 === 0).reduce((a, b) => a * 0.9 + b, 0);`,
  recursion: `const go = (i: number): number => (i === x.length ? 1 : Math.cos(x[i]) + 0.5 * go(i + 1)); return go(0);`,
  generators: `function* squares() { for (const v of x) yield v * v; } let s = 0; for (const v of squares()) s += Math.sqrt(v + 1); return s;`,
  'exceptions out of an iteration': `let s = 0;
    for (let i = 0; i < x.length; i++) { try { s += x[i] * x[i]; if (i % 5 === 4) throw i; s += Math.atan(x[i]); } catch { s -= x[i]; } }
    return s;`,
  'reads backwards': `let s = 0; for (let i = x.length - 1; i >= 2; i--) s += x[i] * x[i - 2] - x[x.length - 1 - i] / (2 + x[i - 1]); return s;`,
};

function assertSame(found: Float64Array, wanted: Float64Array): void {
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  wanted.forEach((value, index) => {
    const error = Math.abs(found[index] - value);
    assert(error <= 1e-12 * Math.max(Math.abs(value), 1e-3 * scale), `${index}: ${found[index]}, not ${value}`);
  });
}

describe('gradients swept over loops', () => {
  const point = Array.from({ length: 150 }, (_, index) => Math.sin(index + 1));
  for (const [what, body] of Object.entries(LOOPS)) {
    it(`are those of the recording: ${what}`, () => {
      const { swept, adjoints } = gradients(`export function f(x: number[]): number {\n${body}\n}`, point);
      assert(swept, 'not swept');
      assertSame(swept, adjoints);
    });

    it(`make Hessian-vector products, as gradients of slopes: ${what}`, () => {
      const found = recorded(`export function f(x: number[]): number {\n${body}\n}`, point);
      const direction = Float64Array.from(point, (_, index) => Math.cos(index));
      const wanted = pushForward(gradientLinear(found), direction);
      const inputs = Float64Array.of(...point, ...direction);
      const products = gradientTier.compile(hvpProgram(found.program), 1);
      assert(products, 'not swept');
      assertSame(products.runFlat(inputs), wanted);
      assertSame(sweptProduct(found, direction) as Float64Array, wanted);
      // By the vector, too: that is the gradient.
      const both = gradientTier.compile(gradientProgram(slopeProgram(found.program), 2 * point.length), 1);
      assert(both, 'not swept');
      assertSame(both.runFlat(inputs), Float64Array.of(...wanted, ...pullBack(linearOf(found), [1])));
    });
  }

  it('make Hessians of long functions of few inputs', () => {
    const text = `export function f(x: number[]): number {
      let a = x[0];
      for (let i = 0; i < 5000; i++) a = Math.sin(a * x[1]) + x[2] / (1 + a * a);
      return a;
    }`;
    const found = recorded(text, [0.3, 1.2, 0.4]);
    const swept = sweptHessian(found);
    assert(swept, 'not swept');
    assertSame(swept.values, hessianOf(found).matrix.values);
    // A derivative that is not finite is looked at row by row.
    assert.equal(sweptHessian(recorded(text.replace('x[2] /', 'Math.sqrt(x[2]) /'), [0.3, 1.2, 0])), undefined);
  });

  it('are left to the other ways where nothing repeats', () => {
    const random = randomNumbers(7);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
    const number = () => `x[${Math.floor(random() * 150)}]`;
    const terms = Array.from(
      { length: 150 },
      () => `${number()} ${pick(['+', '-', '*'])} Math.${pick(['sin', 'exp', 'cos', 'tanh'])}(${number()})`,
    );
    assert.equal(gradients(`export const f = (x: number[]) => ${terms.join(' + ')};`, point).swept, undefined);
  });
});
