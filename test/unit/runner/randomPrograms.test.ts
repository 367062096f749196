/**
 * Random programs as TypeScript text: statements, loops, branches, array updates, helpers. The rewritten function on plain
 * numbers gives what the native one gives, bit for bit; so does the recorded one; its gradient agrees with differences.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deriveFile, nativeValue, session } from './support/derive';
import { richardson } from '../../../src/runner/differences';

const INPUTS = 3;

/** Expressions over the variables in scope; smooth enough for differences, bounded so that nothing overflows. */
const expression: (depth: number) => fc.Arbitrary<string> = fc.memo((depth) => {
  const leaf = fc.oneof(
    fc.constantFrom('a', 'b', 's', 'x[0]', 'x[1]', 'x[2]', 'buffer[1]', 'list[i % 3]', 'o.p', 'o["q"]', 'this_.v'),
    fc.double({ min: -2, max: 2, noNaN: true }).map((value) => `(${value})`),
  );
  if (depth <= 0) return leaf;
  const inner = expression(depth - 1);
  return fc.oneof(
    leaf,
    fc.tuple(inner, fc.constantFrom('+', '-', '*'), inner).map(([l, operator, r]) => `(${l} ${operator} ${r})`),
    fc.tuple(inner, inner).map(([l, r]) => `(${l} / (2 + ${r} * ${r}))`),
    fc
      .tuple(fc.constantFrom('Math.sin', 'Math.tanh', 'Math.cos', 'Math.atan', 'helper', 'square'), inner)
      .map(([f, v]) => `${f}(${v})`),
    fc.tuple(inner, inner, inner).map(([c, l, r]) => `(${c} > 0.1 ? ${l} : ${r})`),
    fc.tuple(inner, inner).map(([l, r]) => `Math.sqrt(1 + ${l} * ${l} + ${r} ** 2)`),
    inner.map((v) => `(-${v})`),
    fc.tuple(inner, inner).map(([l, r]) => `(${l} || ${r})`),
    fc.tuple(inner, inner).map(([l, r]) => `[${l}, ${r}].reduce((m, v) => m + v, 0)`),
    inner.map((v) => `Math.exp(-(${v} ** 2))`),
  );
});

const statement: (depth: number) => fc.Arbitrary<string> = fc.memo((depth) => {
  const value = expression(2);
  const simple = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('a', 'b', 's', 'o.p', 'list[1]', 'buffer[i % 3]', 'list[(i + 1) % 3]', 'this_.v'),
        fc.constantFrom('=', '+=', '-='),
        value,
      )
      .map(([t, operator, v]) => `${t} ${operator} Math.sin(${v});`),
    value.map((v) => `s += 0.5 * Math.tanh(${v});`),
    fc.constant('[a, b] = [b, a];'),
    fc.constant('n++;'),
    fc.constant('[list[0], buffer[2]] = [buffer[2], list[0]];'),
    value.map((v) => `{ const { p: z = 1 } = { p: ${v} }; s = s * 0.9 + Math.cos(z); }`),
    value.map((v) => `s -= buffer.map((w) => w * 0.5 + Math.sin(${v}))[0];`),
  );
  if (depth <= 0) return simple;
  const block = fc.array(statement(depth - 1), { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));
  return fc.oneof(
    { weight: 4, arbitrary: simple },
    {
      weight: 1,
      arbitrary: fc.tuple(value, block, block).map(([c, t, e]) => `if (${c} > 0) {\n${t}\n} else {\n${e}\n}`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: 4 }), block)
        .map(([count, body]) => `for (let j = 0; j < ${count}; j++) {\ni = j;\n${body}\n}`),
    },
    { weight: 1, arbitrary: block.map((body) => `for (const e of list) {\na += 0.1 * e;\n${body}\n}`) },
    {
      weight: 1,
      arbitrary: block.map((body) => `{ let k = 0; while (k < 2) {\nk += 1;\n${body}\nif (s > 3) break;\n} }`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(value, block)
        .map(([v, body]) => `switch (Math.round(${v})) {\ncase 0:\n${body}\nbreak;\ndefault:\ns += 0.25;\n}`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(value, block)
        .map(([v, body]) => `try {\nif (${v} > 0.5) throw new Error('big');\n${body}\n} catch (error) {\ns *= 0.5;\n}`),
    },
  );
});

const program = fc.array(statement(2), { minLength: 2, maxLength: 8 }).map(
  (lines) => `
const square = (v: number): number => v * v * 0.25;
function helper(v: number, k = 0.5): number { if (v < 0) return v * k; return Math.sin(v); }
class Holder { constructor(public v: number) {} }
export function f(x: number[]): number {
  let a = x[0], b = x[1] * 0.5, s = 0, i = 0, n = 0;
  const list = [x[2], a, 0.5];
  const buffer = new Float64Array([b, x[1], 1]);
  const o = { p: x[0], q: 0.75 };
  const this_ = new Holder(x[2]);
${lines.join('\n')}
  return s + a * b + list[0] * list[1] + list[2] + buffer[0] + buffer[1] * buffer[2] + o.p * o.q + this_.v + n;
}
`,
);

/** Away from 0, where branches like `x || y` have an isolated value. */
const coordinate = fc
  .tuple(fc.double({ min: 0.05, max: 1.5, noNaN: true }), fc.boolean())
  .map(([v, negative]) => (negative ? -v : v) + 1e-3 * Math.PI);
const points = fc.array(coordinate, { minLength: INPUTS, maxLength: INPUTS });

describe('random programs', function () {
  this.timeout(300_000);

  it('300 of them run bit for bit as they do natively, and their gradients agree with differences', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(program, points, async (text, point) => {
        const file = '/virtual/random.ts';
        session.overlay(file, text);
        const native = nativeValue(file, [point])[0];
        const rewritten = session.realm(true).load(file).evaluate('f') as (x: number[]) => number;
        assert.ok(Object.is(rewritten([...point]), native), 'the rewritten function on plain numbers');
        const { value, jacobian, warnings } = await deriveFile(file, [point]);
        assert.ok(Object.is(value[0], native), 'the recorded function');
        assert.deepEqual(warnings, []);
        const evaluate = (inputs: Float64Array) => nativeValue(file, [Array.from(inputs)]);
        for (let k = 0; k < INPUTS; k++) {
          const direction = Float64Array.from({ length: INPUTS }, (_, index) => (index === k ? 1 : 0));
          const { values, errors } = richardson(evaluate, Float64Array.from(point), direction, 1, 1e-3);
          const scale = Math.max(1, Math.abs(values[0]));
          // Where a branch changes within the step, or at the point itself, differences say nothing.
          if (errors[0] > 1e-7 * scale) continue;
          const [left, right] = [-1e-6, 1e-6].map(
            (h) => (evaluate(Float64Array.from(point, (v, j) => v + (j === k ? h : 0)))[0] - native) / h,
          );
          if (Math.abs(left - right) > 1e-4 * scale) continue;
          compared++;
          assert.ok(
            Math.abs(values[0] - jacobian[k]) <= 1e-6 * scale,
            `∂f/∂x[${k}] is ${jacobian[k]}, differences give ${values[0]}`,
          );
        }
      }),
      { numRuns: 300, seed: Number(process.env.FC_SEED ?? 20_240_607) },
    );
    assert.ok(compared > 600, `only ${compared} components could be compared`);
  });
});
