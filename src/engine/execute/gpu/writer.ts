/**
 * Writes the statements of one kernel: one operation a `const`, equal expressions once, and each in the outermost loop in which
 * its operands exist, so that what does not change inside a loop is computed before it.
 */
import { KERNEL_FUNCTIONS, withDependencies } from './functions';

/** A name, a literal: what an expression may hold without parentheses. */
export type Atom = string;

type Line = string | Block;

interface Block {
  readonly header: string;
  readonly lines: Line[];
}

/** A loop while its body is written. */
export type LoopScope = Scope;

interface Scope extends Block {
  readonly depth: number;
  readonly parent: Scope | undefined;
  /** Expression or row key → name, valid inside this scope. */
  readonly known: Map<string, Atom>;
  /** Variables declared before the loop that it changes. */
  readonly changing: Atom[];
}

const NAME = /[A-Za-z_$][\w$]*/g;

export class KernelWriter {
  /** Statements written; long kernels are cut before they take seconds to compile. */
  statements = 0;
  private scope: Scope = { header: '', lines: [], depth: 0, parent: undefined, known: new Map(), changing: [] };
  private readonly depths = new Map<Atom, number>();
  private readonly functions = new Set<string>();
  private counter = 0;

  /** Names a function of `functions.ts` that the text calls. */
  use(names: readonly string[]): void {
    for (const name of names) this.functions.add(name);
  }

  /** The name of an expression's value. A plain atom stays what it is. */
  define(expression: string): Atom {
    if (/^[\w.]+$/.test(expression)) return expression;
    const known = this.lookup(expression);
    if (known !== undefined) return known;
    const home = this.homeOf(expression);
    const name = `t${this.counter++}`;
    home.lines.push(`const ${name} = ${expression};`);
    home.known.set(expression, name);
    this.depths.set(name, home.depth);
    this.statements++;
    return name;
  }

  /** A variable of the present scope that changes inside a loop opened after it. */
  variable(initial: string): Atom {
    const name = `v${this.counter++}`;
    this.scope.lines.push(`let ${name} = ${initial};`);
    this.depths.set(name, this.scope.depth);
    this.statements++;
    return name;
  }

  /** A statement in the present scope, in order. */
  statement(text: string): void {
    this.scope.lines.push(text);
    this.statements++;
  }

  /**
   * `body` inside a loop over 0 … trips − 1; the counter's name and the loop are given to it. What reads one of the `changing`
   * variables stays inside.
   */
  loop(trips: number, changing: readonly Atom[], body: (counter: Atom, loop: LoopScope) => void): void {
    const counter = `k${this.counter++}`;
    const parent = this.scope;
    const block: Scope = {
      header: `for (let ${counter} = 0; ${counter} < ${trips}; ${counter}++)`,
      lines: [],
      depth: parent.depth + 1,
      parent,
      known: new Map(),
      changing: [...changing],
    };
    this.depths.set(counter, block.depth);
    for (const variable of changing) this.depths.set(variable, block.depth);
    this.scope = block;
    body(counter, block);
    this.scope = parent;
    for (const variable of block.changing) this.depths.set(variable, parent.depth);
    // Pushed last: what the body moved out of itself stands before it.
    parent.lines.push(block);
  }

  /** A variable that a loop changes, declared before the loop while its body is written; `initial` is written there too. */
  carriedVariable(loop: LoopScope, initial: () => Atom): Atom {
    const { scope } = this;
    this.scope = loop.parent as Scope;
    const name = this.variable(initial());
    this.scope = scope;
    loop.changing.push(name);
    this.depths.set(name, loop.depth);
    return name;
  }

  /** Has an atom the same value in all turns of a loop? */
  standsBefore(atom: Atom, loop: LoopScope): boolean {
    return (this.depths.get(atom) ?? 0) < loop.depth;
  }

  /** A name for the present value of a variable. */
  copy(variable: Atom): Atom {
    const name = `t${this.counter++}`;
    this.statement(`const ${name} = ${variable};`);
    this.depths.set(name, this.scope.depth);
    return name;
  }

  /** Remembers a name under a key (a row at an index) in the outermost scope where it is valid. */
  remember(key: string, name: Atom): Atom {
    this.homeOf(name).known.set(key, name);
    return name;
  }

  lookup(key: string): Atom | undefined {
    for (let scope: Scope | undefined = this.scope; scope; scope = scope.parent) {
      const name = scope.known.get(key);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  body(): string {
    return print(this.scope.lines, '  ');
  }

  /** The kernel functions that the text needs, callees first. */
  kernelFunctions(): string[] {
    return withDependencies([...this.functions].filter((name) => name in KERNEL_FUNCTIONS));
  }

  private homeOf(expression: string): Scope {
    let depth = 0;
    for (const name of expression.match(NAME) ?? []) depth = Math.max(depth, this.depths.get(name) ?? 0);
    let scope = this.scope;
    while (scope.depth > depth && scope.parent) scope = scope.parent;
    return scope;
  }
}

function print(lines: readonly Line[], indent: string): string {
  return lines
    .map((line) =>
      typeof line === 'string'
        ? `${indent}${line}\n`
        : `${indent}${line.header} {\n${print(line.lines, `${indent}  `)}${indent}}\n`,
    )
    .join('');
}
