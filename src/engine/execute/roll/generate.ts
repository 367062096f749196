/** WebAssembly of a tape with its loops rolled up. */
import { OPCODES } from '../../primitives/opcodes';
import { isTest, tapeArity } from '../scalar/operations';
import type { Tape } from '../scalar/tape';
import { Bytes } from '../wasm/bytes';
import { F64, I32, OP, type ValueType } from '../wasm/instructions';
import { ModuleWriter, type FunctionWriter } from '../wasm/module';
import { INPUTS, LITERALS, type AffineSource, type CarriedSource, type Classification, type Source } from './classify';
import { eachSource, type Layout } from './layout';
import { COMPARE_CODE, FLOAT_CODE, LOGIC_CODE, importName, isImported } from './scalarCode';
import { isLoop, type Item, type Loop, type LoopTree } from './tree';

/** A local that changes by `step` each iteration of a loop. */
interface Pointer {
  readonly local: number;
  readonly step: number;
  /** Steps of the outer loops: where its first value comes from. */
  readonly outer: readonly number[];
}

interface Carried {
  readonly local: number;
  readonly source: CarriedSource;
  /** Does the loop's end copy the register of `later` into it? Otherwise it holds the initial value only. */
  readonly copied: boolean;
}

/** What is known while code in one loop (or, `loop` null, in none) is written. */
interface Scope {
  readonly loop: Loop | null;
  readonly parent: Scope | null;
  readonly depth: number;
  readonly counter: number;
  readonly pointers: Map<string, Pointer>;
  readonly carried: Map<string, Carried>;
  /** Loads of this iteration, and values loaded ahead of the loop, by address. */
  readonly loads: Map<string, number>;
  readonly ahead: { readonly local: number; readonly push: (scope: Scope) => void }[];
}

export interface Generated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Opcodes whose functions must be imported under `importName`. */
  readonly imports: readonly number[];
}

export function generate(tape: Tape, tree: LoopTree, classification: Classification, layout: Layout): Generated {
  const module = new ModuleWriter();
  const imports = new Map<number, number>();
  for (const row of tree.siteRows) {
    let opcode = tape.ops[row];
    if (opcode === OPCODES.integerPow) opcode = OPCODES.pow;
    if (opcode === OPCODES.guard || imports.has(opcode) || !isImported(opcode)) continue;
    const params = new Array<ValueType>(tapeArity[opcode]).fill(F64);
    imports.set(opcode, module.import(importName(opcode), params, [F64]));
  }
  const functions = layout.units.map(({ items }, unit) => {
    const writer = module.function([], [I32]);
    new UnitGenerator(tape, tree, classification, layout, imports, writer, unit).write(items);
    return writer.index;
  });
  const run = module.function([], [I32], 'run');
  const status = run.local(I32);
  for (const index of functions) run.call(index).tee(status).if().get(status).op(OP.return).end();
  run.i32(0);
  return { bytes: module.encode(), imports: [...imports.keys()] };
}

class UnitGenerator {
  private readonly locals: Int32Array;
  /** Uses left of a site's register where it dies after its last use; 0: its register is its own. */
  private readonly usesLeft: Int32Array;
  private readonly free: { readonly [F64]: number[]; readonly [I32]: number[] } = { [F64]: [], [I32]: [] };
  private readonly needsRegister: Uint8Array;
  /** The site whose value is on the stack already, for the next site's first operand. */
  private onStack = -1;

  constructor(
    private readonly tape: Tape,
    private readonly tree: LoopTree,
    private readonly classification: Classification,
    private readonly layout: Layout,
    private readonly imports: ReadonlyMap<number, number>,
    private readonly writer: FunctionWriter,
    private readonly unit: number,
  ) {
    this.locals = unitArray(tree, layout, unit, -1);
    this.usesLeft = unitArray(tree, layout, unit, 0);
    this.needsRegister = new Uint8Array(this.locals.length);
  }

  private first = 0;

