/** Which loops of a module a piece of its text stands in. */
import ts from 'typescript';

export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Methods that call their argument once an element. */
const ITERATING = new Set(
  'every filter find findIndex findLast findLastIndex flatMap forEach from map reduce reduceRight some'.split(' '),
);

/** The loops around [start, end), outermost first: statements, and calls of array methods with a function inside of which it is. */
export function enclosingLoops(sourceFile: ts.SourceFile, start: number, end: number): TextRange[] {
  const found: TextRange[] = [];
  const visit = (node: ts.Node): void => {
    if (node.pos > start || node.end < end) return;
    const loop = loopOf(node, start, end);
    if (loop) found.push(loop);
    ts.forEachChild(node, visit);
  };
  visit(sourceFile);
  return found;
}

function loopOf(node: ts.Node, start: number, end: number): TextRange | undefined {
  if (ts.isIterationStatement(node, false)) {
    // What a for loop begins with runs once.
    const head = ts.isForStatement(node) ? node.initializer : undefined;
    return head && head.pos <= start && head.end >= end ? undefined : { start: node.getStart(), end: node.end };
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { name } = node.expression;
  if (!ITERATING.has(name.text)) return undefined;
  const inside = node.arguments.some(
    (argument) => argument.pos <= start && argument.end >= end && isFunction(argument),
  );
  return inside ? { start: name.getStart(), end: node.end } : undefined;
}

function isFunction(node: ts.Node): boolean {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}
