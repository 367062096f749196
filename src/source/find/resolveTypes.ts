/** Resolves type annotations over the syntax trees alone: aliases, interfaces, generics, imports from other files. */
import ts from 'typescript';
import type { ParsedModule } from '../parse';
import { standardType } from './standardTypes';
import { exportedAs, findType, importedName, isImportedAsType } from './typeDeclarations';
import type { Field, TypeShape } from './types';

/** How the resolver reaches other files. */
export interface ModuleHost {
  module(file: string): ParsedModule | undefined;
  /** The file that declares an import's types; undefined where there is none. */
  resolve(specifier: string, from: string): string | undefined;
  /** The file of declarations that belongs to it, for types that the module itself, in JavaScript, does not name. */
  declarations?(specifier: string, from: string): string | undefined;
}

type Environment = ReadonlyMap<string, TypeShape>;
interface Declaration {
  node: ts.Node;
  module: ParsedModule;
}

const EMPTY: Environment = new Map();
const MAX_DEPTH = 24;

export class TypeResolver {
  private depth = 0;
  /** The module whose types are asked for: where its functions are called, a class is known by the name that it has there. */
  private asking: ParsedModule | undefined;
  /** Declarations whose members are being resolved: a tree whose nodes hold two of its kind would be resolved 2²⁴ times. */
  private readonly open = new Set<ts.Node>();

  constructor(private readonly host: ModuleHost) {}

  resolve(node: ts.TypeNode | undefined, module: ParsedModule, environment: Environment = EMPTY): TypeShape {
    if (!node) return { kind: 'unknown', text: '' };
    if (this.depth > MAX_DEPTH) return this.unknown(node, module);
    if (this.depth === 0) this.asking = module;
    this.depth++;
    try {
      return this.byKind(node, module, environment);
    } finally {
      this.depth--;
    }
  }

  /** The signature that a variable's declared type gives to its function, if it gives one. */
  signature(
    node: ts.TypeNode,
    module: ParsedModule,
  ): { node: ts.SignatureDeclaration; module: ParsedModule } | undefined {
    if (ts.isFunctionTypeNode(node)) return { node, module };
    if (!ts.isTypeReferenceNode(node) || !ts.isIdentifier(node.typeName)) return undefined;
    const found = this.declaration(node.typeName.text, module);
    if (!found) return undefined;
    if (ts.isTypeAliasDeclaration(found.node)) return this.signature(found.node.type, found.module);
    if (ts.isInterfaceDeclaration(found.node)) {
      const call = found.node.members.find(ts.isCallSignatureDeclaration);
      if (call) return { node: call, module: found.module };
    }
    return undefined;
  }

  /** The type of a parameter: annotated, from JSDoc, or from its default value. */
  parameter(node: ts.ParameterDeclaration, module: ParsedModule, environment: Environment = EMPTY): TypeShape {
    const annotated = node.type ?? (module.typescript ? undefined : ts.getJSDocType(node));
    if (annotated) {
      const type = this.resolve(annotated, module, environment);
      return node.dotDotDotToken && type.kind === 'array' ? type : type;
    }
    return node.initializer ? this.fromValue(node.initializer, module) : { kind: 'unknown', text: '' };
  }