  write(items: readonly Item[]): void {
    const begin = items[0];
    const finish = items[items.length - 1];
    this.first = isLoop(begin) ? begin.firstSite : begin.first;
    const end = isLoop(finish) ? finish.endSite : finish.end;
    this.countUses(this.first, end);
    const scope: Scope = newScope(null, null, -1);
    const body = new Bytes();
    const outer = this.writer.code;
    this.writer.code = body;
    this.items(items, scope);
    for (let site = this.first; site < end; site++) {
      const at = this.layout.slotAt[site];
      if (at >= 0) this.storeTo(site, () => this.writer.i32(0), at);
    }
    this.writer.i32(0);
    this.writer.code = outer;
    outer.append(body);
  }

  private opOf(site: number): number {
    return this.tape.ops[this.tree.siteRows[site]];
  }

  private typeOf(site: number): typeof F64 | typeof I32 {
    return isTest[this.opOf(site)] ? I32 : F64;
  }

  private sourceOf(site: number, column: number): Source {
    return this.classification.sources[site * this.classification.width + column] as Source;
  }

  /** Which sites need registers, and which registers are free after some number of uses. */
  private countUses(first: number, end: number): void {
    const { siteLoops } = this.tree;
    const { width, sources } = this.classification;
    const own = new Uint8Array(end - first);
    for (let site = first; site < end; site++) {
      if (this.layout.slotAt[site] >= 0) {
        own[site - first] = 1;
        this.needsRegister[site - first] = 1;
      }
      for (let column = 0; column < width; column++) {
        const source = sources[site * width + column];
        if (!source) continue;
        eachSource(source, (part) => {
          if (part.kind !== 'last' || this.layout.unitOf[part.site] !== this.unit) return;
          const at = part.site - first;
          this.needsRegister[at] = 1;
          if (source === part && siteLoops[site] === siteLoops[part.site] && site > part.site) this.usesLeft[at]++;
          else own[at] = 1;
        });
      }
    }
    for (let at = 0; at < own.length; at++) if (own[at]) this.usesLeft[at] = 0;
  }

  private items(items: readonly Item[], scope: Scope): void {
    for (const item of items) {
      if (isLoop(item)) this.loop(item, scope);
      else for (let site = item.first; site < item.end; site++) this.site(site, scope, site + 1 < item.end);
    }
  }

  private loop(loop: Loop, parent: Scope): void {
    const { writer } = this;
    const scope = newScope(loop, parent, writer.local(I32));
    const outer = writer.code;
    writer.code = new Bytes();
    this.items(loop.items, scope);
    for (const { local, step } of scope.pointers.values()) writer.get(local).i32(step).op(OP.i32Add).set(local);
    this.copyCarried(scope);
    writer.get(scope.counter).i32(1).op(OP.i32Sub).tee(scope.counter).brIf(0);
    const body = writer.code;
    writer.code = outer;
    // What the body asked for, ahead of it. This may in turn ask the scopes outside for pointers and values.
    for (const { local, push } of scope.ahead) {
      push(parent);
      writer.set(local);
    }
    for (const carried of scope.carried.values()) {
      this.push(carried.source.initial, F64, parent, -1, -1);
      writer.set(carried.local);
    }
    for (const { local, step, outer: steps } of scope.pointers.values()) {
      this.pushPointer(steps, parent);
      if (step < 0) writer.i32(-step * (loop.count - 1)).op(OP.i32Add);
      writer.set(local);
    }
    writer.i32(loop.count).set(scope.counter);
    writer.loop();
    writer.code.append(body);
    writer.end();
  }

  /** All reads before all writes: one carried value may be the next value of another. */
  private copyCarried(scope: Scope): void {
    const copied = [...scope.carried.values()].filter((carried) => carried.copied);
    for (const { source } of copied) this.push(source.later, F64, scope, -1, -1);
    for (const { local } of copied.reverse()) this.writer.set(local);
  }

  // ------------------------------------------------------------------------------------------ operands

