import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Edit, shiftFunction, shiftInspection, shiftLine, shiftRange } from '../../../src/extension/live/shift';
import { makeFinding, makeFunction, makeInspection, makeLine, range } from './builders';

const edit = (line: number, column: number, endLine: number, endColumn: number, text: string): Edit => ({
  range: range(line, column, endLine, endColumn),
  text,
});

/** The offset of a 1-based position. */
function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n');
  return lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before[before.length - 1] ?? '').length + 1 };
}

describe('ranges that move with the text', () => {
  it('stay before an edit and move behind it', () => {
    const mark = range(3, 5, 3, 9);
    assert.equal(shiftRange(mark, [edit(3, 9, 3, 12, 'abcdef')]).endColumn, 9);
    assert.deepEqual(shiftRange(mark, [edit(3, 1, 3, 1, 'ab')]), range(3, 7, 3, 11));
    assert.deepEqual(shiftRange(mark, [edit(1, 1, 2, 1, '')]), range(2, 5, 2, 9));
    assert.deepEqual(shiftRange(mark, [edit(1, 4, 1, 4, '\n\n')]), range(5, 5, 5, 9));
  });

  it('grow with what is typed inside', () => {
    assert.deepEqual(shiftRange(range(3, 5, 3, 9), [edit(3, 7, 3, 7, 'xx')]), range(3, 5, 3, 11));
  });

  it('keep the text they mark, whatever is edited outside of them', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n', ' '), minLength: 12, maxLength: 40 });
    fc.assert(
      fc.property(letters, fc.nat(), fc.nat(), fc.nat(), fc.nat(), letters, (text, a, b, c, d, inserted) => {
        const [start, end] = [a % text.length, b % text.length].sort((x, y) => x - y) as [number, number];
        const [from, to] = [c % text.length, d % text.length].sort((x, y) => x - y) as [number, number];
        // Outside, not touching: an edit that touches may belong to the marked text or not.
        fc.pre(end > start && (to < start || from > end));
        const at = (offset: number): { line: number; column: number } => positionOf(text, offset);
        const mark = range(at(start).line, at(start).column, at(end).line, at(end).column);
        const change = edit(at(from).line, at(from).column, at(to).line, at(to).column, inserted);
        const after = text.slice(0, from) + inserted + text.slice(to);
        const moved = shiftRange(mark, [change]);
        const now = after.slice(
          offsetOf(after, moved.line, moved.column),
          offsetOf(after, moved.endLine, moved.endColumn),
        );
        assert.equal(now, text.slice(start, end));
      }),
    );
  });
});

describe('lines that move with the text', () => {
  it('stay when something is typed on them and move when a line comes before them', () => {
    assert.equal(shiftLine(4, [edit(4, 3, 4, 3, 'abc')]), 4);
    assert.equal(shiftLine(4, [edit(4, 9, 4, 9, '\n')]), 4);
    assert.equal(shiftLine(4, [edit(3, 9, 3, 9, '\n')]), 5);
    assert.equal(shiftLine(4, [edit(4, 1, 4, 1, '\n')]), 5);
    assert.equal(shiftLine(4, [edit(2, 1, 3, 1, '')]), 3);
  });

  it('are the same objects where an edit moves nothing', () => {
    const typed = [edit(9, 4, 9, 4, 'x')];
    const inspection = makeInspection({ lines: [makeLine(4, 1, 1)], findings: [makeFinding(4)] });
    assert.equal(shiftInspection(inspection, '/w/a.ts', typed), inspection);
    const fn = makeFunction('f');
    assert.equal(shiftFunction(fn, typed), fn);
    assert.equal(shiftFunction(fn, [edit(1, 1, 1, 1, '\n')]).range.line, fn.range.line + 1);
  });

  it('take values and findings along, and drop fixes whose text has moved', () => {
    const inspection = makeInspection({
      lines: [makeLine(4, 1, 1), makeLine(4, 1, 1, { file: '/w/b.ts' })],
      findings: [makeFinding(4, { fix: { title: 'x', edits: [] } })],
    });
    const moved = shiftInspection(inspection, '/w/a.ts', [edit(1, 1, 1, 1, '\n')]);
    assert.deepEqual(
      moved.lines.map(({ line }) => line),
      [5, 4],
    );
    assert.equal(moved.findings[0]?.location.line, 5);
    assert.equal(moved.findings[0]?.fix, undefined);
    assert.equal(moved.lines[0]?.values, inspection.lines[0]?.values);
  });
});
