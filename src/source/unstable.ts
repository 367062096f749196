/**
 * Expressions that lose digits where a better one exists, by their form alone: `Math.log(1 + x)`, `Math.exp(x) - 1`,
 * `Math.sqrt(x * x + y * y)`, `Math.sqrt(x * x)`. Text in, replacements out; whether digits are lost, the values say.
 */
import ts from 'typescript';

export interface UnstableExpression {
  kind: 'log1p' | 'expm1' | 'hypot' | 'abs';
  /** Offsets in the text. */
  start: number;
  end: number;
  replacement: string;
}

/** The expressions between two offsets, from the outside in. */
export function unstableExpressions(sourceFile: ts.SourceFile, start: number, end: number): UnstableExpression[] {
  const found: UnstableExpression[] = [];
  const visit = (node: ts.Node): void => {
    if (node.end <= start || node.pos >= end) return;
    const better = ts.isExpression(node) ? betterOf(node, sourceFile) : undefined;
    if (better) found.push({ ...better, start: node.getStart(sourceFile), end: node.end });
    ts.forEachChild(node, visit);
  };
  visit(sourceFile);
  return found;
}

function betterOf(
  node: ts.Expression,
  file: ts.SourceFile,
): Pick<UnstableExpression, 'kind' | 'replacement'> | undefined {
  const logged = mathArgument(node, 'log', file);
  if (logged && isBinary(logged, ts.SyntaxKind.PlusToken)) {
    const [left, right] = [unwrap(logged.left), unwrap(logged.right)];
    const x = isOne(left) ? right : isOne(right) ? left : undefined;
    return x && { kind: 'log1p', replacement: `Math.log1p(${x.getText(file)})` };
  }
  if (isBinary(node, ts.SyntaxKind.MinusToken) && isOne(unwrap(node.right))) {
    const x = mathArgument(unwrap(node.left), 'exp', file);
    return x && { kind: 'expm1', replacement: `Math.expm1(${x.getText(file)})` };
  }
  const rooted = mathArgument(node, 'sqrt', file);
  if (!rooted) return undefined;
  const alone = squared(rooted, file);
  if (alone !== undefined) return { kind: 'abs', replacement: `Math.abs(${alone})` };
  const terms = sumOf(rooted).map((term) => squared(term, file));
  if (terms.length < 2 || terms.some((term) => term === undefined)) return undefined;
  return { kind: 'hypot', replacement: `Math.hypot(${terms.join(', ')})` };
}

function unwrap(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) ? unwrap(node.expression) : node;
}

function isBinary(node: ts.Expression, operator: ts.SyntaxKind): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === operator;
}

function isOne(node: ts.Expression): boolean {
  return ts.isNumericLiteral(node) && Number(node.text) === 1;
}

/** The argument of `Math.name(…)` where it is the only one. */
function mathArgument(node: ts.Expression, name: string, file: ts.SourceFile): ts.Expression | undefined {
  if (!ts.isCallExpression(node) || node.arguments.length !== 1) return undefined;
  const [argument] = node.arguments;
  return node.expression.getText(file) === `Math.${name}` && argument ? unwrap(argument) : undefined;
}

/** The text of x in `x * x` or `x ** 2`. */
function squared(expression: ts.Expression, file: ts.SourceFile): string | undefined {
  const node = unwrap(expression);
  if (isBinary(node, ts.SyntaxKind.AsteriskAsteriskToken)) {
    const exponent = unwrap(node.right);
    return ts.isNumericLiteral(exponent) && Number(exponent.text) === 2 ? unwrap(node.left).getText(file) : undefined;
  }
  if (!isBinary(node, ts.SyntaxKind.AsteriskToken)) return undefined;
  const [left, right] = [unwrap(node.left).getText(file), unwrap(node.right).getText(file)];
  // What is called twice may give two values.
  return left === right && !/[(]/.test(left) ? left : undefined;
}

function sumOf(expression: ts.Expression): ts.Expression[] {
  const node = unwrap(expression);
  return isBinary(node, ts.SyntaxKind.PlusToken) ? [...sumOf(node.left), ...sumOf(node.right)] : [node];
}
