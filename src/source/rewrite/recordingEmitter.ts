/** Rewrites modules for recording: expressions by OperatorEmitter; here the values of lines and the marks of loops. */
import ts from 'typescript';
import type { ParsedModule } from '../parse';
import type { ModuleSites } from '../positions';
import type { Analysis } from './analysis';
import { OperatorEmitter } from './operatorEmitter';
import { isNeverNumber, isNumericLiteral, skipParentheses } from './operatorNames';
import { isAssignment } from './scopes';

const K = ts.SyntaxKind;

export class RecordingEmitter extends OperatorEmitter {
  constructor(
    module: ParsedModule,
    analysis: Analysis,
    sites: ModuleSites,
    /** Note the value of each line (the user's own files; not packages). */
    private readonly lines: boolean,
  ) {
    super(module, analysis, sites);
  }

  override emit(node: ts.Node): string {
    return this.apart(node, this.isErased(node) ? this.blank(node) : this.rewritten(node));
  }

  private rewritten(node: ts.Node): string {
    switch (node.kind) {
      case K.BinaryExpression:
        return this.binary(node as ts.BinaryExpression);
      case K.PrefixUnaryExpression:
        return this.prefix(node as ts.PrefixUnaryExpression);
      case K.PostfixUnaryExpression:
        return this.step(node as ts.PostfixUnaryExpression);
      case K.ConditionalExpression: {
        const { condition, whenTrue } = node as ts.ConditionalExpression;
        return (
          this.condition(condition) +
          this.span(node, condition.end, whenTrue.pos) +
          this.span(node, whenTrue.pos, node.end)
        );
      }
      case K.ElementAccessExpression:
        return this.element(node as ts.ElementAccessExpression);
      case K.NewExpression:
        return this.construct(node as ts.NewExpression);
      case K.TypeOfExpression:
        return this.typeOf(node as ts.TypeOfExpression);
      case K.DeleteExpression:
        return this.deletion(node as ts.DeleteExpression);
      case K.TemplateExpression:
        return this.template(node as ts.TemplateExpression);
      case K.SpreadAssignment:
        return `...$$spread(${this.argument((node as ts.SpreadAssignment).expression)})`;
      case K.ComputedPropertyName: {
        const { expression } = node as ts.ComputedPropertyName;
        return isNeverNumber(expression)
          ? this.children(node)
          : `[$$key(${this.argument(expression)}, ${this.site(expression)})]`;
      }
      case K.VariableDeclaration:
        return this.variable(node as ts.VariableDeclaration);
      case K.ReturnStatement:
        return this.returned(node as ts.ReturnStatement);
      case K.ArrowFunction:
        return this.arrow(node as ts.ArrowFunction);
      case K.ExpressionStatement:
        return this.expressionStatement(node as ts.ExpressionStatement);
      default:
        return this.statement(node);
    }
  }

  private statement(node: ts.Node): string {
    switch (node.kind) {
      case K.IfStatement:
      case K.WhileStatement:
      case K.DoStatement:
      case K.ForStatement:
      case K.ForInStatement:
      case K.ForOfStatement:
      case K.LabeledStatement:
        return this.loop(node as ts.Statement);
      case K.SwitchStatement: {
        const { expression } = node as ts.SwitchStatement;
        return this.replaced(node, expression, `$$plain(${this.argument(expression)}, ${this.site(expression)})`);
      }
      case K.CaseClause: {
        const { expression } = node as ts.CaseClause;
        if (isNeverNumber(expression) || isNumericLiteral(expression)) return this.children(node);
        return this.replaced(node, expression, `$$plain(${this.argument(expression)}, ${this.site(expression)})`);
      }
      default:
        return super.emit(node);
    }
  }

  /** `expression`, its value noted for the line that `at` starts on. */
  private noted(expression: ts.Expression, at: ts.Node): string {
    const text = this.argument(expression);
    if (!this.lines || isNeverNumber(expression)) return text;
    return `$$value(${text}, ${this.sites.add(at.getStart(this.sourceFile), expression.end)})`;
  }

