/** Rewrites operators, conditions, element accesses and calls so that traced numbers go through the runtime, with their sites. */
import ts from 'typescript';
import type { ParsedModule } from '../parse';
import type { ModuleSites } from '../positions';
import { unsupportedSyntax, type Analysis } from './analysis';
import { ModuleEmitter } from './emitter';
import {
  BINARY,
  COMPOUND,
  isBoolean,
  isNeverNumber,
  isNumericLiteral,
  isPlainComparison,
  isSimple,
  MATH_FUNCTIONS,
  skipParentheses,
} from './operatorNames';

const K = ts.SyntaxKind;

/** What a name goes on with. */
const WORD = /[\p{ID_Continue}$]/u;

export abstract class OperatorEmitter extends ModuleEmitter {
  constructor(
    module: ParsedModule,
    analysis: Analysis,
    protected readonly sites: ModuleSites,
  ) {
    super(module, analysis);
  }

  protected site(node: ts.Node): number {
    return this.sites.add(node.getStart(this.sourceFile), node.end);
  }

  /** The node's text with one child replaced. */
  protected replaced(node: ts.Node, child: ts.Node, text: string): string {
    const begin = child.getStart(this.sourceFile);
    const before = this.span(node, node.getStart(this.sourceFile), begin);
    return before + this.apart(child, text) + this.span(node, child.end, node.end);
  }

  /** The text of a node apart from the word before it, where the node's own began with a bracket or a sign: `return-x`. */
  protected apart(node: ts.Node, text: string): string {
    const { text: source } = this.sourceFile;
    return WORD.test(text[0]) && WORD.test(source[node.getStart(this.sourceFile) - 1] ?? '') ? ` ${text}` : text;
  }

  /** A comma expression as an argument needs parentheses. */
  protected argument(node: ts.Expression): string {
    const text = this.emit(node);
    return ts.isBinaryExpression(node) && node.operatorToken.kind === K.CommaToken ? `(${text})` : text;
  }

  // ------------------------------------------------------------------------------------------ operators

  protected binary(node: ts.BinaryExpression): string {
    const { left, right, operatorToken } = node;
    const { kind } = operatorToken;
    const name = BINARY.get(kind);
    if (name) {
      if ((isNumericLiteral(left) && isNumericLiteral(right)) || isPlainComparison(node)) return this.children(node);
      return (
        `${name}(${this.argument(left)}${this.raw(left.end, operatorToken.getStart(this.sourceFile))},` +
        `${this.raw(operatorToken.end, right.getStart(this.sourceFile))}${this.argument(right)}, ${this.site(node)})`
      );
    }
    const compound = COMPOUND.get(kind);
    if (compound) return this.compound(node, compound);
    switch (kind) {
      case K.EqualsToken:
        return this.assignment(node);
      case K.AmpersandAmpersandToken:
        if (isBoolean(left) || isNeverNumber(left)) return this.children(node);
        return `$$andEnd($$and(${this.argument(left)}, ${this.site(left)})${this.span(node, left.end, node.end)})`;
      case K.BarBarToken:
        if (isBoolean(left) || isNeverNumber(left)) return this.children(node);
        // Without parentheses `??` must not stand beside `&&`.
        return `($$or(${this.argument(left)}, ${this.site(left)}) ?? (${this.span(node, operatorToken.end, node.end)}))`;
      case K.BarBarEqualsToken:
      case K.AmpersandAmpersandEqualsToken:
        return this.logicalAssignment(node);
      case K.QuestionQuestionEqualsToken:
        return this.target(left) + this.span(node, left.end, node.end);
      case K.InKeyword:
        if (isNeverNumber(left) || ts.isPrivateIdentifier(left)) return this.children(node);
        return `$$key(${this.argument(left)}, ${this.site(left)})${this.span(node, left.end, node.end)}`;
      default:
        return this.children(node);
    }
  }

