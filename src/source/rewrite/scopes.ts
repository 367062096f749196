/** Which names a module declares, scope by scope: enough to tell an import or a global from a local of the same name. */
import ts from 'typescript';

export function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

export type Scopes = Map<ts.Node, Set<string>>;

const K = ts.SyntaxKind;

/** Scopes of `var` and of functions. */
const FUNCTION_SCOPES: readonly ts.SyntaxKind[] = [
  ...[K.SourceFile, K.FunctionDeclaration, K.FunctionExpression, K.ArrowFunction, K.MethodDeclaration, K.Constructor],
  ...[K.GetAccessor, K.SetAccessor, K.ModuleBlock, K.ClassStaticBlockDeclaration],
];
const BLOCK_SCOPES: readonly ts.SyntaxKind[] = [
  ...[K.Block, K.CaseBlock, K.CatchClause, K.ForStatement, K.ForInStatement, K.ForOfStatement, K.ClassDeclaration],
  K.ClassExpression,
];

/** By kind: 0 for no scope, 1 for a block's, 2 for a function's. */
const SCOPES = new Uint8Array(K.Count);
for (const kind of BLOCK_SCOPES) SCOPES[kind] = 1;
for (const kind of FUNCTION_SCOPES) SCOPES[kind] = 2;

/** Collects declarations while a walk goes through the tree: call `enter` and `leave` around each node's children. */
export class ScopeCollector {
  readonly scopes: Scopes = new Map();
  /** Names assigned to anywhere (however they resolve): an export among them is not constant. */
  readonly assigned = new Set<string>();
  private readonly stack: ts.Node[] = [];

  enter(node: ts.Node): void {
    this.declare(node);
    if (SCOPES[node.kind] !== 0) this.stack.push(node);
  }

  leave(node: ts.Node): void {
    if (this.stack[this.stack.length - 1] === node) this.stack.pop();
  }

  private declare(node: ts.Node): void {
    switch (node.kind) {
      case ts.SyntaxKind.VariableDeclaration: {
        const { parent } = node as ts.VariableDeclaration;
        const block = ts.isVariableDeclarationList(parent) && (parent.flags & ts.NodeFlags.BlockScoped) === 0;
        this.bind((node as ts.VariableDeclaration).name, block ? this.functionScope() : this.blockScope());
        break;
      }
      case ts.SyntaxKind.Parameter:
        this.bind((node as ts.ParameterDeclaration).name, this.blockScope());
        break;
      case ts.SyntaxKind.FunctionDeclaration:
      case ts.SyntaxKind.ClassDeclaration:
      case ts.SyntaxKind.EnumDeclaration:
      case ts.SyntaxKind.ModuleDeclaration: {
        const { name } = node as ts.FunctionDeclaration;
        if (name) this.bind(name, this.blockScope());
        break;
      }
      case ts.SyntaxKind.ImportEqualsDeclaration:
        this.bind((node as ts.ImportEqualsDeclaration).name, this.blockScope());
        break;
      case ts.SyntaxKind.FunctionExpression:
      case ts.SyntaxKind.ClassExpression: {
        const { name } = node as ts.FunctionExpression;
        // Its own name is visible inside only; the scope node is the expression itself.
        if (name) this.add(node, name.text);
        break;
      }
      case ts.SyntaxKind.ImportClause:
      case ts.SyntaxKind.ImportSpecifier:
      case ts.SyntaxKind.NamespaceImport: {
        const { name } = node as ts.ImportClause;
        if (name) this.add(this.stack[0], name.text);
        break;
      }
      case ts.SyntaxKind.BinaryExpression: {
        const { operatorToken, left } = node as ts.BinaryExpression;
        if (isAssignment(operatorToken.kind)) this.assign(left);
        break;
      }
      case ts.SyntaxKind.PrefixUnaryExpression:
      case ts.SyntaxKind.PostfixUnaryExpression: {
        const { operator, operand } = node as ts.PostfixUnaryExpression;
        if (operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken)
          this.assign(operand);
        break;
      }
      case ts.SyntaxKind.ForInStatement:
      case ts.SyntaxKind.ForOfStatement:
        this.assign((node as ts.ForOfStatement).initializer);
        break;
    }
  }

  private assign(target: ts.Node): void {
    if (ts.isIdentifier(target)) this.assigned.add(target.text);
    else if (ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target)) {
      const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node)) this.assigned.add(node.text);
        ts.forEachChild(node, visit);
      };
      visit(target);
    }
  }

  private functionScope(): ts.Node {
    for (let index = this.stack.length - 1; index > 0; index--) {
      if (SCOPES[this.stack[index].kind] === 2) return this.stack[index];
    }
    return this.stack[0];
  }

  private blockScope(): ts.Node {
    return this.stack[this.stack.length - 1];
  }

  private bind(name: ts.Node, scope: ts.Node): void {
    if (ts.isIdentifier(name)) this.add(scope, name.text);
    else if (ts.isObjectBindingPattern(name) || ts.isArrayBindingPattern(name)) {
      for (const element of name.elements) if (ts.isBindingElement(element)) this.bind(element.name, scope);
    } else if (ts.isStringLiteral(name)) {
      this.add(scope, name.text);
    }
  }

  private add(scope: ts.Node, name: string): void {
    let names = this.scopes.get(scope);
    if (!names) this.scopes.set(scope, (names = new Set()));
    names.add(name);
  }
}

/** The innermost scope around `node` that declares `name`; undefined where none does. */
export function declaringScope(scopes: Scopes, node: ts.Node, name: string): ts.Node | undefined {
  for (let scope: ts.Node | undefined = node; scope; scope = scope.parent as ts.Node | undefined) {
    if (scopes.get(scope)?.has(name)) return scope;
  }
  return undefined;
}

/** False for identifiers that name a property, a label or a declaration rather than refer to a variable. */
export function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  switch (parent.kind) {
    case ts.SyntaxKind.PropertyAccessExpression:
      return (parent as ts.PropertyAccessExpression).expression === node;
    case ts.SyntaxKind.PropertyAssignment:
      return (parent as ts.PropertyAssignment).initializer === node;
    case ts.SyntaxKind.BindingElement:
      return (parent as ts.BindingElement).initializer === node;
    case ts.SyntaxKind.MethodDeclaration:
    case ts.SyntaxKind.GetAccessor:
    case ts.SyntaxKind.SetAccessor:
    case ts.SyntaxKind.LabeledStatement:
    case ts.SyntaxKind.BreakStatement:
    case ts.SyntaxKind.ContinueStatement:
    case ts.SyntaxKind.MetaProperty:
    case ts.SyntaxKind.ImportSpecifier:
    case ts.SyntaxKind.ExportSpecifier:
      return false;
    case ts.SyntaxKind.PropertyDeclaration:
      return (parent as ts.PropertyDeclaration).initializer === node;
    case ts.SyntaxKind.EnumMember:
      return (parent as ts.EnumMember).initializer === node;
    default:
      return true;
  }
}
