import assert from 'node:assert/strict';
import { componentName, functionHover } from '../../../src/extension/hovers/functionHover';
import { lineHover } from '../../../src/extension/hovers/lineHover';
import { commandLink, escapeMarkdown, inlineCode } from '../../../src/extension/hovers/markdown';
import { parameterHover } from '../../../src/extension/hovers/parameterHover';
import { makeFunction, makeInspection, makeLine } from './builders';

const fn = makeFunction('f');
const target = { uri: 'file:///w/a.ts', functionName: 'f', pointIndex: 0 };
const ready = (more = {}) => ({ kind: 'ready' as const, fn, inspection: makeInspection(more), version: 1 });

describe('hovers of functions', () => {
  it('show value, gradient, cost and links', () => {
    const text = functionHover(fn, ready(), target, 4) ?? '';
    assert.match(text, /`f\(\[1, 2\]\) = 24\.2`/);
    assert.match(text, /\| `x\[0\]` \| `1` \| `−215\.6` \|/);
    assert.match(text, /‖∇f‖ = 232\.9/);
    assert.match(text, /12 operations/);
    assert.match(text, /\[Hessian\]\(command:gradlens\.showHessian\?/);
  });

  it('sum up a Jacobian', () => {
    const summary = {
      rows: 2,
      columns: 3,
      frobenius: 5,
      maxAbs: 3,
      nonZeros: 3,
      nonFinite: 1,
      rank: 2,
      condition: 12.5,
    };
    const matrix = { kind: 'dense' as const, rows: 2, columns: 3, values: new Float64Array(6) };
    const text = functionHover(fn, ready({ scalar: false, summary, matrix }), target, 4) ?? '';
    assert.match(text, /Jacobian 2 × 3 · sparsity 50 % · rank 2 · condition 12\.5 · ‖J‖ = 5/);
    assert.match(text, /one entry is not finite/);
    assert.doesNotMatch(text, /showHessian/);
  });

  it('say why there is none', () => {
    const error = { code: 'user-error', message: 'x is undefined', line: 3, column: 5 };
    const text = functionHover(fn, { kind: 'failed', error, version: 1 }, target, 4) ?? '';
    assert.match(text, /x is undefined \\\(3:5\\\)/);
    assert.equal(functionHover(fn, { kind: 'idle' }, target, 4), undefined);
  });

  it('name components by the user’s paths', () => {
    const leaves = [
      { path: 'p.W', shape: [2, 3], offset: 0, size: 6 },
      { path: 'k', shape: [], offset: 6, size: 1 },
    ];
    assert.equal(componentName(leaves, 4), 'p.W[1, 1]');
    assert.equal(componentName(leaves, 6), 'k');
  });
});

describe('hovers of parameters', () => {
  it('show the point and the derivative', () => {
    const text = parameterHover(fn, 0, makeInspection(), 4) ?? '';
    assert.match(text, /`x = \[1, 2\]`/);
    assert.match(text, /\| `x\[1\]` \| `2` \| `−88` \|/);
  });

  it('say why a parameter is left out', () => {
    const other = makeFunction('g');
    Object.assign(other.parameters[0]!, { differentiable: false, reason: 'a string has no derivative' });
    assert.match(parameterHover(other, 0, undefined, 4) ?? '', /Not differentiated: a string/);
    assert.match(parameterHover(fn, 0, makeInspection({ wrt: [] }), 4) ?? '', /@wrt/);
  });
});

describe('hovers of lines', () => {
  it('show the iterations of a loop, the first and the last of many', () => {
    const values = Float64Array.from({ length: 200 }, (_, index) => index);
    const line = makeLine(3, 499, 1, { count: 500, values, adjoints: values, min: 0, max: 499, errorShare: 0.37 });
    const text = lineHover(line, 'f', 4);
    assert.match(text, /500 iterations, from 0 to 499/);
    assert.match(text, /\| 301 \| `0` \| `0` \|/);
    assert.match(text, /\| 500 \| `199` \| `199` \|/);
    assert.match(text, /⋮/);
    assert.match(text, /data:image\/svg\+xml;base64,/);
    assert.match(text, /37 % of the estimated rounding error/);
  });

  it('show which way branches went', () => {
    const guards = [{ text: 'x > 0 || y', taken: 3, notTaken: 1 }];
    assert.match(lineHover(makeLine(3, 1, 1, { guards }), 'f', 4), /\| `x > 0 \\\|\\\| y` \| 3 \| 1 \|/);
  });
});

describe('Markdown', () => {
  it('does not take the user’s text for markup', () => {
    assert.equal(escapeMarkdown('a_b *c* [d](e)\nf'), 'a\\_b \\*c\\* \\[d\\]\\(e\\) f');
    assert.equal(inlineCode('a`b'), '`` a`b ``');
    assert.equal(commandLink('x', 'c', { a: 1 }), '[x](command:c?%5B%7B%22a%22%3A1%7D%5D)');
  });
});
