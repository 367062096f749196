/**
 * Rewrites a module's text into the body of a function that the runner calls with everything the module may use: types are
 * blanked, imports and exports become calls. Nothing moves to another line. `RecordingEmitter` adds the operators.
 */
import ts from 'typescript';
import type { ParsedModule } from '../parse';
import { DEFAULT_NAME, importExpression, type Analysis, type ImportBinding } from './analysis';
import { declaringScope, isReference } from './scopes';
import { hasModifier } from './typeSyntax';

const STYLE_SHEET = /\.(?:css|scss|sass|less|styl|pcss)$/;

export class ModuleEmitter {
  protected readonly sourceFile: ts.SourceFile;
  private readonly text: string;
  private readonly ranges: [number, number][];
  private readonly usedImports = new Set<number>();

  constructor(
    protected readonly module: ParsedModule,
    protected readonly analysis: Analysis,
  ) {
    this.sourceFile = module.sourceFile;
    this.text = module.text;
    this.ranges = analysis.erasure.ranges;
  }

  /** The whole module; `$$` offers `imports`, `exports`, `star`, `dynamic`, `meta` and `scope`. */
  emitModule(): string {
    const { statements } = this.sourceFile;
    const start = /^#!.*/.exec(this.text)?.[0].length ?? 0;
    let out = '';
    let last = start;
    for (const statement of statements) {
      const begin = statement.getStart(this.sourceFile);
      out += this.raw(last, Math.max(last, begin)) + this.topLevel(statement);
      last = statement.end;
    }
    out += this.raw(last, this.text.length);
    return this.prologue() + out;
  }

  // ------------------------------------------------------------------------------------------ modules

  private prologue(): string {
    if (!this.module.esm) {
      const strict = this.module.typescript ? '"use strict"; ' : '';
      return `${strict}$$.scope(($$text) => { "use strict"; return eval($$text); }); `;
    }
    const { imports, exports, stars } = this.analysis;
    const getters = exports.map(
      ({ name, local, constant }) => `[${JSON.stringify(name)}, () => ${local}, ${constant}]`,
    );
    const loads = imports.map(({ specifier, sideEffectOnly }, index) => {
      // What only bundlers read computes nothing.
      if (sideEffectOnly && STYLE_SHEET.test(specifier)) return '';
      // TypeScript drops imports that are used as types only.
      if (this.module.typescript && !sideEffectOnly && !this.usedImports.has(index)) return '';
      return `const $$i${index} = $$.load(${JSON.stringify(specifier)}); `;
    });
    return (
      `"use strict"; $$.scope(($$text) => eval($$text)); $$.exports([${getters.join(', ')}]); ` +
      `${loads.join('')}${stars.map((index) => `$$.star($$i${index}); `).join('')}`
    );
  }

