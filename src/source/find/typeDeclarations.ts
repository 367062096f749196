/** Where a file declares or imports the types that it names. */
import ts from 'typescript';

const typeTables = new WeakMap<ts.SourceFile, Map<string, ts.Node>>();

/** The declaration of a type anywhere in a file, the outermost first. */
export function findType(sourceFile: ts.SourceFile, name: string): ts.Node | undefined {
  let table = typeTables.get(sourceFile);
  if (!table) {
    const names = new Map<string, ts.Node>();
    const visit = (node: ts.Node): void => {
      if (isTypeDeclaration(node)) {
        if (!names.has(node.name.text)) names.set(node.name.text, node);
      } else if (ts.isModuleDeclaration(node) || ts.isModuleBlock(node) || ts.isSourceFile(node))
        ts.forEachChild(node, visit);
    };
    visit(sourceFile);
    typeTables.set(sourceFile, (table = names));
  }
  return table.get(name);
}

function isTypeDeclaration(node: ts.Node): node is ts.DeclarationStatement & { name: ts.Identifier } {
  if (ts.isClassDeclaration(node)) return node.name !== undefined;
  return ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isEnumDeclaration(node);
}

/** What a file calls what it exports under this name: `export default Vec`, `export = Vec`, `export { Vec as V }`. */
export function exportedAs(sourceFile: ts.SourceFile, name: string): string {
  for (const statement of sourceFile.statements) {
    if (ts.isExportAssignment(statement)) {
      if (name === 'default' && ts.isIdentifier(statement.expression)) return statement.expression.text;
    } else if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause) {
      if (!ts.isNamedExports(statement.exportClause)) continue;
      const element = statement.exportClause.elements.find((each) => each.name.text === name);
      if (element) return (element.propertyName ?? element.name).text;
    } else if (name === 'default' && isTypeDeclaration(statement)) {
      if (ts.getCombinedModifierFlags(statement) & ts.ModifierFlags.Default) return statement.name.text;
    }
  }
  return name;
}

/** The name under which another module exports what this statement makes visible as `name`. */
export function importedName(statement: ts.Statement, name: string): string | undefined {
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

/** `import type`: no value of that name is there when the module runs. */
export function isImportedAsType(sourceFile: ts.SourceFile, name: string): boolean {
  const [head] = name.split('.');
  return sourceFile.statements.some((statement) => {
    if (!ts.isImportDeclaration(statement)) return false;
    const { importClause: clause } = statement;
    const bindings = clause?.namedBindings;
    if (clause?.name?.text === head) return clause.isTypeOnly;
    if (!bindings) return false;
    if (ts.isNamespaceImport(bindings)) return bindings.name.text === head && clause.isTypeOnly;
    return bindings.elements.some((each) => each.name.text === head && (clause.isTypeOnly || each.isTypeOnly));
  });
}