  private byKind(node: ts.TypeNode, module: ParsedModule, environment: Environment): TypeShape {
    switch (node.kind) {
      case ts.SyntaxKind.NumberKeyword:
        return { kind: 'number' };
      case ts.SyntaxKind.BooleanKeyword:
        return { kind: 'boolean' };
      case ts.SyntaxKind.StringKeyword:
      case ts.SyntaxKind.TemplateLiteralType:
        return { kind: 'string' };
      case ts.SyntaxKind.BigIntKeyword:
        return { kind: 'bigint' };
      case ts.SyntaxKind.VoidKeyword:
      case ts.SyntaxKind.UndefinedKeyword:
      case ts.SyntaxKind.NeverKeyword:
        return { kind: 'void' };
      case ts.SyntaxKind.AnyKeyword:
        return { kind: 'any' };
      case ts.SyntaxKind.FunctionType:
      case ts.SyntaxKind.ConstructorType:
        return { kind: 'function' };
      case ts.SyntaxKind.ParenthesizedType:
      case ts.SyntaxKind.RestType:
      case ts.SyntaxKind.OptionalType:
      case ts.SyntaxKind.NamedTupleMember:
      case ts.SyntaxKind.TypeOperator:
        return this.resolve((node as ts.ParenthesizedTypeNode).type, module, environment);
      case ts.SyntaxKind.ArrayType:
        return { kind: 'array', element: this.resolve((node as ts.ArrayTypeNode).elementType, module, environment) };
      case ts.SyntaxKind.TupleType:
        return this.tuple(node as ts.TupleTypeNode, module, environment);
      case ts.SyntaxKind.LiteralType:
        return literal((node as ts.LiteralTypeNode).literal);
      case ts.SyntaxKind.TypeLiteral:
        return this.members((node as ts.TypeLiteralNode).members, module, environment);
      case ts.SyntaxKind.UnionType:
        return union((node as ts.UnionTypeNode).types.map((type) => this.resolve(type, module, environment)));
      case ts.SyntaxKind.IntersectionType:
        return intersection(
          (node as ts.IntersectionTypeNode).types.map((type) => this.resolve(type, module, environment)),
        );
      case ts.SyntaxKind.TypeReference:
        return this.reference(node as ts.TypeReferenceNode, module, environment);
      case ts.SyntaxKind.IndexedAccessType: {
        const { objectType, indexType } = node as ts.IndexedAccessTypeNode;
        const object = this.resolve(objectType, module, environment);
        const index = this.resolve(indexType, module, environment);
        if (object.kind === 'array') return object.element;
        if ((object.kind === 'object' || object.kind === 'instance') && index.kind === 'literal') {
          return object.fields.find(({ name }) => name === index.value)?.type ?? this.unknown(node, module);
        }
        return this.unknown(node, module);
      }
      case ts.SyntaxKind.TypeQuery:
        return this.query(node as ts.TypeQueryNode, module);
      default:
        return this.unknown(node, module);
    }
  }

  private tuple(node: ts.TupleTypeNode, module: ParsedModule, environment: Environment): TypeShape {
    const rest = node.elements.find(ts.isRestTypeNode);
    if (rest && node.elements.length === 1) return this.resolve(rest.type, module, environment);
    return { kind: 'tuple', elements: node.elements.map((element) => this.resolve(element, module, environment)) };
  }

  private reference(node: ts.TypeReferenceNode, module: ParsedModule, environment: Environment): TypeShape {
    const name = entityName(node.typeName);
    const parameter = environment.get(name);
    if (parameter) return parameter;
    const typeArguments = () => (node.typeArguments ?? []).map((type) => this.resolve(type, module, environment));
    const found = this.declaration(name, module);
    if (found) {
      const shape = this.declared(found, typeArguments(), name) ?? this.unknown(node, module);
      if (shape.kind !== 'instance') return shape;
      if (module === this.asking && !isImportedAsType(module.sourceFile, name)) return shape;
      const { parameters: _, ...unmade } = shape;
      return unmade;
    }
    return standardType(name, typeArguments) ?? this.unknown(node, module);
  }

  /** The shape of a declared type; undefined for what has none, and inside itself. */
  private declared(declaration: Declaration, typeArguments: TypeShape[], name: string): TypeShape | undefined {
    const { node, module } = declaration;
    if (this.open.has(node)) return undefined;
    const environment = this.bind((node as ts.TypeAliasDeclaration).typeParameters, typeArguments, module);
    if (ts.isTypeParameterDeclaration(node))
      return node.constraint ? this.resolve(node.constraint, module) : { kind: 'any' };
    if (ts.isEnumDeclaration(node))
      return { kind: 'union', options: node.members.map((_, value) => ({ kind: 'literal', value })) };
    this.open.add(node);
    try {
      if (ts.isTypeAliasDeclaration(node)) return this.resolve(node.type, module, environment);
      if (ts.isClassDeclaration(node)) return this.instance(node, module, environment, name);
      if (!ts.isInterfaceDeclaration(node)) return undefined;
      const own = this.members(node.members, module, environment);
      const bases = (node.heritageClauses ?? []).flatMap((clause) => clause.types);
      const inherited = bases.map((base) => this.base(base, module, environment));
      return inherited.length > 0 ? intersection([...inherited, own]) : own;
    } finally {
      this.open.delete(node);
    }
  }

