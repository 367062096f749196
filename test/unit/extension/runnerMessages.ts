/** Finds the texts for people in the runner's sources, in every form that they can take. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Stands where a number or a name comes in. */
const HOLE = '7';
const MOST_FORMS = 64;

export interface RunnerMessage {
  file: string;
  text: string;
}

/** The forms of an expression that is made of texts; a hole where it isn't. */
function formsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return formsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...formsOf(node.whenTrue), ...formsOf(node.whenFalse)];
  if (ts.isIdentifier(node)) return formsOfName(node) ?? [HOLE];
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return joined(formsOf(node.left), formsOf(node.right));
  if (ts.isTemplateExpression(node))
    return node.templateSpans.reduce(
      (before, { expression, literal }) => joined(before, formsOf(expression)).map((form) => form + literal.text),
      [node.head.text],
    );
  return [HOLE];
}

function joined(left: readonly string[], right: readonly string[]): string[] {
  return left.flatMap((a) => right.map((b) => a + b)).slice(0, MOST_FORMS);
}

/** What a constant of the same block, or of one around it, is made of. */
function formsOfName(name: ts.Identifier): string[] | undefined {
  for (let scope: ts.Node = name.parent; scope !== undefined; scope = scope.parent) {
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement) || !(statement.declarationList.flags & ts.NodeFlags.Const)) continue;
      for (const { name: declared, initializer } of statement.declarationList.declarations)
        if (ts.isIdentifier(declared) && declared.text === name.text) return initializer && formsOf(initializer);
    }
  }
  return undefined;
}

/** Words, not code: what has two words of letters and none of the signs of a program. */
function isForPeople(text: string): boolean {
  return (
    /[A-Za-z]{2}.*\s.*[A-Za-z]|[A-Za-z]{3}.*\s/s.test(text) &&
    !/\$\$|=>|;|[{}]|"use strict"|^\s*(const|var) |\n/.test(text)
  );
}

export function runnerMessages(root: string): RunnerMessage[] {
  const messages: RunnerMessage[] = [];
  for (const folder of ['src/runner', 'src/source']) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const file = `${folder}/${name}`;
      const source = ts.createSourceFile(name, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
      const visit = (node: ts.Node): void => {
        const whole =
          ts.isStringLiteralLike(node) ||
          ts.isTemplateExpression(node) ||
          (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken);
        const forms = whole ? formsOf(node).filter((form) => isForPeople(form)) : [];
        for (const text of forms) messages.push({ file, text });
        // The parts of a text are no texts of their own; what stands in it as an expression may be.
        if (whole && forms.length > 0) return;
        ts.forEachChild(node, visit);
      };
      visit(source);
    }
  }
  return messages;
}