  private assignment(node: ts.BinaryExpression): string {
    const target = skipParentheses(node.left);
    if (ts.isElementAccessExpression(target) && this.isTraceable(target)) {
      const { expression, argumentExpression } = target;
      const gap = this.raw(node.operatorToken.end, node.right.getStart(this.sourceFile));
      return (
        `$$set(${this.argument(expression)}, ${this.argument(argumentExpression)},` +
        `${gap}${this.argument(node.right)}, ${this.site(node)})`
      );
    }
    if (ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target)) {
      const begin = node.right.getStart(this.sourceFile);
      return this.pattern(target) + this.raw(node.left.end, begin) + this.taken(target, node.right);
    }
    return this.target(node.left) + this.span(node, node.left.end, node.end);
  }

  /** What a pattern takes apart. */
  protected taken(pattern: ts.Node, value: ts.Expression): string {
    const text = this.argument(value);
    return readsElements(pattern) ? `$$spread(${text})` : text;
  }

  /** A destructuring pattern on the left of an assignment. */
  protected pattern(node: ts.Node): string {
    if (ts.isElementAccessExpression(node)) return this.target(node);
    if (ts.isBinaryExpression(node)) return this.pattern(node.left) + this.span(node, node.left.end, node.end);
    if (ts.isSpreadElement(node) || ts.isSpreadAssignment(node)) return `...${this.pattern(node.expression)}`;
    if (ts.isPropertyAssignment(node)) {
      const { name, initializer } = node;
      return `${this.emit(name)}${this.raw(name.end, initializer.getStart(this.sourceFile))}${this.pattern(initializer)}`;
    }
    const inner = ts.isArrayLiteralExpression(node)
      ? node.elements
      : ts.isObjectLiteralExpression(node)
        ? node.properties
        : undefined;
    if (!inner) return this.emit(node);
    let out = '';
    let last = node.getStart(this.sourceFile);
    for (const child of inner) {
      out += this.raw(last, child.getStart(this.sourceFile)) + this.pattern(child);
      last = child.end;
    }
    return out + this.raw(last, node.end);
  }

  /** Where something is stored: an element becomes a property of a reference, so that typed arrays keep traced numbers. */
  private target(node: ts.Expression): string {
    const inner = skipParentheses(node);
    if (!ts.isElementAccessExpression(inner) || !this.isTraceable(inner)) return this.emit(node);
    return `${this.reference(inner)}.value`;
  }

  private reference(node: ts.ElementAccessExpression): string {
    return `$$ref(${this.argument(node.expression)}, ${this.argument(node.argumentExpression)}, ${this.site(node)})`;
  }

  private compound(node: ts.BinaryExpression, name: string): string {
    const { left, right } = node;
    const target = skipParentheses(left);
    const gap = this.raw(node.operatorToken.end, right.getStart(this.sourceFile));
    const site = this.site(node);
    if (ts.isIdentifier(target)) {
      const text = this.emit(target);
      return this.wrapAssignment(node, `${text} = ${name}(${text},${gap}${this.argument(right)}, ${site})`);
    }
    if (ts.isElementAccessExpression(target) && this.isTraceable(target)) {
      const { expression, argumentExpression } = target;
      const object = this.argument(expression);
      const key = this.argument(argumentExpression);
      if (isSimple(expression) && isSimple(argumentExpression)) {
        return `$$set(${object}, ${key}, ${name}(${this.element(target)},${gap}${this.argument(right)}, ${site}), ${site})`;
      }
      return `$$ref(${object}, ${key}, ${site}).update(${name},${gap}${this.argument(right)})`;
    }
    if (ts.isPropertyAccessExpression(target)) {
      if (isRepeatable(target.expression)) {
        const text = this.emit(target);
        return this.wrapAssignment(node, `${text} = ${name}(${text},${gap}${this.argument(right)}, ${site})`);
      }
      if (ts.isPrivateIdentifier(target.name)) {
        return this.once(node, this.argument(target.expression), (object) => {
          const text = `${object}.${target.name.text}`;
          return `(${text} = ${name}(${text},${gap}${this.argument(right)}, ${site}))`;
        });
      }
      const key = JSON.stringify(target.name.text);
      return `$$ref(${this.argument(target.expression)}, ${key}, ${site}).update(${name},${gap}${this.argument(right)})`;
    }
    return this.children(node);
  }

  /** Assignments inside a larger expression need parentheses; as a statement they must not start with one. */
  private wrapAssignment(node: ts.Node, text: string): string {
    return ts.isExpressionStatement(node.parent) ? text : `(${text})`;
  }

  /** `||=` and `&&=`, whose right side may not be evaluated. */
  private logicalAssignment(node: ts.BinaryExpression): string {
    const { left, right, operatorToken } = node;
    const target = skipParentheses(left);
    const site = this.site(target);
    const either = operatorToken.kind === K.BarBarEqualsToken;
    const through = (text: string) => {
      const assigned = `(${text} = ${this.argument(right)})`;
      return either ? `($$or(${text}, ${site}) ?? ${assigned})` : `$$andEnd($$and(${text}, ${site}) && ${assigned})`;
    };
    if (ts.isElementAccessExpression(target) && this.isTraceable(target)) {
      return this.once(node, this.reference(target), (slot) => through(`${slot}.value`));
    }
    if (ts.isPropertyAccessExpression(target) && !isRepeatable(target.expression)) {
      return this.once(node, this.argument(target.expression), (object) => through(`${object}.${target.name.text}`));
    }
    return through(this.emit(target));
  }

  /** `use` of a value that is computed once. An arrow function keeps `this`, but generators cannot pause in it. */
  private once(node: ts.Node, value: string, use: (name: string) => string): string {
    if (pauses(node)) {
      throw unsupportedSyntax(
        this.module,
        node,
        'An assignment to a computed place cannot wait for `yield` or `await`.',
        'Store the awaited value in a variable first.',
      );
    }
    return `(($$it) => ${use('$$it')})(${value})`;
  }

  protected prefix(node: ts.PrefixUnaryExpression): string {
    const { operator, operand } = node;
    switch (operator) {
      case K.PlusPlusToken:
      case K.MinusMinusToken:
        return this.step(node);
      case K.ExclamationToken:
        return `!${this.raw(node.getStart(this.sourceFile) + 1, operand.getStart(this.sourceFile))}${this.condition(operand)}`;
      default: {
        if (ts.isNumericLiteral(operand) || ts.isBigIntLiteral(operand)) return this.children(node);
        const name = operator === K.MinusToken ? '$$neg' : operator === K.PlusToken ? '$$num' : '$$bnot';
        return `${name}(${this.argument(operand)}, ${this.site(node)})`;
      }
    }
  }

  /** `++` and `--`, before and after. */
  protected step(node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression): string {
    const target = skipParentheses(node.operand);
    const name = node.operator === K.PlusPlusToken ? '$$inc' : '$$dec';
    const postfix = ts.isPostfixUnaryExpression(node);
    const site = this.site(node);
    if (ts.isIdentifier(target)) {
      const text = this.emit(target);
      const unused = isUnused(node);
      const slow =
        postfix && !unused
          ? `$$post(${text}, ${text} = ${name}(${text}, ${site}))`
          : `(${text} = ${name}(${text}, ${site}))`;
      // The short way first: counters are plain numbers.
      if (ts.isExpressionStatement(node.parent)) return slow.replace(/^\((.*)\)$/s, '$1');
      const plain = this.children(node);
      return `(typeof ${text} === 'number' ? ${plain} : ${slow})`;
    }
    if (ts.isElementAccessExpression(target) && this.isTraceable(target)) {
      const { expression, argumentExpression } = target;
      return `$$ref(${this.argument(expression)}, ${this.argument(argumentExpression)}, ${site}).step(${name}, ${postfix})`;
    }
    if (ts.isPropertyAccessExpression(target) && target.expression.kind !== K.SuperKeyword) {
      if (ts.isPrivateIdentifier(target.name)) {
        return this.once(node, this.argument(target.expression), (object) => {
          const text = `${object}.${target.name.text}`;
          const assigned = `${text} = ${name}(${text}, ${site})`;
          return postfix ? `$$post(${text}, ${assigned})` : `(${assigned})`;
        });
      }
      return `$$ref(${this.argument(target.expression)}, ${JSON.stringify(target.name.text)}, ${site}).step(${name}, ${postfix})`;
    }
    return this.children(node);
  }

  // ------------------------------------------------------------------------------------------ conditions

  /** An expression whose truth alone matters. */
  protected condition(node: ts.Expression): string {
    const inner = skipParentheses(node);
    if (ts.isBinaryExpression(inner)) {
      const { kind } = inner.operatorToken;
      if (kind === K.AmpersandAmpersandToken || kind === K.BarBarToken) {
        const operator = this.span(inner, inner.left.end, inner.right.getStart(this.sourceFile));
        return `(${this.condition(inner.left)}${operator}${this.condition(inner.right)})`;
      }
    }
    if (isBoolean(inner) || isNeverNumber(inner)) return this.emit(node);
    return `$$truthy(${this.argument(node)}, ${this.site(inner)})`;
  }

  protected typeOf(node: ts.TypeOfExpression): string {
    const { expression } = node;
    // A name that is declared nowhere may not exist at all.
    if (ts.isIdentifier(expression) && this.isGlobal(expression, expression.text)) return this.children(node);
    return `$$typeof(${this.argument(expression)})`;
  }

  // ------------------------------------------------------------------------------------------ elements and calls

  /** Not `super[k]`, `o['name']` or inside an optional chain. */
  private isTraceable(node: ts.ElementAccessExpression): boolean {
    const { expression, argumentExpression: key } = node;
    if (expression.kind === K.SuperKeyword) return false;
    // A text may be the index of a typed array's element.
    return ts.isStringLiteralLike(key) ? String(Number(key.text)) === key.text : !ts.isPrivateIdentifier(key);
  }

  protected element(node: ts.ElementAccessExpression): string {
    const { expression, argumentExpression } = node;
    if (!this.isTraceable(node)) return this.children(node);
    const object = this.argument(expression);
    const key = this.argument(argumentExpression);
    const site = this.site(node);
    if (ts.isOptionalChain(node)) return `$$maybe(${object})?.get(${key}, ${site})`;
    if (!isSimple(expression) || !isSimple(argumentExpression)) return `$$get(${object}, ${key}, ${site})`;
    const test = ts.isNumericLiteral(argumentExpression) ? '' : `typeof ${key} === 'number' && `;
    return `(${test}$$isArray(${object}) ? ${object}[${key}] : $$get(${object}, ${key}, ${site}))`;
  }

  /** What is called keeps its `this`. */
  protected override callee(node: ts.Expression): string {
    if (!ts.isElementAccessExpression(node) || !this.isTraceable(node)) return super.callee(node);
    const { expression, argumentExpression } = node;
    const dot = node.questionDotToken ? '?.' : '';
    return `${this.emit(expression)}${dot}[$$key(${this.argument(argumentExpression)}, ${this.site(argumentExpression)})]`;
  }

  protected override call(node: ts.CallExpression): string {
    const { expression } = node;
    if (expression.kind === K.ImportKeyword || expression.kind === K.SuperKeyword) return super.call(node);
    if (ts.isPropertyAccessExpression(expression) && !node.questionDotToken && !expression.questionDotToken) {
      const { name } = expression;
      if (this.isGlobal(expression.expression, 'Math') && MATH_FUNCTIONS.has(name.text))
        return this.mathCall(node, name.text);
      const { length } = node.arguments;
      if ((name.text === 'apply' && length === 2) || (name.text === 'call' && length > 0))
        return this.applied(node, expression);
    }
    const text = super.call(node);
    return ts.isOptionalChain(node) && continuesChain(node) ? text : `$$called(${text}, ${this.site(node)})`;
  }

  private mathCall(node: ts.CallExpression, name: string): string {
    const open = this.raw(node.expression.end, node.arguments.pos);
    return `$$Math.${name}${open}${this.site(node)}, ${this.span(node, node.arguments.pos, node.end)}`;
  }

  /** `f.apply(receiver, list)` and `f.call(receiver, …)`: typed arrays hide traced numbers from the functions of the language. */
  private applied(node: ts.CallExpression, { expression: target, name }: ts.PropertyAccessExpression): string {
    if (ts.isOptionalChain(target)) return `$$called(${super.call(node)}, ${this.site(node)})`;
    const list = node.arguments.map((argument) => this.argument(argument)).join(', ');
    return `$$called($$${name.text}(${this.argument(target)}, ${list}), ${this.site(node)})`;
  }

  protected construct(node: ts.NewExpression): string {
    const begin = node.expression.getStart(this.sourceFile);
    const callee = this.callee(node.expression);
    const text = `${this.raw(node.getStart(this.sourceFile), begin)}${callee.startsWith('(0, ') ? callee.slice(4, -1) : callee}`;
    const { arguments: list } = node;
    if (list?.length === 1 && this.isGlobal(node.expression, 'Array') && !ts.isSpreadElement(list[0])) {
      return `${text}($$plain(${this.argument(list[0])}, ${this.site(list[0])}))`;
    }
    return `$$called(${text}${this.span(node, node.expression.end, node.end)}, ${this.site(node)})`;
  }

  protected deletion(node: ts.DeleteExpression): string {
    const target = skipParentheses(node.expression);
    if (!ts.isElementAccessExpression(target) || !this.isTraceable(target)) return this.children(node);
    return `delete ${this.callee(target)}`;
  }

  protected template(node: ts.TemplateExpression): string {
    // A tag gets the values themselves.
    if (ts.isTaggedTemplateExpression(node.parent)) return this.children(node);
    let out = this.slice(node.head);
    for (const { expression, literal } of node.templateSpans) {
      out += isNeverNumber(expression)
        ? this.emit(expression)
        : `$$string(${this.argument(expression)}, ${this.site(expression)})`;
      out += this.raw(expression.end, literal.getStart(this.sourceFile)) + this.slice(literal);
    }
    return out;
  }
}