  /** Pushes a value. `user` and `column` name the operand (for tables); −1 where that cannot matter. */
  private push(source: Source, type: typeof F64 | typeof I32, scope: Scope, user: number, column: number): void {
    const { writer } = this;
    switch (source.kind) {
      case 'number':
        if (type === I32) writer.i32(source.value !== 0 ? 1 : 0);
        else writer.f64(source.value);
        return;
      case 'last': {
        if (this.onStack === source.site) {
          this.onStack = -1;
          this.convert(this.typeOf(source.site), type);
          return;
        }
        if (this.layout.unitOf[source.site] !== this.unit) {
          this.pushLoaded(`s${source.site}`, scope, 0, () => writer.i32(0).loadF64(this.layout.slotAt[source.site]));
          this.convert(F64, type);
          return;
        }
        const at = source.site - this.first;
        const from = this.typeOf(source.site);
        // A value of the iteration before may be read by code that stands ahead of the code that computes it.
        if (this.locals[at] < 0) this.locals[at] = writer.local(from);
        writer.get(this.locals[at]);
        this.convert(from, type);
        if (user >= 0 && this.usesLeft[at] > 0 && --this.usesLeft[at] === 0) this.free[from].push(this.locals[at]);
        return;
      }
      case 'affine':
        this.pushAffine(source, scope);
        this.convert(F64, type);
        return;
      case 'gather': {
        const table = this.layout.tableAt.get(user * this.classification.width + column) as number;
        const steps = this.layout.instanceStrides(user).map((step) => step * 4);
        this.pushPointer(steps, scope);
        writer.loadI32(table).loadF64(0);
        this.convert(F64, type);
        return;
      }
      case 'carried':
        this.pushCarried(source, scope, user);
        this.convert(F64, type);
    }
  }

  private convert(from: typeof F64 | typeof I32, to: typeof F64 | typeof I32): void {
    if (from === to) return;
    if (to === F64) this.writer.op(OP.f64ConvertI32U);
    else this.writer.f64(0).op(OP.f64Ne);
  }

  private pushAffine({ site, first, strides }: AffineSource, scope: Scope): void {
    const { layout, writer } = this;
    const base = site === INPUTS ? layout.inputsAt : site === LITERALS ? layout.literalsAt : layout.arrayAt[site];
    const unit = site < 0 ? 8 : layout.arrayStride[site];
    const steps: number[] = [];
    let at = base + unit * first;
    for (let level = 0; level < scope.depth; level++) {
      const step = unit * strides[level];
      steps.push(step);
      if (step < 0) at += step * ((loopAt(scope, level + 1).loop as Loop).count - 1);
    }
    // Loops that the address does not move in read the value once, ahead, unless it is computed inside of them.
    let level = scope.depth;
    while (level > 0 && steps[level - 1] === 0 && !contains(loopAt(scope, level).loop as Loop, site)) level--;
    this.pushLoaded(`a${at}:${steps.join()}`, scope, level, (where) => {
      this.pushPointer(steps.slice(0, where.depth), where);
      if (at < 0) writer.i32(at).op(OP.i32Add);
      writer.loadF64(Math.max(at, 0));
    });
  }

  /** Pushes what `load` reads: once in an iteration of the loop at `level`, from then on out of a register. */
  private pushLoaded(key: string, scope: Scope, level: number, load: (scope: Scope) => void): void {
    for (let at: Scope | null = scope; at; at = at.parent) {
      const known = at.loads.get(key);
      if (known !== undefined) {
        this.writer.get(known);
        return;
      }
    }
    if (scope.depth === 0) {
      // Straight-line code reads most things once, and a register for each would make the frame large.
      load(scope);
      return;
    }
    const local = this.writer.local(F64);
    if (level === scope.depth) {
      load(scope);
      this.writer.tee(local);
      scope.loads.set(key, local);
      return;
    }
    const inner = loopAt(scope, level + 1);
    inner.loads.set(key, local);
    inner.ahead.push({ local, push: load });
    this.writer.get(local);
  }

  private pushPointer(steps: readonly number[], scope: Scope): void {
    let depth = steps.length;
    while (depth > 0 && steps[depth - 1] === 0) depth--;
    if (depth === 0) {
      this.writer.i32(0);
      return;
    }
    const owner = loopAt(scope, depth);
    const key = steps.slice(0, depth).join();
    let pointer = owner.pointers.get(key);
    if (!pointer) {
      pointer = { local: this.writer.local(I32), step: steps[depth - 1], outer: steps.slice(0, depth - 1) };
      owner.pointers.set(key, pointer);
    }
    this.writer.get(pointer.local);
  }

