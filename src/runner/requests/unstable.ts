/** Expressions that lose digits at this very point, with the better one as a fix. */
import { unstableExpressions, type UnstableExpression } from '../../source/unstable';
import { rangeOf } from '../../source/positions';
import type { Finding, SourceRange } from '../protocol';
import type { Recorded } from '../record';
import type { Session } from '../session';

/** Below this `log(1 + x)` and `exp(x) - 1` have lost a digit of sixteen; they lose one more for every further tenth. */
const SMALL = 0.1;
/** Squares of larger numbers overflow, those of smaller ones vanish. */
const LARGEST = 1e150;

/** Findings inside the function that stands at `range` of `file`. */
export function unstableOf(session: Session, recorded: Recorded, file: string, range: SourceRange): Finding[] {
  const rewritten = session.files.rewritten(file);
  if (!rewritten) return [];
  const { sourceFile, text } = rewritten.module;
  const offset = (line: number, column: number): number =>
    sourceFile.getPositionOfLineAndCharacter(line - 1, column - 1);
  const start = offset(range.line, range.column);
  const end = offset(range.endLine, range.endColumn);
  const found: Finding[] = [];
  for (const expression of unstableExpressions(sourceFile, start, end)) {
    const values = valuesAt(recorded, new Set(rewritten.sites.exactly(expression.start, expression.end)));
    const bad = values.find((value) => isUnstable(expression.kind, value));
    if (bad === undefined) continue;
    const place = rangeOf(sourceFile, expression.start, expression.end);
    const old = text.slice(expression.start, expression.end);
    found.push({
      code: 'numerically-unstable',
      message: `${old} loses digits here.`,
      hint: `${expression.replacement} keeps them.`,
      location: { file, ...place },
      fix: {
        title: `Replace by ${expression.replacement}`,
        edits: [{ range: place, newText: expression.replacement }],
      },
    });
  }
  return found;
}

/** The values of the rows at those places. */
function valuesAt({ program, linearized }: Recorded, sites: ReadonlySet<number>): number[] {
  const values: number[] = [];
  if (sites.size === 0) return values;
  const { positions } = program.columns;
  for (let row = 0; row < program.size; row++) {
    if (sites.has(positions[row]) && linearized.isScalar(row)) values.push(linearized.scalarAt(row));
  }
  return values;
}

function isUnstable(kind: UnstableExpression['kind'], value: number): boolean {
  const size = Math.abs(value);
  switch (kind) {
    case 'log1p':
    case 'expm1':
      return size < SMALL;
    case 'hypot':
    case 'abs':
      // At 0 the root of a square has no derivative although the value has one from both sides.
      return size === 0 || size > LARGEST || size < 1 / LARGEST;
  }
}