/** The value of `i++` is thrown away: a statement, or the step of a for loop. */
function isUnused(node: ts.Expression): boolean {
  const { parent } = node;
  return ts.isExpressionStatement(parent) || (ts.isForStatement(parent) && parent.incrementor === node);
}

/** More links of the same optional chain follow. */
function continuesChain(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isNonNullExpression(parent)) return continuesChain(parent);
  const next = parent as ts.PropertyAccessExpression;
  return ts.isOptionalChain(parent) && next.expression === node;
}

/** Evaluated twice it is the same, and does nothing. */
function isRepeatable(node: ts.Expression): boolean {
  return node.kind === K.SuperKeyword || isSimple(node);
}

/** A generator or an async function may pause inside. */
function pauses(node: ts.Node): boolean {
  if (ts.isYieldExpression(node) || ts.isAwaitExpression(node)) return true;
  return !ts.isFunctionLike(node) && ts.forEachChild(node, (child) => pauses(child) || undefined) === true;
}

/** An object pattern that may read the elements of a typed array: `{ 0: a }`, `{ [k]: a }`, `{ ...rest }`. */
function readsElements(pattern: ts.Node): boolean {
  const fields = ts.isObjectBindingPattern(pattern)
    ? pattern.elements.map((each) => (each.dotDotDotToken ? undefined : (each.propertyName ?? each.name)))
    : ts.isObjectLiteralExpression(pattern)
      ? pattern.properties.map((each) => each.name)
      : [];
  return fields.some((name) => name === undefined || !ts.isIdentifier(name));
}
