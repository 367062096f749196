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
  /** Stands in a branch that has ended: nothing can be written into it any more. */
  closed?: boolean;
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
    if (loop.closed || !read.every((atom) => this.standsBefore(atom, loop))) return false;
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

  /**
   * The value of the branch whose condition holds; exactly one does. What only one of them needs is computed in it, what several need
   * before them; where next to nothing is their own, all are computed and one is taken.
   */
  choose(branches: readonly { readonly condition: string; readonly write: () => Atom }[]): Atom {
    const { scope } = this;
    const start = scope.lines.length;
    const written = branches.map(({ condition, write }) => {
      const first = scope.lines.length;
      const value = write();
      return { condition, value, from: first, to: scope.lines.length };
    });
    // Read when all is there: a branch may write more into a loop of one before it.
    const lines = scope.lines.slice(start).map(readLine);
    const parts = written.map(({ from, to, ...part }) => ({ ...part, lines: lines.slice(from - start, to - start) }));
    const own = ownLines(parts);
    const weights = own.flatMap((lines) =>
      Array.from(lines, ({ line }) => (typeof line === 'string' ? 1 : FEWEST_OWN)),
    );
    if (weights.reduce((sum, weight) => sum + weight, 0) < FEWEST_OWN) {
      const last = parts.length - 1;
      return parts.reduceRight(
        (other, { condition, value }, at) => (at === last ? value : this.define(`${condition} ? ${value} : ${other}`)),
        '',
      );
    }
    scope.lines.splice(start);
    parts.forEach(({ lines }, at) =>
      scope.lines.push(...lines.filter((line) => !own[at].has(line)).map(({ line }) => line)),
    );
    const chosen = this.variable('0');
    parts.forEach(({ condition, value }, at) => {
      const block: Block = { header: `if (${condition})`, lines: [], tail: [`${chosen} = ${value};`] };
      for (const { line, makes } of own[at]) {
        block.lines.push(line);
        if (typeof line !== 'string') line.closed = true;
        for (const [key, name] of scope.known) if (makes.has(name)) scope.known.delete(key);
      }
      scope.lines.push(block);
    });
    return chosen;
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

/** Branches with fewer statements of their own are not worth a branch. */
const FEWEST_OWN = 8;

interface ReadLine {
  readonly line: Line;
  /** Names that it declares or changes, and all that occur in it. */
  readonly makes: ReadonlySet<Atom>;
  readonly names: ReadonlySet<Atom>;
}

function readLine(line: Line): ReadLine {
  const text = print([line], '');
  const makes = new Set<Atom>();
  for (const [, name] of text.matchAll(/([A-Za-z_]\w*)(?:\+\+| = )/g)) makes.add(name);
  return { line, makes, names: new Set(text.match(NAME)) };
}

interface Branch {
  readonly value: Atom;
  readonly lines: readonly ReadLine[];
}

/** The lines of each branch that nothing in another one needs. */
function ownLines(branches: readonly Branch[]): Set<ReadLine>[] {
  const mentions = branches.map(({ value, lines }) => new Set([value, ...lines.flatMap(({ names }) => [...names])]));
  const times = new Map<Atom, number>();
  for (const names of mentions) for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return branches.map(({ lines }) => {
    const needed = new Set<Atom>();
    const isNeeded = (name: Atom) => needed.has(name) || (times.get(name) as number) > 1;
    const own = new Set(lines);
    // What is needed first comes last.
    for (let found = true; found;) {
      found = false;
      for (const line of [...own].reverse()) {
        if (![...line.makes].some(isNeeded)) continue;
        own.delete(line);
        for (const name of line.names) needed.add(name);
        found = true;
      }
    }
    return own;
  });
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
