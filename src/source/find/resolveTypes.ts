/** Resolves type annotations over the syntax trees alone: aliases, interfaces, generics, imports from other files. */
import ts from 'typescript';
import type { ParsedModule } from '../parse';
import { FLOAT_ARRAYS, INTEGER_ARRAYS, type TypeShape } from './types';

/** How the resolver reaches other files. */
export interface ModuleHost {
  module(file: string): ParsedModule | undefined;
  /** The file that declares an import's types; undefined where there is none. */
  resolve(specifier: string, from: string): string | undefined;
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

  constructor(private readonly host: ModuleHost) {}

  resolve(node: ts.TypeNode | undefined, module: ParsedModule, environment: Environment = EMPTY): TypeShape {
    if (!node) return { kind: 'unknown', text: '' };
    if (this.depth > MAX_DEPTH) return this.unknown(node, module);
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
        if (object.kind === 'object' && index.kind === 'literal') {
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
    if (found) return this.declared(found, typeArguments()) ?? this.unknown(node, module);
    return this.standard(name, typeArguments) ?? this.unknown(node, module);
  }

  /** The language's own types. */
  private standard(name: string, typeArguments: () => TypeShape[]): TypeShape | undefined {
    if (FLOAT_ARRAYS.has(name) || INTEGER_ARRAYS.has(name)) return { kind: 'typedArray', name };
    switch (name) {
      case 'Array':
      case 'ReadonlyArray':
      case 'Iterable':
      case 'ArrayLike':
        return { kind: 'array', element: typeArguments()[0] ?? { kind: 'any' } };
      case 'Readonly':
      case 'Required':
      case 'NonNullable':
        return typeArguments()[0];
      case 'Partial': {
        const [of] = typeArguments();
        return of?.kind === 'object' ? { ...of, fields: of.fields.map((field) => ({ ...field, optional: true })) } : of;
      }
      case 'Pick':
      case 'Omit': {
        const [of, keys] = typeArguments();
        if (of?.kind !== 'object') return undefined;
        const names = new Set(
          (keys?.kind === 'union' ? keys.options : [keys]).map((key) => (key?.kind === 'literal' ? key.value : '')),
        );
        return { ...of, fields: of.fields.filter((field) => names.has(field.name) === (name === 'Pick')) };
      }
      case 'Record': {
        const [keys, value] = typeArguments();
        const names = keys?.kind === 'union' ? keys.options : keys ? [keys] : [];
        if (names.length === 0 || names.some((key) => key.kind !== 'literal')) return { kind: 'record', value };
        const fields = names.map((key) => ({
          name: String((key as { value: string }).value),
          type: value,
          optional: false,
        }));
        return { kind: 'object', fields };
      }
      case 'Promise':
        return { kind: 'promise', value: typeArguments()[0] ?? { kind: 'any' } };
      case 'Number':
        return { kind: 'number' };
      case 'Function':
        return { kind: 'function' };
      case 'NdArray':
      case 'ArrayLikeNd':
        return { kind: 'ndarray' };
      default:
        return undefined;
    }
  }

  private declared({ node, module }: Declaration, typeArguments: TypeShape[]): TypeShape | undefined {
    const environment = this.bind((node as ts.TypeAliasDeclaration).typeParameters, typeArguments, module);
    if (ts.isTypeAliasDeclaration(node)) return this.resolve(node.type, module, environment);
    if (ts.isInterfaceDeclaration(node)) {
      const own = this.members(node.members, module, environment);
      const bases = (node.heritageClauses ?? []).flatMap((clause) => clause.types);
      const inherited = bases.map((base) => this.base(base, module, environment));
      return inherited.length > 0 ? intersection([...inherited, own]) : own;
    }
    if (ts.isEnumDeclaration(node))
      return { kind: 'union', options: node.members.map((_, value) => ({ kind: 'literal', value })) };
    if (ts.isTypeParameterDeclaration(node))
      return node.constraint ? this.resolve(node.constraint, module) : { kind: 'any' };
    return undefined;
  }

  private base(node: ts.ExpressionWithTypeArguments, module: ParsedModule, environment: Environment): TypeShape {
    const typeArguments = (node.typeArguments ?? []).map((type) => this.resolve(type, module, environment));
    const found = ts.isIdentifier(node.expression) ? this.declaration(node.expression.text, module) : undefined;
    return (found && this.declared(found, typeArguments)) ?? { kind: 'object', fields: [] };
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
    const fields: { name: string; type: TypeShape; optional: boolean }[] = [];
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
    const head = name.split('.').pop() as string;
    const { sourceFile } = module;
    const local = findType(sourceFile, head);
    if (local) return { node: local, module };
    for (const statement of sourceFile.statements) {
      const target = importedName(statement, head);
      if (target === undefined) continue;
      const specifier = (statement as ts.ImportDeclaration).moduleSpecifier as ts.StringLiteral;
      const file = this.host.resolve(specifier.text, module.file);
      const other = file === undefined ? undefined : this.host.module(file);
      const found = other && this.declaration(target, other, depth + 1);
      if (found) return found;
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
        this.standard(node.expression.text, () => [{ kind: 'number' }]) ?? {
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
  const fields = new Map<string, { name: string; type: TypeShape; optional: boolean }>();
  for (const type of types) {
    // Branded numbers: `number & { __brand: … }`.
    if (type.kind === 'number') return type;
    if (type.kind === 'object') for (const field of type.fields) fields.set(field.name, field);
  }
  return { kind: 'object', fields: [...fields.values()] };
}

const typeTables = new WeakMap<ts.SourceFile, Map<string, ts.Node>>();

/** The declaration of a type anywhere in a file, the outermost first. */
function findType(sourceFile: ts.SourceFile, name: string): ts.Node | undefined {
  let table = typeTables.get(sourceFile);
  if (!table) {
    const names = new Map<string, ts.Node>();
    const visit = (node: ts.Node): void => {
      if (ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isEnumDeclaration(node)) {
        if (!names.has(node.name.text)) names.set(node.name.text, node);
      } else if (ts.isModuleDeclaration(node) || ts.isModuleBlock(node) || ts.isSourceFile(node))
        ts.forEachChild(node, visit);
    };
    visit(sourceFile);
    typeTables.set(sourceFile, (table = names));
  }
  return table.get(name);
}

/** The name under which another module exports what this statement makes visible as `name`. */
function importedName(statement: ts.Statement, name: string): string | undefined {
  if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    if (clause?.name?.text === name) return 'default';
    const named = clause?.namedBindings;
    if (!named) return undefined;
    if (ts.isNamespaceImport(named)) return name;
    const element = named.elements.find((candidate) => candidate.name.text === name);
    return element ? (element.propertyName ?? element.name).text : undefined;
  }
  if (ts.isExportDeclaration(statement) && statement.moduleSpecifier) {
    const clause = statement.exportClause;
    if (!clause || ts.isNamespaceExport(clause)) return name;
    const element = clause.elements.find((candidate) => candidate.name.text === name);
    return element ? (element.propertyName ?? element.name).text : undefined;
  }
  return undefined;
}
