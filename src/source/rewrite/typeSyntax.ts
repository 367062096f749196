/** Finds the ranges of a module's text that are types and nothing else: they are blanked, so that no line moves. */
import ts from 'typescript';

/** Text ranges to blank, in order, and the nodes that lie wholly inside them. */
export interface Erasure {
  ranges: [number, number][];
  nodes: Set<ts.Node>;
}

const TYPE_MODIFIERS = new Set<ts.SyntaxKind>([
  ts.SyntaxKind.PublicKeyword,
  ts.SyntaxKind.PrivateKeyword,
  ts.SyntaxKind.ProtectedKeyword,
  ts.SyntaxKind.ReadonlyKeyword,
  ts.SyntaxKind.AbstractKeyword,
  ts.SyntaxKind.OverrideKeyword,
  ts.SyntaxKind.DeclareKeyword,
]);

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false);
}

/** A namespace with nothing but types in it leaves nothing behind. */
function isInstantiated(node: ts.ModuleDeclaration): boolean {
  if (hasModifier(node, ts.SyntaxKind.DeclareKeyword)) return false;
  const { body } = node;
  if (!body) return false;
  if (ts.isModuleDeclaration(body)) return isInstantiated(body);
  if (!ts.isModuleBlock(body)) return true;
  return body.statements.some(
    (statement) =>
      !ts.isInterfaceDeclaration(statement) &&
      !ts.isTypeAliasDeclaration(statement) &&
      !(ts.isModuleDeclaration(statement) && !isInstantiated(statement)),
  );
}

/** True for statements and members that exist for the type checker only. */
function isErased(node: ts.Node): boolean {
  switch (node.kind) {
    case ts.SyntaxKind.InterfaceDeclaration:
    case ts.SyntaxKind.TypeAliasDeclaration:
    case ts.SyntaxKind.IndexSignature:
    case ts.SyntaxKind.NamespaceExportDeclaration:
      return true;
    case ts.SyntaxKind.ModuleDeclaration:
      return !isInstantiated(node as ts.ModuleDeclaration);
    case ts.SyntaxKind.ImportDeclaration: {
      const clause = (node as ts.ImportDeclaration).importClause;
      return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    }
    case ts.SyntaxKind.ImportEqualsDeclaration:
      return (node as ts.ImportEqualsDeclaration).isTypeOnly;
    case ts.SyntaxKind.ExportDeclaration:
      return (node as ts.ExportDeclaration).isTypeOnly;
    case ts.SyntaxKind.FunctionDeclaration:
    case ts.SyntaxKind.MethodDeclaration:
    case ts.SyntaxKind.Constructor:
      return !(node as ts.FunctionLikeDeclaration).body;
    case ts.SyntaxKind.GetAccessor:
    case ts.SyntaxKind.SetAccessor:
      return !(node as ts.AccessorDeclaration).body && !ts.isObjectLiteralExpression(node.parent);
    case ts.SyntaxKind.PropertyDeclaration:
    case ts.SyntaxKind.VariableStatement:
    case ts.SyntaxKind.ClassDeclaration:
    case ts.SyntaxKind.EnumDeclaration:
      return (
        hasModifier(node, ts.SyntaxKind.DeclareKeyword) ||
        (ts.isPropertyDeclaration(node) && hasModifier(node, ts.SyntaxKind.AbstractKeyword))
      );
    default:
      return false;
  }
}

/** 1 for the kinds of nodes that may have types or modifiers of types in them. */
const CARRIES_TYPES = new Uint8Array(ts.SyntaxKind.Count);
for (const kind of [
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.IndexSignature,
  ts.SyntaxKind.NamespaceExportDeclaration,
  ts.SyntaxKind.ModuleDeclaration,
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.ImportEqualsDeclaration,
  ts.SyntaxKind.ExportDeclaration,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.FunctionExpression,
  ts.SyntaxKind.ArrowFunction,
  ts.SyntaxKind.MethodDeclaration,
  ts.SyntaxKind.Constructor,
  ts.SyntaxKind.GetAccessor,
  ts.SyntaxKind.SetAccessor,
  ts.SyntaxKind.PropertyDeclaration,
  ts.SyntaxKind.VariableStatement,
  ts.SyntaxKind.VariableDeclaration,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.ClassExpression,
  ts.SyntaxKind.EnumDeclaration,
  ts.SyntaxKind.Parameter,
  ts.SyntaxKind.AsExpression,
  ts.SyntaxKind.SatisfiesExpression,
  ts.SyntaxKind.NonNullExpression,
  ts.SyntaxKind.TypeAssertionExpression,
  ts.SyntaxKind.HeritageClause,
  ts.SyntaxKind.CallExpression,
  ts.SyntaxKind.NewExpression,
  ts.SyntaxKind.TaggedTemplateExpression,
  ts.SyntaxKind.ExpressionWithTypeArguments,
]) {
  CARRIES_TYPES[kind] = 1;
}