  private topLevel(statement: ts.Statement): string {
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) return this.blank(statement);
    if (ts.isExportAssignment(statement)) {
      const target = statement.isExportEquals ? 'module.exports' : `const ${DEFAULT_NAME}`;
      return `${target} = ${this.emit(statement.expression)};`;
    }
    if (this.module.esm && hasModifier(statement, ts.SyntaxKind.ExportKeyword) && !this.isErased(statement)) {
      return this.withoutExport(statement as ts.FunctionDeclaration);
    }
    return this.emit(statement);
  }

  /** The declaration without its `export default`; an anonymous one gets a name. */
  private withoutExport(node: ts.Node & { modifiers?: ts.NodeArray<ts.ModifierLike>; name?: ts.Node }): string {
    const modifiers = (node.modifiers ?? []).filter(
      ({ kind }) => kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword,
    );
    // What is written anew has no modifiers.
    if (ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node)) return this.emit(node);
    const start = node.getStart(this.sourceFile);
    const text = this.emit(node);
    // The modifiers stand first, before anything that emitting could have changed.
    let head = '';
    let position = start;
    for (const modifier of modifiers) {
      head += this.blankRange(position, modifier.end);
      position = modifier.end;
    }
    const rest = text.slice(position - start);
    if (node.name || ts.isVariableStatement(node)) return head + rest;
    return head + rest.replace(/^\s*(?:async\s+)?(?:function\s*\*?|class)/, (words) => `${words} ${DEFAULT_NAME}`);
  }

  // ------------------------------------------------------------------------------------------ nodes

  /** The rewritten text of a node, without the comments and spaces before it. */
  emit(node: ts.Node): string {
    if (this.isErased(node)) return this.blank(node);
    switch (node.kind) {
      case ts.SyntaxKind.Identifier:
        return this.identifier(node as ts.Identifier);
      case ts.SyntaxKind.ShorthandPropertyAssignment:
        return this.shorthand(node as ts.ShorthandPropertyAssignment);
      case ts.SyntaxKind.CallExpression:
        return this.call(node as ts.CallExpression);
      case ts.SyntaxKind.MetaProperty:
        return this.slice(node) === 'import.meta' ? '$$.meta' : this.slice(node);
      case ts.SyntaxKind.ImportEqualsDeclaration:
        return this.importEquals(node as ts.ImportEqualsDeclaration);
      case ts.SyntaxKind.EnumDeclaration:
        return this.enumeration(node as ts.EnumDeclaration);
      case ts.SyntaxKind.ModuleDeclaration:
        return this.namespace(node as ts.ModuleDeclaration, '');
      case ts.SyntaxKind.Constructor:
        return this.constructorDeclaration(node as ts.ConstructorDeclaration);
      case ts.SyntaxKind.JsxElement:
      case ts.SyntaxKind.JsxSelfClosingElement:
      case ts.SyntaxKind.JsxFragment:
        return `(undefined${this.blank(node)})`;
      default:
        return this.children(node);
    }
  }

  /** The node's text with its children rewritten. */
  protected children(node: ts.Node): string {
    return this.span(node, node.getStart(this.sourceFile), node.end);
  }

  /** The text from `start` to `end` with the children of `node` that lie in it rewritten. */
  protected span(node: ts.Node, start: number, end: number): string {
    let out = '';
    let last = start;
    ts.forEachChild(node, (child) => {
      if (child.end <= start || child.pos >= end || this.isErased(child)) return;
      const begin = child.getStart(this.sourceFile);
      if (begin < last || begin >= end) return;
      out += this.raw(last, begin) + this.emit(child);
      last = child.end;
    });
    return out + this.raw(last, end);
  }

  protected isErased(node: ts.Node): boolean {
    return this.analysis.erasure.nodes.has(node);
  }

  /** Text that is no child's: copied, with types blanked. */
  protected raw(start: number, end: number): string {
    const { ranges, text } = this;
    if (start >= end) return '';
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranges[middle][1] <= start) low = middle + 1;
      else high = middle;
    }
    if (low === ranges.length || ranges[low][0] >= end) return text.slice(start, end);
    let out = '';
    let last = start;
    for (; low < ranges.length && ranges[low][0] < end; low++) {
      const from = Math.max(start, ranges[low][0]);
      out += text.slice(last, from) + this.blankRange(from, Math.min(end, ranges[low][1]));
      last = Math.min(end, ranges[low][1]);
    }
    return out + text.slice(last, end);
  }

  protected blankRange(start: number, end: number): string {
    return this.text.slice(start, end).replace(/[^\n]+/g, ' ');
  }

  protected blank(node: ts.Node): string {
    return this.blankRange(node.getStart(this.sourceFile), node.end);
  }

  protected slice(node: ts.Node): string {
    return this.raw(node.getStart(this.sourceFile), node.end);
  }

  /** The import that an identifier refers to, if it does. */
  protected importOf(node: ts.Identifier): ImportBinding | undefined {
    const bound = this.analysis.bindings.get(node.text);
    if (!bound || !isReference(node)) return undefined;
    return declaringScope(this.analysis.scopes, node, node.text) === this.sourceFile ? bound : undefined;
  }

  /** A name that no scope of the module declares: the language's own. */
  protected isGlobal(node: ts.Node, name: string): boolean {
    return ts.isIdentifier(node) && node.text === name && !declaringScope(this.analysis.scopes, node, name);
  }

  private identifier(node: ts.Identifier): string {
    const renamed = this.enumMembers.length > 0 ? this.enumMember(node) : undefined;
    if (renamed) return renamed;
    const bound = this.importOf(node);
    if (!bound) return node.kind === ts.SyntaxKind.Identifier ? this.slice(node) : '';
    this.usedImports.add(bound.index);
    return importExpression(bound);
  }

  private shorthand(node: ts.ShorthandPropertyAssignment): string {
    const bound = this.importOf(node.name);
    if (!bound) return this.children(node);
    this.usedImports.add(bound.index);
    return `${node.name.text}: ${importExpression(bound)}`;
  }

  /** A function that was imported is called without `this`. */
  protected callee(node: ts.Expression): string {
    const text = this.emit(node);
    return ts.isIdentifier(node) && text.startsWith('$$i') && this.importOf(node) ? `(0, ${text})` : text;
  }

  protected call(node: ts.CallExpression): string {
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      return `$$.dynamic${this.span(node, node.expression.end, node.end)}`;
    }
    return this.callee(node.expression) + this.span(node, node.expression.end, node.end);
  }

  private importEquals(node: ts.ImportEqualsDeclaration): string {
    const { moduleReference } = node;
    const value = ts.isExternalModuleReference(moduleReference)
      ? `require(${this.emit(moduleReference.expression)})`
      : this.slice(moduleReference);
    return `const ${node.name.text} = ${value};`;
  }

  // ------------------------------------------------------------------------------------------ TypeScript's own constructs

  private readonly enumMembers: { name: string; members: Set<string> }[] = [];

  private enumMember(node: ts.Identifier): string | undefined {
    if (!isReference(node) || ts.isEnumMember(node.parent)) return undefined;
    const { name, members } = this.enumMembers[this.enumMembers.length - 1];
    return members.has(node.text) ? `${name}.${node.text}` : undefined;
  }

  private enumeration(node: ts.EnumDeclaration): string {
    const name = node.name.text;
    this.enumMembers.push({ name, members: new Set() });
    const { members } = this.enumMembers[this.enumMembers.length - 1];
    let out = `var ${name}; (function (${name}) {`;
    let previous: string | undefined;
    let last = node.members.pos;
    for (const member of node.members) {
      const key = ts.isComputedPropertyName(member.name)
        ? this.emit(member.name.expression)
        : JSON.stringify((member.name as ts.Identifier).text);
      out += this.newlines(last, member.getStart(this.sourceFile));
      const { initializer } = member;
      const text = initializer && ts.isStringLiteralLike(initializer);
      const value = initializer ? this.emit(initializer) : previous ? `${name}[${previous}] + 1` : '0';
      out += text ? `${name}[${key}] = ${value}; ` : `${name}[${name}[${key}] = ${value}] = ${key}; `;
      members.add(ts.isIdentifier(member.name) ? member.name.text : '');
      previous = key;
      last = member.end;
    }
    this.enumMembers.pop();
    return `${out}${this.newlines(last, node.end)}})(${name} || (${name} = {}));`;
  }

  private newlines(start: number, end: number): string {
    return this.text.slice(start, end).replace(/[^\n]+/g, '');
  }

  private namespace(node: ts.ModuleDeclaration, outer: string): string {
    const name = node.name.text;
    const { body } = node;
    let inner = '';
    const gap = body ? this.newlines(node.name.end, body.getStart(this.sourceFile)) : '';
    if (body && ts.isModuleDeclaration(body)) inner = this.namespace(body, name);
    else if (body && ts.isModuleBlock(body)) inner = this.namespaceBody(body, name);
    const target = outer ? `${outer}.${name} || (${outer}.${name} = {})` : `${name} || (${name} = {})`;
    return `${outer ? '' : `var ${name}; `}(function (${name}) {${gap}${inner}})(${target});`;
  }

  private namespaceBody(body: ts.ModuleBlock, name: string): string {
    const exported: string[] = [];
    let out = '';
    let last = body.getStart(this.sourceFile) + 1;
    for (const statement of body.statements) {
      out += this.raw(last, statement.getStart(this.sourceFile));
      last = statement.end;
      if (!hasModifier(statement, ts.SyntaxKind.ExportKeyword) || this.isErased(statement)) {
        out += this.emit(statement);
        continue;
      }
      const add = (local: string) => exported.push(local);
      if (ts.isVariableStatement(statement)) {
        for (const declaration of statement.declarationList.declarations) {
          if (ts.isIdentifier(declaration.name)) add(declaration.name.text);
        }
      } else add((statement as ts.FunctionDeclaration).name?.text ?? '');
      out += this.withoutExport(statement as ts.FunctionDeclaration);
    }
    out += this.raw(last, body.end - 1);
    const getters = exported.map(
      (local) => `${JSON.stringify(local)}: { get: () => ${local}, enumerable: true, configurable: true }`,
    );
    return ` Object.defineProperties(${name}, { ${getters.join(', ')} }); ${out}`;
  }

  private constructorDeclaration(node: ts.ConstructorDeclaration): string {
    const fields = node.parameters.filter((parameter) =>
      ts
        .getModifiers(parameter)
        ?.some(({ kind }) =>
          [
            ts.SyntaxKind.PublicKeyword,
            ts.SyntaxKind.PrivateKeyword,
            ts.SyntaxKind.ProtectedKeyword,
            ts.SyntaxKind.ReadonlyKeyword,
            ts.SyntaxKind.OverrideKeyword,
          ].includes(kind),
        ),
    );
    if (fields.length === 0 || !node.body) return this.children(node);
    const assignments = fields.map(({ name }) => ` this.${this.slice(name)} = ${this.slice(name)};`).join('');
    const { body } = node;
    const superCall = body.statements.find(
      (statement) =>
        ts.isExpressionStatement(statement) &&
        ts.isCallExpression(statement.expression) &&
        statement.expression.expression.kind === ts.SyntaxKind.SuperKeyword,
    );
    const at = superCall ? superCall.end : body.getStart(this.sourceFile) + 1;
    const start = node.getStart(this.sourceFile);
    const head = this.span(node, start, body.getStart(this.sourceFile));
    return head + this.span(body, body.getStart(this.sourceFile), at) + assignments + this.span(body, at, body.end);
  }
}
