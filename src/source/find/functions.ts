/** Finds the functions of a module that a user may want to differentiate, with parameters, types, doc tags and points. */
import ts from 'typescript';
import type { ParsedModule } from '../parse';
import { rangeOf } from '../positions';
import { hasModifier } from '../rewrite/typeSyntax';
import { docTags, type DocTags } from './docTags';
import type { FunctionInfo, ParameterInfo, PointInfo } from './functionInfo';
import { handedOnWhole } from './handedOn';
import { randomArguments } from './randomPoint';
import { TypeResolver, type ModuleHost } from './resolveTypes';
import { hasNumbers, mayHoldNumbers, printType, whyNot, type TypeShape } from './types';

/** What the runner needs besides what the client sees. */
export interface FoundFunction extends FunctionInfo {
  /** Expression over the module's scope that gives the function. */
  expression: string;
  types: TypeShape[];
  rest: boolean;
}

/** Where the functions that were found stand. */
const declarations = new WeakMap<FoundFunction, ts.SignatureDeclaration>();

/** Indices of the parameters that the function only hands on whole, as far as its text tells. */
export function wholeParameters(found: FoundFunction): number[] {
  const node = declarations.get(found);
  return node ? handedOnWhole(node) : [];
}

interface Candidate {
  name: string;
  expression: string;
  node: ts.SignatureDeclaration;
  nameNode: ts.Node;
  /** What the doc comment stands before. */
  documented: ts.Node;
  exported: boolean;
  /** Annotation of the variable that holds the function. */
  variableType?: ts.TypeNode;
}

export function findFunctions(module: ParsedModule, host: ModuleHost): FoundFunction[] {
  const candidates: Candidate[] = [];
  collect(module.sourceFile.statements, '', candidates, reExported(module.sourceFile), true);
  const resolver = new TypeResolver(host);
  const seen = new Set<string>();
  return candidates
    .filter(({ name }) => !seen.has(name) && seen.add(name))
    .map((candidate) => describe(candidate, module, resolver));
}

/** Names in `export { … }` lists. */
function reExported(sourceFile: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  for (const statement of sourceFile.statements) {
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause) {
      if (ts.isNamedExports(statement.exportClause)) {
        for (const { name, propertyName } of statement.exportClause.elements) names.add((propertyName ?? name).text);
      }
    } else if (ts.isExportAssignment(statement) && ts.isIdentifier(statement.expression))
      names.add(statement.expression.text);
  }
  return names;
}

function collect(
  statements: readonly ts.Statement[],
  prefix: string,
  out: Candidate[],
  exports: Set<string>,
  top: boolean,
): void {
  for (const statement of statements) {
    if (hasModifier(statement, ts.SyntaxKind.DeclareKeyword)) continue;
    const marked = hasModifier(statement, ts.SyntaxKind.ExportKeyword);
    if (ts.isFunctionDeclaration(statement)) {
      if (!statement.body) continue;
      const name = statement.name?.text ?? 'default';
      const expression = statement.name ? prefix + name : '$$default';
      const nameNode = statement.name ?? statement;
      out.push({
        name: prefix + name,
        expression,
        node: statement,
        nameNode,
        documented: overloads(statements, statement),
        exported: marked || (top && exports.has(name)),
      });
    } else if (ts.isVariableStatement(statement)) {
      for (const { name, initializer, type } of statement.declarationList.declarations) {
        const value = initializer && unwrap(initializer);
        if (!ts.isIdentifier(name) || !value) continue;
        const exported = marked || (top && exports.has(name.text));
        if (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) {
          out.push({
            name: prefix + name.text,
            expression: prefix + name.text,
            node: value,
            nameNode: name,
            documented: statement,
            exported,
            variableType: type,
          });
        } else if (ts.isClassExpression(value)) methods(value, prefix + name.text, out, exported);
      }
    } else if (ts.isClassDeclaration(statement)) {
      const name = statement.name?.text ?? 'default';
      methods(statement, prefix + name, out, marked || (top && exports.has(name)));
    } else if (ts.isExportAssignment(statement)) {
      const value = unwrap(statement.expression);
      if (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) {
        out.push({
          name: 'default',
          expression: '$$default',
          node: value,
          nameNode: value,
          documented: statement,
          exported: true,
        });
      }
    } else if (ts.isModuleDeclaration(statement)) {
      let { body } = statement;
      let path = `${prefix}${statement.name.text}.`;
      while (body && ts.isModuleDeclaration(body)) {
        path += `${(body.name as ts.Identifier).text}.`;
        ({ body } = body);
      }
      if (body && ts.isModuleBlock(body)) {
        const visible = body.statements.filter((inner) => hasModifier(inner, ts.SyntaxKind.ExportKeyword));
        collect(visible, path, out, new Set(), false);
      }
    }
  }
}

