/**
 * Which parameters a function only hands on whole, as arrays to functions that take arrays, as far as its text tells. What it says is
 * an expectation: aliases and other modules are not followed, and whoever relies on it has to watch.
 */
import ts from 'typescript';
import { isReference } from '../rewrite/scopes';

/** What a file declares, wherever in it. */
interface Declared {
  readonly names: ReadonlySet<string>;
  /** By name, where there is one of that name only. */
  readonly functions: ReadonlyMap<string, ts.SignatureDeclaration | undefined>;
}

const known = new WeakMap<ts.SourceFile, Declared>();

function declaredIn(sourceFile: ts.SourceFile): Declared {
  let found = known.get(sourceFile);
  if (!found) known.set(sourceFile, (found = collect(sourceFile)));
  return found;
}

function collect(sourceFile: ts.SourceFile): Declared {
  const names = new Set<string>();
  const functions = new Map<string, ts.SignatureDeclaration | undefined>();
  const visit = (node: ts.Node): void => {
    const { name } = node as ts.NamedDeclaration;
    if (name && ts.isIdentifier(name) && isDeclaration(node)) {
      const value = ts.isVariableDeclaration(node) ? node.initializer : node;
      const isFunction =
        value && (ts.isFunctionDeclaration(value) || ts.isArrowFunction(value) || ts.isFunctionExpression(value));
      functions.set(name.text, isFunction && !names.has(name.text) ? value : undefined);
      names.add(name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(sourceFile);
  return { names, functions };
}

function isDeclaration(node: ts.Node): boolean {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node) ||
    ts.isNamespaceImport(node)
  );
}

/** Indices of the parameters (`this` is none) whose numbers the function never seems to look at one by one. */
export function handedOnWhole(node: ts.SignatureDeclaration): number[] {
  const seen = new Set<ts.ParameterDeclaration>();
  return parametersOf(node).flatMap((parameter, index) => (isHandedOn(node, parameter, seen) ? [index] : []));
}

function parametersOf({ parameters }: ts.SignatureDeclaration): ts.ParameterDeclaration[] {
  return parameters.filter(({ name }) => !(ts.isIdentifier(name) && name.text === 'this'));
}

/** Arrays of numbers: their elements are what must not be looked at. Of other arrays the elements may be such. */
const NUMBERS = /^(readonly\s+)?(number(\[\])+|(Readonly)?Array<number(\[\])*>|Float(64|32)Array)$/;

const ARRAY_METHODS: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Array.prototype));
/** Methods that give an array which is in it: of typed arrays and of maps. */
const PARTS: ReadonlySet<string> = new Set(['subarray', 'get']);

/** @param seen parameters that are being looked at: recursion adds nothing */
function isHandedOn(
  node: ts.SignatureDeclaration,
  parameter: ts.ParameterDeclaration | undefined,
  seen: Set<ts.ParameterDeclaration>,
): boolean {
  if (!parameter || parameter.dotDotDotToken) return false;
  if (seen.has(parameter)) return true;
  seen.add(parameter);
  const sourceFile = node.getSourceFile();
  const { functions, names } = declaredIn(sourceFile);
  const numbers = parameter.type !== undefined && NUMBERS.test(parameter.type.getText(sourceFile));
  const variables = new Set<string>();
  return bindingIsWhole(parameter.name);

  function bindingIsWhole(name: ts.BindingName): boolean {
    if (ts.isIdentifier(name)) return isWhole(name.text);
    return (
      ts.isObjectBindingPattern(name) &&
      name.elements.every((element) => !element.dotDotDotToken && bindingIsWhole(element.name))
    );
  }

  /** All that the function does with a variable of its own. */
  function isWhole(name: string): boolean {
    if (variables.has(name)) return true;
    variables.add(name);
    let declarations = 0;
    let whole = true;
    const visit = (inner: ts.Node): void => {
      if (!whole || ts.isTypeNode(inner)) return;
      if (!ts.isIdentifier(inner) || inner.text !== name) ts.forEachChild(inner, visit);
      else if (isDeclaration(inner.parent) && (inner.parent as ts.NamedDeclaration).name === inner) declarations++;
      else if (isReference(inner)) whole = isHandled(inner);
    };
    visit(node);
    return whole && declarations === 1;
  }

  function isHandled(reference: ts.Identifier): boolean {
    let value: ts.Node = reference;
    for (;;) {
      const parent: ts.Node = value.parent;
      if (
        ts.isParenthesizedExpression(parent) ||
        ts.isAsExpression(parent) ||
        ts.isSatisfiesExpression(parent) ||
        ts.isNonNullExpression(parent) ||
        ts.isArrayLiteralExpression(parent) ||
        ts.isObjectLiteralExpression(parent) ||
        ts.isShorthandPropertyAssignment(parent) ||
        (ts.isPropertyAssignment(parent) && parent.initializer === value) ||
        (ts.isElementAccessExpression(parent) && parent.expression === value && !numbers) ||
        (ts.isConditionalExpression(parent) && parent.condition !== value)
      ) {
        value = parent;
      } else if (ts.isPropertyAccessExpression(parent)) {
        if (parent.name.text === 'length') return true;
        const called = ts.isCallExpression(parent.parent) && parent.parent.expression === parent;
        // What other methods do with it is theirs to know.
        if (called && !PARTS.has(parent.name.text)) return !numbers && !ARRAY_METHODS.has(parent.name.text);
        value = called ? parent.parent : parent;
      } else if (ts.isCallExpression(parent)) return isGiven(parent, value);
      else if (isAssignment(parent))
        return parent.left === value || (ts.isIdentifier(parent.left) && isWhole(parent.left.text));
      else if (ts.isVariableDeclaration(parent) && parent.initializer === value) return bindingIsWhole(parent.name);
      else if (ts.isForOfStatement(parent) && parent.expression === value) return !numbers && loopIsWhole(parent);
      // What leaves the function is described as it is.
      else return (ts.isReturnStatement(parent) && enclosing(parent) === node) || parent === node;
    }
  }

  function loopIsWhole({ initializer }: ts.ForOfStatement): boolean {
    return ts.isVariableDeclarationList(initializer) && bindingIsWhole(initializer.declarations[0].name);
  }

  /** The language's own functions look at the numbers; those of this file are followed. */
  function isGiven(call: ts.CallExpression, value: ts.Node): boolean {
    const at = call.arguments.indexOf(value as ts.Expression);
    const callee = call.expression;
    if (at < 0 || call.arguments.slice(0, at).some(ts.isSpreadElement)) return false;
    const root = rootOf(callee);
    if (root === undefined || !names.has(root)) return false;
    const local = ts.isIdentifier(callee) ? functions.get(root) : undefined;
    return !local || isHandedOn(local, parametersOf(local)[at], seen);
  }
}

/** The name that an expression begins with. */
function rootOf(expression: ts.Expression): string | undefined {
  let inner: ts.Expression = expression;
  while (!ts.isIdentifier(inner)) {
    if (
      !ts.isPropertyAccessExpression(inner) &&
      !ts.isElementAccessExpression(inner) &&
      !ts.isCallExpression(inner) &&
      !ts.isNonNullExpression(inner) &&
      !ts.isParenthesizedExpression(inner)
    )
      return undefined;
    inner = inner.expression;
  }
  return inner.text;
}

function isAssignment(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
}

function enclosing(node: ts.Node): ts.Node | undefined {
  let outer: ts.Node | undefined = node.parent;
  while (outer && !ts.isFunctionLike(outer)) outer = outer.parent;
  return outer;
}