  private pushCarried(source: CarriedSource, scope: Scope, user: number): void {
    const { writer } = this;
    const owner = loopAt(scope, source.depth);
    const { later } = source;
    const copied = later.kind === 'last' && contains(owner.loop as Loop, later.site) && later.site >= user && user >= 0;
    const key = `${copied}:${sourceKey(source)}`;
    let carried = owner.carried.get(key);
    if (!carried) {
      carried = { local: writer.local(F64), source, copied };
      owner.carried.set(key, carried);
    }
    if (carried.copied) {
      writer.get(carried.local);
      return;
    }
    writer
      .get(owner.counter)
      .i32((owner.loop as Loop).count)
      .op(OP.i32Eq)
      .if(F64)
      .get(carried.local)
      .else();
    // A load kept in a register here would be missing on the other branch.
    this.push(later, F64, { ...scope, loads: new Map() }, -1, -1);
    writer.end();
  }

  // ------------------------------------------------------------------------------------------ operations

  private operand(site: number, column: number, type: typeof F64 | typeof I32, scope: Scope): void {
    this.push(this.sourceOf(site, column), type, scope, site, column);
  }

  private site(site: number, scope: Scope, hasNext: boolean): void {
    const { writer, layout } = this;
    const opcode = this.opOf(site);
    if (opcode === OPCODES.guard) {
      this.guard(site, scope);
      return;
    }
    this.operation(site, opcode, scope);
    const at = site - this.first;
    const kept = layout.arrayAt[site] >= 0;
    if (!this.needsRegister[at]) {
      if (!kept) {
        writer.op(OP.drop);
        return;
      }
      // Addresses go first on the stack: the value steps aside.
      const type = this.typeOf(site);
      const local = this.free[type].pop() ?? writer.local(type);
      writer.set(local);
      this.locals[at] = local;
      this.free[type].push(local);
      this.store(site, scope);
      return;
    }
    if (!kept && hasNext && this.usesLeft[at] === 1 && this.takesFirst(site + 1, site)) {
      this.usesLeft[at] = 0;
      this.onStack = site;
      return;
    }
    const type = this.typeOf(site);
    if (this.locals[at] < 0) {
      this.locals[at] = (this.usesLeft[at] > 0 ? this.free[type].pop() : undefined) ?? writer.local(type);
    }
    writer.set(this.locals[at]);
    if (kept) this.store(site, scope);
  }

  /** Is the first thing that `site` pushes the value of `operand`? */
  private takesFirst(site: number, operand: number): boolean {
    const opcode = this.opOf(site);
    if (opcode === OPCODES.select || opcode === OPCODES.guard || opcode === OPCODES.integerPow) return false;
    if (opcode === OPCODES.isNaN || opcode === OPCODES.isFinite) return false;
    const source = this.sourceOf(site, 0);
    return source.kind === 'last' && source.site === operand;
  }

  private store(site: number, scope: Scope): void {
    const { layout } = this;
    const stride = layout.arrayStride[site];
    const steps = layout.instanceStrides(site).map((step) => step * stride);
    let at = layout.arrayAt[site];
    steps.forEach((step, level) => {
      if (step < 0) at += step * ((loopAt(scope, level + 1).loop as Loop).count - 1);
    });
    this.storeTo(site, () => this.pushPointer(steps, scope), at);
  }

  private storeTo(site: number, pushAddress: () => void, offset: number): void {
    pushAddress();
    this.writer.get(this.locals[site - this.first]);
    this.convert(this.typeOf(site), F64);
    this.writer.storeF64(offset);
  }

  private operation(site: number, opcode: number, scope: Scope): void {
    const { writer } = this;
    const arity = tapeArity[opcode];
    if (FLOAT_CODE[opcode] || COMPARE_CODE[opcode]) {
      for (let column = 0; column < arity; column++) this.operand(site, column, F64, scope);
      writer.op(FLOAT_CODE[opcode] || COMPARE_CODE[opcode]);
      return;
    }
    if (LOGIC_CODE[opcode]) {
      for (let column = 0; column < arity; column++) this.operand(site, column, I32, scope);
      writer.op(LOGIC_CODE[opcode]);
      return;
    }
    switch (opcode) {
      case OPCODES.select:
        this.operand(site, 1, F64, scope);
        this.operand(site, 2, F64, scope);
        this.operand(site, 0, I32, scope);
        writer.op(OP.select);
        return;
      case OPCODES.isNaN: {
        const x = this.kept(site, scope);
        writer.get(x).get(x).op(OP.f64Ne);
        return;
      }
      case OPCODES.isFinite: {
        const x = this.kept(site, scope);
        writer.get(x).get(x).op(OP.f64Sub).f64(0).op(OP.f64Eq);
        return;
      }
      case OPCODES.integerPow:
        this.integerPow(site, scope);
        return;
      default:
        for (let column = 0; column < arity; column++) this.operand(site, column, F64, scope);
        writer.call(this.imports.get(opcode) as number);
    }
  }

