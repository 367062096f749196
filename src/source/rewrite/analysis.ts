/** One walk over a module before it is rewritten: what to erase, which names are declared where, imports and exports. */
import ts from 'typescript';
import type { ParsedModule } from '../parse';
import { lineAndColumn } from '../positions';
import { ScopeCollector, type Scopes } from './scopes';
import { ErasureCollector, hasModifier, type Erasure } from './typeSyntax';

/** A name bound by an import: property `name` of the import number `index`; `*` is the namespace itself. */
export interface ImportBinding {
  index: number;
  name: string;
}

interface ExportBinding {
  name: string;
  /** Expression that gives the current value. */
  local: string;
  /** Never assigned to after its declaration. */
  constant: boolean;
}

export interface Analysis {
  erasure: Erasure;
  scopes: Scopes;
  /** Specifiers of the static imports, in the order of the text. */
  imports: { specifier: string; sideEffectOnly: boolean; node: ts.Node }[];
  bindings: Map<string, ImportBinding>;
  /** Specifiers of the modules that variables of the module stand for: `const fs = require('fs')`. */
  required: Set<string>;
  exports: ExportBinding[];
  /** Imports whose exports this module exports again (`export * from`). */
  stars: number[];
  /** All identifiers in the text. */
  identifiers: Set<string>;
  /** The module itself awaits something. */
  awaits: boolean;
}

/** Syntax that is valid but that this program does not run; shown to the user. */
export class UnsupportedSyntaxError extends Error {
  readonly code = 'unsupported-syntax';

  constructor(
    message: string,
    readonly file: string,
    readonly line: number,
    readonly column: number,
    readonly hint: string,
  ) {
    super(message);
  }
}

export function unsupportedSyntax(
  { sourceFile, file }: ParsedModule,
  node: ts.Node,
  message: string,
  hint: string,
): UnsupportedSyntaxError {
  const { line, column } = lineAndColumn(sourceFile, node.getStart(sourceFile));
  return new UnsupportedSyntaxError(message, file, line, column, hint);
}

export const DEFAULT_NAME = '$$default';

export function analyze(module: ParsedModule): Analysis {
  return new Analyzer(module).run();
}

class Analyzer {
  private readonly scopes = new ScopeCollector();
  private readonly erasures: ErasureCollector;
  private readonly identifiers = new Set<string>();
  private readonly imports: Analysis['imports'] = [];
  private readonly bindings = new Map<string, ImportBinding>();
  private readonly exported: { name: string; local: string }[] = [];
  private readonly stars: number[] = [];
  private functionDepth = 0;
  private awaits = false;

  constructor(private readonly module: ParsedModule) {
    this.erasures = new ErasureCollector(module.sourceFile);
  }

  run(): Analysis {
    const { sourceFile } = this.module;
    this.walk(sourceFile);
    if (this.module.esm) for (const statement of sourceFile.statements) this.statement(statement);
    const top = this.scopes.scopes.get(sourceFile) ?? new Set<string>();
    const { assigned } = this.scopes;
    return {
      erasure: this.erasures.finish(),
      scopes: this.scopes.scopes,
      imports: this.imports,
      bindings: this.bindings,
      required: new Set(sourceFile.statements.flatMap(requiredBy)),
      exports: this.exported.flatMap(({ name, local }) => {
        const bound = this.bindings.get(local);
        if (bound) return [{ name, local: importExpression(bound), constant: false }];
        const known = local.startsWith('$$') || top.has(local);
        return known ? [{ name, local, constant: !assigned.has(local) }] : [];
      }),
      stars: this.stars,
      identifiers: this.identifiers,
      awaits: this.awaits,
    };
  }