/** The first overload signature carries the doc comment. */
function overloads(statements: readonly ts.Statement[], node: ts.FunctionDeclaration): ts.Node {
  let index = statements.indexOf(node);
  const same = (statement: ts.Statement | undefined) =>
    statement !== undefined &&
    ts.isFunctionDeclaration(statement) &&
    statement.name?.text === node.name?.text &&
    !statement.body;
  while (index > 0 && same(statements[index - 1])) index--;
  return statements[index];
}

function methods(node: ts.ClassLikeDeclaration, name: string, out: Candidate[], exported: boolean): void {
  const constructor = node.members.find((member) => ts.isConstructorDeclaration(member) && member.body);
  const parameters = constructor ? (constructor as ts.ConstructorDeclaration).parameters : [];
  const constructible =
    !hasModifier(node, ts.SyntaxKind.AbstractKeyword) &&
    !(node.heritageClauses ?? []).some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword && !constructor) &&
    parameters.every(({ initializer, questionToken }) => initializer ?? questionToken);
  for (const member of node.members) {
    const isMethod = ts.isMethodDeclaration(member) && member.body;
    const value = ts.isPropertyDeclaration(member) && member.initializer ? unwrap(member.initializer) : undefined;
    const isFunction = value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value));
    if ((!isMethod && !isFunction) || !member.name || !ts.isIdentifier(member.name)) continue;
    const isStatic = hasModifier(member, ts.SyntaxKind.StaticKeyword);
    if (!isStatic && !constructible) continue;
    const method = member.name.text;
    const owner = name === 'default' ? '$$default' : name;
    const receiver = isStatic ? owner : `(new ${owner}())`;
    out.push({
      name: `${name}.${method}`,
      expression: `((self) => (...list) => self.${method}(...list))(${receiver})`,
      node: (isMethod ? member : value) as ts.MethodDeclaration,
      nameNode: member.name,
      documented: member,
      exported,
    });
  }
}

function unwrap(node: ts.Expression): ts.Expression {
  let inner = node;
  while (ts.isParenthesizedExpression(inner) || ts.isAsExpression(inner) || ts.isSatisfiesExpression(inner))
    inner = inner.expression;
  return inner;
}

