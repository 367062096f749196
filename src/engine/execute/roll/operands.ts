/** Code that reads operands: registers, numbers, memory through pointers that move with the loops, values carried around. */
import { isTest } from '../scalar/operations';
import { Bytes } from '../wasm/bytes';
import { F64, I32, OP } from '../wasm/instructions';
import type { FunctionWriter } from '../wasm/module';
import type { Layout } from './layout';
import { extentsOf, loopsAround } from './inPlace';
import type { RolledTape } from './rolled';
import { INPUTS, LITERALS, type AffineSource, type CarriedSource, type Source } from './sources';
import type { Loop, SiteTree } from './tree';

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
export interface Scope {
  readonly loop: Loop | null;
  readonly parent: Scope | null;
  readonly depth: number;
  readonly counter: number;
  readonly pointers: Map<string, Pointer>;
  readonly carried: Map<string, Carried>;
  /** Loads of this iteration, and values loaded ahead of the loop, by address. */
  readonly loads: Map<string, number>;
  readonly ahead: { readonly local: number; readonly push: (scope: Scope) => void }[];
  /** Is it code that runs in some iterations only? */
  readonly isBranch: boolean;
}

/** Writes the reading half of a function. */
export class OperandWriter {
  protected readonly locals: Int32Array;
  /** Uses left of a site's register where it dies after its last use; 0: its register is its own. */
  protected readonly usesLeft: Int32Array;
  protected readonly free: { readonly [F64]: number[]; readonly [I32]: number[] } = { [F64]: [], [I32]: [] };
  protected readonly needsRegister: Uint8Array;
  /** The site whose value is on the stack already, for the next site's first operand. */
  protected onStack = -1;

  protected first = 0;

  constructor(
    protected readonly rolled: RolledTape,
    protected readonly layout: Layout,
    protected readonly imports: ReadonlyMap<number, number>,
    protected readonly writer: FunctionWriter,
    protected readonly unit: number,
  ) {
    this.locals = unitArray(rolled.tree, layout, unit, -1);
    this.usesLeft = unitArray(rolled.tree, layout, unit, 0);
    this.needsRegister = new Uint8Array(this.locals.length);
  }

  /**
   * Writes a loop. `body` writes an iteration, and returns what its end does; what it asks for meanwhile (pointers, values that do not
   * change) is written ahead of the loop.
   */
  protected repeat(loop: Loop, parent: Scope, body: (scope: Scope) => (() => void) | undefined): void {
    const { writer } = this;
    const scope = newScope(loop, parent, writer.local(I32));
    const outer = writer.code;
    writer.code = new Bytes();
    const finish = body(scope);
    for (const { local, step } of scope.pointers.values()) writer.get(local).i32(step).op(OP.i32Add).set(local);
    finish?.();
    writer.get(scope.counter).i32(1).op(OP.i32Sub).tee(scope.counter).brIf(0);
    const iteration = writer.code;
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
    writer.code.append(iteration);
    writer.end();
  }

  protected opOf(site: number): number {
    return this.rolled.ops[site];
  }

  protected typeOf(site: number): typeof F64 | typeof I32 {
    return isTest[this.opOf(site)] ? I32 : F64;
  }

  protected sourceOf(site: number, column: number): Source {
    return this.rolled.sources[site * this.rolled.width + column] as Source;
  }

  /** Pushes a value. `user` and `column` name the operand (for tables); −1 where that cannot matter. */
  protected push(source: Source, type: typeof F64 | typeof I32, scope: Scope, user: number, column: number): void {
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
        const table = this.layout.tableAt.get(user * this.rolled.width + column) as number;
        const steps = extentsOf(loopsAround(this.rolled.tree, user)).steps.map((step) => step * 4);
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

  protected convert(from: typeof F64 | typeof I32, to: typeof F64 | typeof I32): void {
    if (from === to) return;
    if (to === F64) this.writer.op(OP.f64ConvertI32U);
    else this.writer.f64(0).op(OP.f64Ne);
  }

  protected pushAffine(source: AffineSource, scope: Scope): void {
    const { layout, writer } = this;
    const { site } = source;
    const { first, steps: strides } = layout.inPlace.place(source);
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
    if (!scope.isBranch)
      while (level > 0 && steps[level - 1] === 0 && !contains(loopAt(scope, level).loop as Loop, site)) level--;
    this.pushLoaded(sourceKey(source), scope, level, (where) => {
      this.pushPointer(steps.slice(0, where.depth), where);
      if (at < 0) writer.i32(at).op(OP.i32Add);
      writer.loadF64(Math.max(at, 0));
    });
  }

  /** Pushes what `load` reads: once in an iteration of the loop at `level`, from then on out of a register. */
  protected pushLoaded(key: string, scope: Scope, level: number, load: (scope: Scope) => void): void {
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

  protected pushPointer(steps: readonly number[], scope: Scope): void {
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

  protected pushCarried(source: CarriedSource, scope: Scope, user: number): void {
    const { writer } = this;
    const owner = loopAt(scope, source.depth);
    const { later } = source;
    const isFirst = () =>
      writer
        .get(owner.counter)
        .i32((owner.loop as Loop).count)
        .op(OP.i32Eq);
    // A load kept in a register on one branch would be missing on the other, and ahead of the loop it may have no address.
    const branch = (one: Source) => this.push(one, F64, { ...scope, loads: new Map(), isBranch: true }, -1, -1);
    if (source.inside) {
      isFirst().if(F64);
      branch(source.initial);
      writer.else();
      branch(later);
      writer.end();
      return;
    }
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
    isFirst().if(F64).get(carried.local).else();
    branch(later);
    writer.end();
  }
}

export function newScope(loop: Loop | null, parent: Scope | null, counter: number): Scope {
  const depth = parent ? parent.depth + 1 : 0;
  return {
    loop,
    parent,
    depth,
    counter,
    pointers: new Map(),
    carried: new Map(),
    loads: new Map(),
    ahead: [],
    isBranch: false,
  };
}

/** Equal for sources that read the same. */
export function sourceKey(source: Source): string {
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
      return `c${source.inside}${source.depth}(${sourceKey(source.initial)};${sourceKey(source.later)})`;
  }
}

/** The scope at a depth: `scope` itself or one around it. */
export function loopAt(scope: Scope, depth: number): Scope {
  let at = scope;
  while (at.depth > depth && at.parent) at = at.parent;
  return at;
}

export function contains(loop: Loop, site: number): boolean {
  return site >= loop.firstSite && site < loop.endSite;
}

/** One entry for each site of a unit. */
function unitArray(tree: SiteTree, layout: Layout, unit: number, value: number): Int32Array {
  let count = 0;
  for (let site = 0; site < tree.siteCount; site++) if (layout.unitOf[site] === unit) count++;
  return new Int32Array(count).fill(value);
}