  private readonly walk = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.Identifier) {
      this.identifiers.add((node as ts.Identifier).text);
      return;
    }
    if (node.kind === ts.SyntaxKind.Decorator) {
      throw unsupportedSyntax(
        this.module,
        node,
        'Decorators are not supported.',
        'Move the function to a module without decorators and import it there.',
      );
    }
    if (ts.isVariableDeclarationList(node) && isUsing(node)) {
      throw unsupportedSyntax(
        this.module,
        node,
        'Declarations with `using` are not supported.',
        'Declare with `const`, or move the function to a module without `using` and import it there.',
      );
    }
    if (this.module.typescript && this.erasures.visit(node)) {
      // Types may still be imported by name; nothing inside is a value.
      return;
    }
    if (this.functionDepth === 0 && awaitsItself(node)) this.awaits = this.module.esm;
    const isFunction = ts.isFunctionLike(node);
    if (isFunction) this.functionDepth++;
    this.scopes.enter(node);
    ts.forEachChild(node, this.walk);
    this.scopes.leave(node);
    if (isFunction) this.functionDepth--;
  };

  private statement(statement: ts.Statement): void {
    if (ts.isImportDeclaration(statement)) this.importDeclaration(statement);
    else if (ts.isExportDeclaration(statement)) this.exportDeclaration(statement);
    else if (ts.isExportAssignment(statement)) {
      if (!statement.isExportEquals) this.exported.push({ name: 'default', local: DEFAULT_NAME });
    } else if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) this.exportedStatement(statement);
  }

  private addImport(node: ts.Node, specifier: ts.Expression, sideEffectOnly: boolean): number {
    return this.imports.push({ specifier: (specifier as ts.StringLiteral).text, sideEffectOnly, node }) - 1;
  }

  private importDeclaration(node: ts.ImportDeclaration): void {
    const clause = node.importClause;
    if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return;
    const index = this.addImport(node, node.moduleSpecifier, !clause);
    if (!clause) return;
    if (clause.name) this.bindings.set(clause.name.text, { index, name: 'default' });
    const named = clause.namedBindings;
    if (!named) return;
    if (ts.isNamespaceImport(named)) {
      this.bindings.set(named.name.text, { index, name: '*' });
      return;
    }
    for (const element of named.elements) {
      if (element.isTypeOnly) continue;
      this.bindings.set(element.name.text, { index, name: (element.propertyName ?? element.name).text });
    }
  }

  private exportDeclaration(node: ts.ExportDeclaration): void {
    if (node.isTypeOnly) return;
    const clause = node.exportClause;
    if (!node.moduleSpecifier) {
      if (!clause || !ts.isNamedExports(clause)) return;
      for (const { name, propertyName, isTypeOnly } of clause.elements) {
        if (!isTypeOnly) this.exported.push({ name: name.text, local: (propertyName ?? name).text });
      }
      return;
    }
    const index = this.addImport(node, node.moduleSpecifier, true);
    if (!clause) this.stars.push(index);
    else if (ts.isNamespaceExport(clause)) this.exported.push({ name: clause.name.text, local: `$$i${index}` });
    else {
      for (const { name, propertyName, isTypeOnly } of clause.elements) {
        const local = importExpression({ index, name: (propertyName ?? name).text });
        if (!isTypeOnly) this.exported.push({ name: name.text, local });
      }
    }
  }

  private exportedStatement(statement: ts.Statement): void {
    const isDefault = hasModifier(statement, ts.SyntaxKind.DefaultKeyword);
    if (this.erasures.nodes.has(statement)) return;
    const add = (local: string) => this.exported.push({ name: isDefault ? 'default' : local, local });
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) boundNames(name, add);
    } else {
      const { name } = statement as ts.FunctionDeclaration;
      add(name ? name.text : DEFAULT_NAME);
    }
  }
}

function isUsing({ flags }: ts.VariableDeclarationList): boolean {
  const kind = flags & ts.NodeFlags.BlockScoped;
  return kind === ts.NodeFlags.Using || kind === ts.NodeFlags.AwaitUsing;
}

function awaitsItself(node: ts.Node): boolean {
  return ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined);
}

/** What a declaration requires and does nothing else with, but for a helper of a compiler around it. */
function requiredBy(statement: ts.Statement): string[] {
  if (ts.isImportEqualsDeclaration(statement) && ts.isExternalModuleReference(statement.moduleReference))
    return ts.isStringLiteral(statement.moduleReference.expression) ? [statement.moduleReference.expression.text] : [];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ initializer }) => {
    let call: ts.Expression | undefined = initializer;
    while (call && !isRequire(call)) {
      if (ts.isPropertyAccessExpression(call)) call = call.expression;
      else call = ts.isCallExpression(call) ? call.arguments[0] : undefined;
    }
    const specifier = call?.arguments[0];
    return specifier && ts.isStringLiteral(specifier) ? [specifier.text] : [];
  });
}

function isRequire(node: ts.Expression): node is ts.CallExpression {
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'require';
}

function boundNames(name: ts.BindingName, add: (name: string) => void): void {
  if (ts.isIdentifier(name)) add(name.text);
  else for (const element of name.elements) if (ts.isBindingElement(element)) boundNames(element.name, add);
}

export function importExpression({ index, name }: ImportBinding): string {
  if (name === '*') return `$$i${index}`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
    ? `$$i${index}.${name}`
    : `$$i${index}[${JSON.stringify(name)}]`;
}