  /** What an instance keeps in properties of its own. */
  private instance(node: ts.ClassDeclaration, module: ParsedModule, environment: Environment, name: string): TypeShape {
    const extended = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
    const base = extended && this.base(extended, module, environment);
    const fields = new Map<string, Field>();
    const put = (field: Field) => fields.set(field.name, field);
    if (base?.kind === 'instance' || base?.kind === 'object') base.fields.forEach(put);
    const constructors = node.members.filter(ts.isConstructorDeclaration);
    // Of overloads the first says how an instance is made, the last what it keeps.
    const signatures = constructors.map((each) =>
      each.parameters.map((parameter) => ({
        parameter,
        type: this.parameter(parameter, module, environment),
        optional: parameter.questionToken !== undefined || parameter.initializer !== undefined,
      })),
    );
    for (const { parameter, type } of signatures.flat())
      if (ts.isParameterPropertyDeclaration(parameter, parameter.parent) && ts.isIdentifier(parameter.name))
        put({ name: parameter.name.text, type, optional: false });
    if (!module.typescript)
      constructors.forEach((each, index) => this.assigned(each, signatures[index], module).forEach(put));
    const parameters = signatures.at(0)?.map(({ type, optional }) => ({ type, optional }));
    for (const member of node.members) {
      if (!ts.isPropertyDeclaration(member) || ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) continue;
      if (!ts.isIdentifier(member.name) && !ts.isStringLiteral(member.name)) continue;
      const type = member.type
        ? this.resolve(member.type, module, environment)
        : member.initializer
          ? this.fromValue(member.initializer, module)
          : ({ kind: 'any' } as const);
      put({ name: member.name.text, type, optional: member.questionToken !== undefined });
    }
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    const closed =
      (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Abstract) !== 0 ||
      constructors.some((each) => (ts.getCombinedModifierFlags(each) & hidden) !== 0);
    const made = parameters ?? (base?.kind === 'instance' ? base.parameters : []);
    return { kind: 'instance', name, fields: [...fields.values()], ...(closed || !made ? {} : { parameters: made }) };
  }

  /** Properties that the constructor of a class in JavaScript gives to `this`. */
  private assigned(
    node: ts.ConstructorDeclaration,
    parameters: readonly { parameter: ts.ParameterDeclaration; type: TypeShape }[],
    module: ParsedModule,
  ): Field[] {
    return (node.body?.statements ?? []).flatMap((statement): Field[] => {
      if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) return [];
      const { left, operatorToken, right } = statement.expression;
      if (operatorToken.kind !== ts.SyntaxKind.EqualsToken || !ts.isPropertyAccessExpression(left)) return [];
      if (left.expression.kind !== ts.SyntaxKind.ThisKeyword || !ts.isIdentifier(left.name)) return [];
      const given = parameters.find(
        ({ parameter: { name } }) => ts.isIdentifier(name) && ts.isIdentifier(right) && name.text === right.text,
      );
      const type = given?.type ?? this.fromValue(right, module);
      return [{ name: left.name.text, type, optional: false }];
    });
  }

  private base(node: ts.ExpressionWithTypeArguments, module: ParsedModule, environment: Environment): TypeShape {
    const typeArguments = (node.typeArguments ?? []).map((type) => this.resolve(type, module, environment));
    const found = ts.isIdentifier(node.expression) ? this.declaration(node.expression.text, module) : undefined;
    const shape = found && this.declared(found, typeArguments, node.expression.getText(module.sourceFile));
    return shape ?? { kind: 'object', fields: [] };
  }

  private bind(
    parameters: ts.NodeArray<ts.TypeParameterDeclaration> | undefined,
    values: TypeShape[],
    module: ParsedModule,
  ): Environment {
    if (!parameters) return EMPTY;
    const environment = new Map<string, TypeShape>();
    parameters.forEach((parameter, index) => {
      const fallback = parameter.default ?? parameter.constraint;
      environment.set(
        parameter.name.text,
        values[index] ?? (fallback ? this.resolve(fallback, module) : { kind: 'any' }),
      );
    });
    return environment;
  }

  private members(members: ts.NodeArray<ts.TypeElement>, module: ParsedModule, environment: Environment): TypeShape {
    const fields: Field[] = [];
    for (const member of members) {
      if (ts.isIndexSignatureDeclaration(member)) {
        if (members.length === 1) return { kind: 'record', value: this.resolve(member.type, module, environment) };
      } else if (ts.isCallSignatureDeclaration(member)) {
        return { kind: 'function' };
      } else if (member.name && !ts.isComputedPropertyName(member.name)) {
        const type: TypeShape = ts.isPropertySignature(member)
          ? this.resolve(member.type, module, environment)
          : { kind: 'function' };
        fields.push({ name: member.name.text, type, optional: member.questionToken !== undefined });
      }
    }
    return { kind: 'object', fields };
  }

  /** Where a type name is declared: in this file (any scope), or in the file that it is imported from. */
  private declaration(name: string, module: ParsedModule, depth = 0): Declaration | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const { sourceFile } = module;
    const head = exportedAs(sourceFile, name.split('.').pop() as string);
    const local = findType(sourceFile, head);
    if (local) return { node: local, module };
    for (const statement of sourceFile.statements) {
      const target = importedName(statement, head);
      if (target === undefined) continue;
      const specifier = (statement as ts.ImportDeclaration).moduleSpecifier as ts.StringLiteral;
      for (const way of ['resolve', 'declarations'] as const) {
        const file = this.host[way]?.(specifier.text, module.file);
        const other = file === undefined ? undefined : this.host.module(file);
        const found = other && this.declaration(target, other, depth + 1);
        if (found) return found;
      }
    }
    return undefined;
  }

  /** `typeof CONSTANT`. */
  private query(node: ts.TypeQueryNode, module: ParsedModule): TypeShape {
    const name = entityName(node.exprName);
    for (const statement of module.sourceFile.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name: declared, type, initializer } of statement.declarationList.declarations) {
        if (!ts.isIdentifier(declared) || declared.text !== name) continue;
        return type ? this.resolve(type, module) : initializer ? this.fromValue(initializer, module) : { kind: 'any' };
      }
    }
    return this.unknown(node, module);
  }

  /** The type that TypeScript would infer for a literal. */
  private fromValue(node: ts.Expression, module: ParsedModule): TypeShape {
    if (ts.isNumericLiteral(node)) return { kind: 'number' };
    if (ts.isStringLiteralLike(node)) return { kind: 'string' };
    if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return { kind: 'boolean' };
    if (ts.isPrefixUnaryExpression(node) || ts.isParenthesizedExpression(node)) {
      return this.fromValue(ts.isPrefixUnaryExpression(node) ? node.operand : node.expression, module);
    }
    if (ts.isBinaryExpression(node)) return this.fromValue(node.left, module);
    if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) {
      return ts.isConstTypeReference(node.type)
        ? this.fromValue(node.expression, module)
        : this.resolve(node.type, module);
    }
    if (ts.isArrayLiteralExpression(node)) {
      return {
        kind: 'array',
        element: node.elements.length > 0 ? this.fromValue(node.elements[0], module) : { kind: 'number' },
      };
    }
    if (ts.isObjectLiteralExpression(node)) {
      const fields = node.properties.flatMap((property) =>
        ts.isPropertyAssignment(property) && !ts.isComputedPropertyName(property.name)
          ? [{ name: property.name.text, type: this.fromValue(property.initializer, module), optional: false }]
          : [],
      );
      return { kind: 'object', fields };
    }
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
      return (
        standardType(node.expression.text, () => [{ kind: 'number' }]) ?? {
          kind: 'unknown',
          text: node.expression.text,
        }
      );
    }
    if (
      ts.isPropertyAccessExpression(node) &&
      ts.isIdentifier(node.expression) &&
      ['Math', 'Number'].includes(node.expression.text)
    ) {
      return { kind: 'number' };
    }
    return { kind: 'unknown', text: '' };
  }

  private unknown(node: ts.Node, module: ParsedModule): TypeShape {
    return { kind: 'unknown', text: node.getText(module.sourceFile) };
  }
}