function describe(candidate: Candidate, module: ParsedModule, resolver: TypeResolver): FoundFunction {
  const { sourceFile } = module;
  const { node } = candidate;
  const tags = docTags(sourceFile, candidate.documented);
  const contextual = candidate.variableType && resolver.signature(candidate.variableType, module);
  const declared = node.parameters.filter(({ name }) => !(ts.isIdentifier(name) && name.text === 'this'));
  const typeParameters = new Map<string, TypeShape>();
  for (const { name, constraint } of node.typeParameters ?? []) {
    typeParameters.set(
      name.text,
      constraint ? resolver.resolve(constraint, module) : { kind: 'unknown', text: name.text },
    );
  }
  const types = declared.map((parameter, index) => {
    const own = resolver.parameter(parameter, module, typeParameters);
    const outer = contextual?.node.parameters[index];
    if (own.kind !== 'unknown' || own.text !== '' || !outer || !contextual) return own;
    return resolver.parameter(outer, contextual.module);
  });
  const parameters = declared.map((parameter, index): ParameterInfo => {
    const differentiable = hasNumbers(types[index]);
    return {
      name: ts.isIdentifier(parameter.name) ? parameter.name.text : `argument ${index + 1}`,
      type: printType(types[index]) || 'unknown',
      range: rangeOf(sourceFile, parameter.getStart(sourceFile), parameter.end),
      optional:
        parameter.questionToken !== undefined ||
        parameter.initializer !== undefined ||
        parameter.dotDotDotToken !== undefined,
      differentiable,
      ...(differentiable ? {} : { reason: whyNot(types[index]) }),
    };
  });
  const returnNode = node.type ?? contextual?.node.type;
  const returned = returnNode
    ? resolver.resolve(returnNode, node.type || !contextual ? module : contextual.module, typeParameters)
    : undefined;
  const reason = whyNotDifferentiable(node, parameters, types, returned, tags);
  const points = pointsOf(tags, candidate, declared, types, sourceFile, reason === undefined);
  const named = tags.wrt
    .map((name) => parameters.findIndex((parameter) => parameter.name === name))
    .filter((index) => index >= 0);
  const found: FoundFunction = {
    name: candidate.name,
    expression: candidate.expression,
    types,
    rest: declared.some(({ dotDotDotToken }) => dotDotDotToken !== undefined),
    range: rangeOf(sourceFile, candidate.documented.getStart(sourceFile), Math.max(node.end, candidate.documented.end)),
    nameRange: nameRange(candidate, sourceFile),
    parameters,
    ...(returned ? { returnType: printType(returned) } : {}),
    exported: candidate.exported,
    differentiable: reason === undefined && points.length > 0,
    ...(reason !== undefined
      ? { reason }
      : points.length === 0
        ? { reason: 'No point to look at it: write `@at` in its doc comment.' }
        : {}),
    points,
    wrt: named.length > 0 ? named : parameters.flatMap(({ differentiable }, index) => (differentiable ? [index] : [])),
    ...(tags.gradientOf === undefined ? {} : { gradientOf: tags.gradientOf }),
    checked: tags.check,
  };
  declarations.set(found, node);
  return found;
}

function nameRange({ nameNode }: Candidate, sourceFile: ts.SourceFile) {
  const start = nameNode.getStart(sourceFile);
  return rangeOf(sourceFile, start, ts.isIdentifier(nameNode) ? nameNode.end : start + 1);
}

function whyNotDifferentiable(
  node: ts.SignatureDeclaration,
  parameters: readonly ParameterInfo[],
  types: readonly TypeShape[],
  returned: TypeShape | undefined,
  tags: DocTags,
): string | undefined {
  if (parameters.length === 0) return 'It takes no arguments.';
  const { body, asteriskToken } = node as ts.FunctionDeclaration;
  if (asteriskToken) return 'It is a generator.';
  if (returned && !hasNumbers(returned) && returned.kind !== 'unknown' && returned.kind !== 'any') {
    return `It returns \`${printType(returned)}\`, which has no numbers in it.`;
  }
  if (!returned && body && ts.isBlock(body) && !returnsValue(body)) return 'It returns nothing.';
  // With a point, what the arguments are shows when it runs.
  if (!parameters.some(({ differentiable }) => differentiable) && !(tags.at.length > 0 && types.some(mayHoldNumbers))) {
    return parameters.length === 1
      ? `\`${parameters[0].name}\`: ${parameters[0].reason}`
      : 'None of its parameters holds floating-point numbers.';
  }
  return undefined;
}

function returnsValue(body: ts.Node): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    if (found || ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression) found = true;
    else ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return found;
}

function pointsOf(
  tags: DocTags,
  candidate: Candidate,
  declared: readonly ts.ParameterDeclaration[],
  types: readonly TypeShape[],
  sourceFile: ts.SourceFile,
  differentiable: boolean,
): PointInfo[] {
  if (tags.at.length > 0) {
    return tags.at.map(({ text, start, end }) => ({
      source: '@at',
      expression: text,
      range: rangeOf(sourceFile, start, end),
    }));
  }
  if (!differentiable) return [];
  const described = declared.map(({ initializer, questionToken, dotDotDotToken }, index) => ({
    type: types[index],
    optional: questionToken !== undefined,
    rest: dotDotDotToken !== undefined,
    ...(initializer ? { initializer: initializer.getText(sourceFile) } : {}),
  }));
  if (described.length > 0 && described.every(({ initializer }) => initializer !== undefined)) {
    return [{ source: 'default', expression: described.map(({ initializer }) => initializer).join(', ') }];
  }
  const expression = randomArguments(candidate.name, described);
  return expression === undefined ? [] : [{ source: 'random', expression }];
}
