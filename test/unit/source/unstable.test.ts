import assert from 'node:assert/strict';
import { parseModule } from '../../../src/source/parse';
import { unstableExpressions } from '../../../src/source/unstable';

const better = (expression: string): string[] => {
  const { sourceFile, text } = parseModule('/w/a.ts', `const y = ${expression};`);
  return unstableExpressions(sourceFile, 0, text.length).map(({ replacement }) => replacement);
};

describe('expressions that lose digits', () => {
  const cases: [string, string[]][] = [
    ['Math.log(1 + x)', ['Math.log1p(x)']],
    ['Math.log(x[i] + 1.0)', ['Math.log1p(x[i])']],
    ['Math.exp(-k * t) - 1', ['Math.expm1(-k * t)']],
    ['Math.sqrt(x * x + y * y)', ['Math.hypot(x, y)']],
    ['Math.sqrt((a - b) ** 2 + y ** 2 + z * z)', ['Math.hypot(a - b, y, z)']],
    ['Math.sqrt(x * x)', ['Math.abs(x)']],
    ['Math.log(2 + x)', []],
    ['Math.sqrt(x * y + y * y)', []],
    ['Math.sqrt(next() * next())', []],
    ['Math.exp(x) - 2', []],
    ['2 * Math.log(1 + Math.exp(x))', ['Math.log1p(Math.exp(x))']],
  ];
  for (const [expression, wanted] of cases) {
    it(expression, () => assert.deepEqual(better(expression), wanted));
  }
});