function entityName(node: ts.EntityName): string {
  return ts.isIdentifier(node) ? node.text : `${entityName(node.left)}.${node.right.text}`;
}

function literal(node: ts.LiteralTypeNode['literal']): TypeShape {
  switch (node.kind) {
    case ts.SyntaxKind.NullKeyword:
      return { kind: 'null' };
    case ts.SyntaxKind.TrueKeyword:
      return { kind: 'literal', value: true };
    case ts.SyntaxKind.FalseKeyword:
      return { kind: 'literal', value: false };
    case ts.SyntaxKind.PrefixUnaryExpression:
      return {
        kind: 'literal',
        value: -Number(((node as ts.PrefixUnaryExpression).operand as ts.NumericLiteral).text),
      };
    default:
      return {
        kind: 'literal',
        value: ts.isNumericLiteral(node) ? Number(node.text) : (node as ts.StringLiteral).text,
      };
  }
}

/** Without null and undefined; a union of one is that one. */
function union(options: TypeShape[]): TypeShape {
  const kept = options.filter(({ kind }) => kind !== 'void' && kind !== 'null');
  if (kept.length === 1) return kept[0];
  if (kept.some(({ kind }) => kind === 'number')) return { kind: 'number' };
  return { kind: 'union', options: kept };
}

function intersection(types: TypeShape[]): TypeShape {
  const fields = new Map<string, Field>();
  for (const type of types) {
    // Branded numbers: `number & { __brand: … }`.
    if (type.kind === 'number') return type;
    if (type.kind === 'object' || type.kind === 'instance')
      for (const field of type.fields) fields.set(field.name, field);
  }
  return { kind: 'object', fields: [...fields.values()] };
}
