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
  /** What ends each turn. */
  readonly tail: string[];
  /** Stands before the loop: what it came to need after it had been written. */
  before?: Scope;
}

/** A loop while its body is written. */
export type LoopScope = Scope;

interface Scope extends Block {
  readonly depth: number;
  /** How often it is run through, the loops around it included. */
  readonly turns: number;
  parent: Scope | undefined;
  /** The scope in which the loop stands. */
  readonly home: Scope | undefined;
  /** Names up to this number stand before the loop, once it is written. */
  end: number;
  /** Expression or row key → name, valid inside this scope. */
  readonly known: Map<string, Atom>;
  /** Variables declared before the loop that it changes. */
  readonly changing: Atom[];
}

function newScope(header: string, parent: Scope | undefined, trips = 1): Scope {
  const depth = parent ? parent.depth + 1 : 0;
  const turns = (parent?.turns ?? 1) * trips;
  return {
    header,
    lines: [],
    tail: [],
    depth,
    turns,
    parent,
    home: parent,
    end: Infinity,
    known: new Map(),
    changing: [],
  };
}

const NAME = /[A-Za-z_$][\w$]*/g;

export class KernelWriter {
  /** Statements written; long kernels are cut before they take seconds to compile. */
  statements = 0;
  /** Statements that a thread runs, those in loops as often as these go round. */
  work = 0;
  private scope: Scope = newScope('', undefined);
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
    this.count(home);
    return name;
  }

  /** A variable of the present scope that changes inside a loop opened after it. */
  variable(initial: string): Atom {
    const name = `v${this.counter++}`;
    this.scope.lines.push(`let ${name} = ${initial};`);
    this.depths.set(name, this.scope.depth);
    this.count(this.scope);
    return name;
  }

  /** A variable that holds a place in an array as an integer: adding to it needs no rounding back. */
  pointer(initial: Atom): Atom {
    const name = `v${this.counter++}`;
    // gpu.js takes a variable for an integer where it is counted up; `| 0` makes one of a float.
    this.statement(`let ${name} = 0; ${name}++; ${name} = ${/^\d+$/.test(initial) ? initial : `${initial} | 0`};`);
    this.depths.set(name, this.scope.depth);
    return name;
  }

  private count(scope: Scope): void {
    this.statements++;
    this.work += scope.turns;
  }

  /** A statement in the present scope, in order. */
  statement(text: string): void {
    this.scope.lines.push(text);
    this.count(this.scope);
  }

  /**
   * `body` inside a loop over 0 … trips − 1; the counter's name and the loop are given to it. What reads one of the `changing`
   * variables stays inside.
   */
  loop(trips: number, changing: readonly Atom[], body: (counter: Atom, loop: LoopScope) => void): void {
    const counter = `k${this.counter++}`;
    const parent = this.scope;
    const block = newScope(`for (let ${counter} = 0; ${counter} < ${trips}; ${counter}++)`, parent, trips);
    block.changing.push(...changing);
    this.depths.set(counter, block.depth);
    this.within(block, () => body(counter, block));
    block.end = this.counter;
    // Pushed last: what the body moved out of itself stands before it.
    parent.lines.push(block);
  }

  /** Can more be written into a loop that stands before what is written now? */
  canReopen(loop: LoopScope, read: readonly Atom[]): boolean {
    if (!read.every((atom) => this.standsBefore(atom, loop))) return false;
    let scope: Scope | undefined = this.scope;
    while (scope && scope !== loop.home) scope = scope.parent;
    return scope !== undefined;
  }

  /** Writes more into a finished loop, ahead of its tail. */
  reopen(loop: LoopScope, body: () => void): void {
    if (!loop.before) {
      const home = loop.home as Scope;
      loop.before = newScope('', home.parent);
      // Only names that stand before the loop: what has been written behind it is not there yet.
      for (const [key, name] of home.known) if (this.standsBefore(name, loop)) loop.before.known.set(key, name);
      loop.parent = loop.before;
    }
    this.within(loop, body);
  }

  /** A statement at the end of each turn of a loop. */
  atEnd(loop: LoopScope, text: string): void {
    loop.tail.push(text);
    this.count(loop);
  }

  private within(loop: LoopScope, body: () => void): void {
    const outside = this.scope;
    for (const variable of loop.changing) this.depths.set(variable, loop.depth);
    this.scope = loop;
    body();
    this.scope = outside;
    for (const variable of loop.changing) this.depths.set(variable, loop.depth - 1);
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
    const number = /^[tvk](\d+)$/.exec(atom)?.[1];
    return (this.depths.get(atom) ?? 0) < loop.depth && (number === undefined || Number(number) < loop.end);
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
    .map((line) => {
      if (typeof line === 'string') return `${indent}${line}\n`;
      const inner = `${indent}  `;
      const body = print(line.lines, inner) + print(line.tail, inner);
      return `${print(line.before?.lines ?? [], indent)}${indent}${line.header} {\n${body}${indent}}\n`;
    })
    .join('');
}
