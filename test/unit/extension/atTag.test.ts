import assert from 'node:assert/strict';
import { type TagEdit, writeAtTag } from '../../../src/extension/format/atTag';

/** The text after the edit. */
function apply(text: string, { start, end, text: inserted }: TagEdit): string {
  const lines = text.split('\n');
  const before = [...lines.slice(0, start.line), (lines[start.line] ?? '').slice(0, start.character)].join('\n');
  const after = [(lines[end.line] ?? '').slice(end.character), ...lines.slice(end.line + 1)].join('\n');
  return before + inserted + after;
}

const write = (text: string, line: number): string => apply(text, writeAtTag(text.split('\n'), line, '[1]'));

describe('a point written as @at', () => {
  it('gets a comment of its own', () => {
    assert.equal(write('  function f() {}', 0), '  /** @at [1] */\n  function f() {}');
    assert.equal(write('// note\nfunction f() {}', 1), '// note\n/** @at [1] */\nfunction f() {}');
    assert.equal(write('/* block */\nfunction f() {}', 1), '/* block */\n/** @at [1] */\nfunction f() {}');
  });

  it('opens a comment of one line', () => {
    assert.equal(write('/** Sum. */\nfunction f() {}', 1), '/**\n * Sum.\n * @at [1]\n */\nfunction f() {}');
  });

  it('joins a comment of several lines', () => {
    const text = '  /**\n   * Sum.\n   */\n  function f() {}';
    assert.equal(write(text, 3), '  /**\n   * Sum.\n   * @at [1]\n   */\n  function f() {}');
    assert.equal(write('/**\n * Sum. */\nfunction f() {}', 2), '/**\n * Sum.\n * @at [1]\n */\nfunction f() {}');
  });

  it('replaces a tag, with or without its name in the range', () => {
    const text = '/** @at [2, 3] */\nfunction f() {}';
    const tag = (from: number) => ({ start: { line: 0, character: from }, end: { line: 0, character: 14 } });
    for (const from of [4, 8]) {
      const after = apply(text, writeAtTag(text.split('\n'), 1, '[1]', tag(from)));
      assert.equal(after, '/** @at [1] */\nfunction f() {}');
    }
  });
});
