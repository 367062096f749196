/** Operators and the functions of the runtime that stand for them in rewritten code. */
import ts from 'typescript';

const K = ts.SyntaxKind;

export const BINARY = new Map<ts.SyntaxKind, string>([
  [K.PlusToken, '$$add'],
  [K.MinusToken, '$$sub'],
  [K.AsteriskToken, '$$mul'],
  [K.SlashToken, '$$div'],
  [K.PercentToken, '$$rem'],
  [K.AsteriskAsteriskToken, '$$pow'],
  [K.AmpersandToken, '$$band'],
  [K.BarToken, '$$bor'],
  [K.CaretToken, '$$bxor'],
  [K.LessThanLessThanToken, '$$shl'],
  [K.GreaterThanGreaterThanToken, '$$shr'],
  [K.GreaterThanGreaterThanGreaterThanToken, '$$ushr'],
  [K.LessThanToken, '$$lt'],
  [K.LessThanEqualsToken, '$$le'],
  [K.GreaterThanToken, '$$gt'],
  [K.GreaterThanEqualsToken, '$$ge'],
  [K.EqualsEqualsToken, '$$eq'],
  [K.ExclamationEqualsToken, '$$ne'],
  [K.EqualsEqualsEqualsToken, '$$seq'],
  [K.ExclamationEqualsEqualsToken, '$$sne'],
]);

export const COMPOUND = new Map<ts.SyntaxKind, string>([
  [K.PlusEqualsToken, '$$add'],
  [K.MinusEqualsToken, '$$sub'],
  [K.AsteriskEqualsToken, '$$mul'],
  [K.SlashEqualsToken, '$$div'],
  [K.PercentEqualsToken, '$$rem'],
  [K.AsteriskAsteriskEqualsToken, '$$pow'],
  [K.AmpersandEqualsToken, '$$band'],
  [K.BarEqualsToken, '$$bor'],
  [K.CaretEqualsToken, '$$bxor'],
  [K.LessThanLessThanEqualsToken, '$$shl'],
  [K.GreaterThanGreaterThanEqualsToken, '$$shr'],
  [K.GreaterThanGreaterThanGreaterThanEqualsToken, '$$ushr'],
]);

const COMPARISONS = new Set<ts.SyntaxKind>([
  K.LessThanToken,
  K.LessThanEqualsToken,
  K.GreaterThanToken,
  K.GreaterThanEqualsToken,
  K.EqualsEqualsToken,
  K.ExclamationEqualsToken,
  K.EqualsEqualsEqualsToken,
  K.ExclamationEqualsEqualsToken,
  K.InKeyword,
  K.InstanceOfKeyword,
]);

const EQUALITIES = new Set<ts.SyntaxKind>([
  K.EqualsEqualsToken,
  K.ExclamationEqualsToken,
  K.EqualsEqualsEqualsToken,
  K.ExclamationEqualsEqualsToken,
]);

/** Every name that rewritten code takes from the runtime, in one fixed order. */
export const RUNTIME_NAMES: readonly string[] = [
  '$$',
  ...new Set(BINARY.values()),
  ...[
    '$$neg',
    '$$num',
    '$$bnot',
    '$$inc',
    '$$dec',
    '$$post',
    '$$typeof',
    '$$truthy',
    '$$plain',
    '$$or',
    '$$and',
    '$$andEnd',
  ],
  ...['$$isArray', '$$get', '$$maybe', '$$set', '$$key', '$$ref', '$$string', '$$apply', '$$call', '$$spread'],
  ...['$$value', '$$called', '$$loop', '$$iterate', '$$done', '$$Math'],
];

/** Functions of `Math` that are called with their site in front. */
export const MATH_FUNCTIONS: ReadonlySet<string> = new Set([
  ...[
    'abs',
    'acos',
    'acosh',
    'asin',
    'asinh',
    'atan',
    'atan2',
    'atanh',
    'cbrt',
    'ceil',
    'clz32',
    'cos',
    'cosh',
    'exp',
    'expm1',
  ],
  ...[
    'floor',
    'fround',
    'hypot',
    'imul',
    'log',
    'log10',
    'log1p',
    'log2',
    'max',
    'min',
    'pow',
    'round',
    'sign',
    'sin',
    'sinh',
  ],
  ...['sqrt', 'tan', 'tanh', 'trunc'],
]);

export function skipParentheses(node: ts.Expression): ts.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isTypeAssertionExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

/** True where the value is a boolean whatever the operands are. */
export function isBoolean(node: ts.Expression): boolean {
  const inner = skipParentheses(node);
  if (inner.kind === K.TrueKeyword || inner.kind === K.FalseKeyword) return true;
  if (ts.isPrefixUnaryExpression(inner)) return inner.operator === K.ExclamationToken;
  if (!ts.isBinaryExpression(inner)) return false;
  const { kind } = inner.operatorToken;
  if (kind === K.AmpersandAmpersandToken || kind === K.BarBarToken)
    return isBoolean(inner.left) && isBoolean(inner.right);
  return COMPARISONS.has(kind);
}

/** A literal, a function, an array …: never a traced number. */
export function isNeverNumber(node: ts.Expression): boolean {
  const inner = skipParentheses(node);
  switch (inner.kind) {
    case K.StringLiteral:
    case K.NoSubstitutionTemplateLiteral:
    case K.TemplateExpression:
    case K.TrueKeyword:
    case K.FalseKeyword:
    case K.NullKeyword:
    case K.ArrowFunction:
    case K.FunctionExpression:
    case K.ClassExpression:
    case K.ArrayLiteralExpression:
    case K.ObjectLiteralExpression:
    case K.RegularExpressionLiteral:
    case K.NewExpression:
    case K.TypeOfExpression:
    case K.BigIntLiteral:
    case K.JsxElement:
    case K.JsxFragment:
    case K.JsxSelfClosingElement:
      return true;
    default:
      return ts.isIdentifier(inner) && inner.text === 'undefined';
  }
}

export function isNumericLiteral(node: ts.Expression): boolean {
  const inner = skipParentheses(node);
  return ts.isNumericLiteral(inner) || (ts.isPrefixUnaryExpression(inner) && ts.isNumericLiteral(inner.operand));
}

/** Comparisons with null, a string and the like need no tracing: they never look at a number. */
export function isPlainComparison(node: ts.BinaryExpression): boolean {
  return EQUALITIES.has(node.operatorToken.kind) && (isNeverNumber(node.left) || isNeverNumber(node.right));
}

/** May be written twice: reading it has no effect and costs nothing. */
export function isSimple(node: ts.Expression): boolean {
  if (ts.isIdentifier(node) || node.kind === K.ThisKeyword || ts.isNumericLiteral(node) || ts.isStringLiteral(node))
    return true;
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)) return isSimple(node.expression);
  return ts.isPropertyAccessExpression(node) && !node.questionDotToken && node.expression.kind === K.ThisKeyword;
}