export class ErasureCollector {
  readonly ranges: [number, number][] = [];
  readonly nodes = new Set<ts.Node>();

  constructor(private readonly sourceFile: ts.SourceFile) {}

  /** Notes what is to be erased at `node`; true when all of it is. */
  visit(node: ts.Node): boolean {
    // Most nodes are expressions, of which hardly any carries types.
    if (CARRIES_TYPES[node.kind] === 0) return false;
    if (isErased(node)) {
      this.erase(node.getStart(this.sourceFile), node.end, node);
      return true;
    }
    if ((node as { modifiers?: unknown }).modifiers !== undefined && ts.canHaveModifiers(node)) this.modifiers(node);
    switch (node.kind) {
      case ts.SyntaxKind.VariableDeclaration: {
        const { name, type, exclamationToken } = node as ts.VariableDeclaration;
        if (type) this.erase(name.end, type.end, type, exclamationToken);
        break;
      }
      case ts.SyntaxKind.Parameter:
        this.parameter(node as ts.ParameterDeclaration);
        break;
      case ts.SyntaxKind.PropertyDeclaration: {
        const { name, type, questionToken, exclamationToken } = node as ts.PropertyDeclaration;
        const end = type?.end ?? questionToken?.end ?? exclamationToken?.end;
        if (end !== undefined) this.erase(name.end, end, type, questionToken, exclamationToken);
        break;
      }
      case ts.SyntaxKind.MethodDeclaration: {
        const { questionToken } = node as ts.MethodDeclaration;
        if (questionToken) this.erase(questionToken.pos, questionToken.end, questionToken);
        break;
      }
      case ts.SyntaxKind.AsExpression:
      case ts.SyntaxKind.SatisfiesExpression: {
        const { expression, type } = node as ts.AsExpression;
        this.erase(expression.end, node.end, type);
        break;
      }
      case ts.SyntaxKind.NonNullExpression:
        this.erase((node as ts.NonNullExpression).expression.end, node.end);
        break;
      case ts.SyntaxKind.TypeAssertionExpression: {
        const { expression, type } = node as ts.TypeAssertion;
        this.erase(node.getStart(this.sourceFile), expression.getStart(this.sourceFile), type);
        break;
      }
      case ts.SyntaxKind.HeritageClause:
        if ((node as ts.HeritageClause).token === ts.SyntaxKind.ImplementsKeyword) {
          this.erase(node.getStart(this.sourceFile), node.end, node);
          return true;
        }
        break;
      case ts.SyntaxKind.CallExpression:
      case ts.SyntaxKind.NewExpression:
      case ts.SyntaxKind.TaggedTemplateExpression:
      case ts.SyntaxKind.ExpressionWithTypeArguments:
        this.angles((node as ts.CallExpression).typeArguments);
        break;
      case ts.SyntaxKind.ClassDeclaration:
      case ts.SyntaxKind.ClassExpression:
        this.angles((node as ts.ClassLikeDeclaration).typeParameters);
        break;
    }
    if (ts.isFunctionLike(node)) {
      this.angles(node.typeParameters);
      if (node.type) this.erase(node.type.pos - 1, node.type.end, node.type);
    }
    return false;
  }

  finish(): Erasure {
    this.ranges.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    const merged: [number, number][] = [];
    for (const range of this.ranges) {
      const last = merged[merged.length - 1];
      if (last && range[0] < last[1]) last[1] = Math.max(last[1], range[1]);
      else merged.push(range);
    }
    return { ranges: merged, nodes: this.nodes };
  }

  private erase(start: number, end: number, ...nodes: (ts.Node | undefined)[]): void {
    this.ranges.push([start, end]);
    for (const node of nodes) if (node) this.nodes.add(node);
  }

  private modifiers(node: ts.HasModifiers): void {
    for (const modifier of ts.getModifiers(node) ?? []) {
      if (TYPE_MODIFIERS.has(modifier.kind)) this.erase(modifier.getStart(this.sourceFile), modifier.end, modifier);
    }
  }

  private parameter(node: ts.ParameterDeclaration): void {
    if (ts.isIdentifier(node.name) && node.name.text === 'this') {
      const { parameters } = node.parent;
      const next = parameters[parameters.indexOf(node) + 1];
      // The comma after it, too.
      this.erase(node.getStart(this.sourceFile), next ? next.getStart(this.sourceFile) : parameters.end, node);
      return;
    }
    const end = node.type?.end ?? node.questionToken?.end;
    if (end !== undefined) this.erase(node.name.end, end, node.type, node.questionToken);
  }

  private angles(list: ts.NodeArray<ts.Node> | undefined): void {
    if (!list) return;
    this.erase(list.pos - 1, this.sourceFile.text.indexOf('>', list.end) + 1, ...list);
  }
}