  private variable(node: ts.VariableDeclaration): string {
    const { initializer, name } = node;
    const statement = node.parent.parent;
    if (initializer && ts.isObjectBindingPattern(name))
      return this.replaced(node, initializer, this.taken(name, initializer));
    if (!initializer || !ts.isIdentifier(name) || !ts.isVariableStatement(statement)) return this.children(node);
    const begin = initializer.getStart(this.sourceFile);
    return this.span(node, node.getStart(this.sourceFile), begin) + this.noted(initializer, node);
  }

  private returned(node: ts.ReturnStatement): string {
    const { expression } = node;
    return expression ? this.replaced(node, expression, this.noted(expression, node)) : this.children(node);
  }

  private arrow(node: ts.ArrowFunction): string {
    const { body } = node;
    return ts.isBlock(body) || isNeverNumber(body)
      ? this.children(node)
      : this.replaced(node, body, this.noted(body, body));
  }

  private expressionStatement(node: ts.ExpressionStatement): string {
    const { expression } = node;
    if (ts.isStringLiteral(expression)) return this.slice(node);
    const inner = skipParentheses(expression);
    const counts =
      this.lines &&
      ((ts.isBinaryExpression(inner) && isAssignment(inner.operatorToken.kind) && !isNeverNumber(inner.right)) ||
        ts.isPrefixUnaryExpression(inner) ||
        ts.isPostfixUnaryExpression(inner));
    const text = counts
      ? `$$value(${this.argument(expression)}, ${this.site(node)})${this.raw(expression.end, node.end)}`
      : this.children(node);
    // A parenthesis in front would call what stands on the line before.
    const start = this.sourceFile.text[node.getStart(this.sourceFile)];
    const inList =
      ts.isBlock(node.parent) ||
      ts.isSourceFile(node.parent) ||
      ts.isModuleBlock(node.parent) ||
      ts.isCaseOrDefaultClause(node.parent);
    return inList && /^[([`+\-/]/.test(text) && text[0] !== start ? `;${text}` : text;
  }

  private loop(node: ts.Statement): string {
    if (ts.isIfStatement(node)) return this.replaced(node, node.expression, this.condition(node.expression));
    let inner: ts.Statement = node;
    while (ts.isLabeledStatement(inner)) inner = inner.statement;
    if (!ts.isIterationStatement(inner, false)) return super.emit(node);
    const site = this.site(inner);
    const head = this.sourceFile.text.slice(node.getStart(this.sourceFile), inner.getStart(this.sourceFile));
    return `{ $$loop(${site}); ${head}${this.iteration(inner, site)} $$done(${site}); }`;
  }

  private iteration(node: ts.IterationStatement, site: number): string {
    const body = node.statement;
    const begin = body.getStart(this.sourceFile);
    const mark = `$$iterate(${site});`;
    const text = ts.isBlock(body)
      ? `{ ${mark}${this.span(body, begin + 1, body.end)}`
      : `{ ${mark} ${this.emit(body)} }`;
    const start = node.getStart(this.sourceFile);
    if (ts.isWhileStatement(node) || ts.isDoStatement(node)) {
      const { expression } = node;
      const condition = this.condition(expression);
      const from = expression.getStart(this.sourceFile);
      if (ts.isWhileStatement(node)) {
        return this.span(node, start, from) + condition + this.span(node, expression.end, begin) + text;
      }
      return (
        this.span(node, start, begin) +
        text +
        this.span(node, body.end, from) +
        condition +
        this.span(node, expression.end, node.end)
      );
    }
    if (ts.isForStatement(node) && node.condition) {
      const { condition } = node;
      const from = condition.getStart(this.sourceFile);
      return this.span(node, start, from) + this.condition(condition) + this.span(node, condition.end, begin) + text;
    }
    if ((ts.isForOfStatement(node) || ts.isForInStatement(node)) && !ts.isVariableDeclarationList(node.initializer)) {
      const { initializer } = node;
      const from = initializer.getStart(this.sourceFile);
      return this.span(node, start, from) + this.pattern(initializer) + this.span(node, initializer.end, begin) + text;
    }
    return this.span(node, start, begin) + text;
  }
}