  /** The first operand in a local, to be used more than once. */
  private kept(site: number, scope: Scope): number {
    const local = (this.scratch ??= this.writer.local(F64));
    this.operand(site, 0, F64, scope);
    this.writer.set(local);
    return local;
  }

  private scratch: number | undefined;
  private secondScratch: number | undefined;

  private integerPow(site: number, scope: Scope): void {
    const { writer } = this;
    const exponent = this.sourceOf(site, 1);
    const known = exponent.kind === 'number' ? exponent.value : NaN;
    if (known === -1) writer.f64(1);
    if (known === 2 || known === 3) {
      const x = this.kept(site, scope);
      writer.get(x).get(x).op(OP.f64Mul);
      if (known === 3) writer.get(x).op(OP.f64Mul);
      return;
    }
    this.operand(site, 0, F64, scope);
    if (known === 1) return;
    if (known === -1) {
      writer.op(OP.f64Div);
      return;
    }
    this.operand(site, 1, F64, scope);
    writer.call(this.imports.get(OPCODES.pow) as number);
  }

  /** Returns from the function, with the site + 1, where the guard does not hold. */
  private guard(site: number, scope: Scope): void {
    const { writer } = this;
    const condition = this.sourceOf(site, 0);
    const expected = this.sourceOf(site, 1);
    const decision = condition.kind === 'last' && this.typeOf(condition.site) === I32;
    if (decision && expected.kind === 'number' && (expected.value === 0 || expected.value === 1)) {
      this.operand(site, 0, I32, scope);
      if (expected.value === 1) writer.op(OP.i32Eqz);
    } else {
      // NaN is expected where NaN was seen: equal, or both unequal to themselves.
      const x = this.kept(site, scope);
      const y = (this.secondScratch ??= writer.local(F64));
      this.operand(site, 1, F64, scope);
      writer.set(y);
      writer.get(x).get(y).op(OP.f64Ne);
      writer.get(x).get(x).op(OP.f64Eq).get(y).get(y).op(OP.f64Eq, OP.i32Or, OP.i32And);
    }
    writer
      .if()
      .i32(site + 1)
      .op(OP.return)
      .end();
  }
}

function newScope(loop: Loop | null, parent: Scope | null, counter: number): Scope {
  const depth = parent ? parent.depth + 1 : 0;
  return { loop, parent, depth, counter, pointers: new Map(), carried: new Map(), loads: new Map(), ahead: [] };
}

/** Equal for sources that read the same. */
function sourceKey(source: Source): string {
  switch (source.kind) {
    case 'last':
      return `l${source.site}`;
    case 'number':
      return `n${Object.is(source.value, -0) ? '-0' : source.value}`;
    case 'affine':
      return `a${source.site}:${source.first}:${source.strides.join()}`;
    case 'gather':
      return 'g';
    case 'carried':
      return `c${source.depth}(${sourceKey(source.initial)};${sourceKey(source.later)})`;
  }
}

/** The scope at a depth: `scope` itself or one around it. */
function loopAt(scope: Scope, depth: number): Scope {
  let at = scope;
  while (at.depth > depth && at.parent) at = at.parent;
  return at;
}

function contains(loop: Loop, site: number): boolean {
  return site >= loop.firstSite && site < loop.endSite;
}

/** One entry for each site of a unit. */
function unitArray(tree: LoopTree, layout: Layout, unit: number, value: number): Int32Array {
  let count = 0;
  for (let site = 0; site < tree.siteCount; site++) if (layout.unitOf[site] === unit) count++;
  return new Int32Array(count).fill(value);
}
