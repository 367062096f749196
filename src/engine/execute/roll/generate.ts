/** WebAssembly of a tape with its loops rolled up. */
import { OPCODES } from '../../primitives/opcodes';
import { tapeArity } from '../scalar/operations';
import { Bytes } from '../wasm/bytes';
import { F64, I32, OP, type ValueType } from '../wasm/instructions';
import { ModuleWriter } from '../wasm/module';
import type { Layout } from './layout';
import { loopAt, newScope, OperandWriter, type Scope } from './operands';
import type { RolledTape } from './rolled';
import { eachSource } from './sources';
import { COMPARE_CODE, FLOAT_CODE, LOGIC_CODE, importName, isImported } from './scalarCode';
import { isLoop, type Item, type Loop } from './tree';

export interface Generated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Opcodes whose functions must be imported under `importName`. */
  readonly imports: readonly number[];
}

export function generate(rolled: RolledTape, layout: Layout): Generated {
  const module = new ModuleWriter();
  const imports = new Map<number, number>();
  for (const own of rolled.ops) {
    const opcode = own === OPCODES.integerPow ? OPCODES.pow : own;
    if (opcode === OPCODES.guard || imports.has(opcode) || !isImported(opcode)) continue;
    const params = new Array<ValueType>(tapeArity[opcode]).fill(F64);
    imports.set(opcode, module.import(importName(opcode), params, [F64]));
  }
  const functions = layout.units.map(({ items }, unit) => {
    const writer = module.function([], [I32]);
    new UnitGenerator(rolled, layout, imports, writer, unit).write(items);
    return writer.index;
  });
  const run = module.function([], [I32], 'run');
  const status = run.local(I32);
  for (const index of functions) run.call(index).tee(status).if().get(status).op(OP.return).end();
  run.i32(0);
  return { bytes: module.encode(), imports: [...imports.keys()] };
}

class UnitGenerator extends OperandWriter {
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
      if (at >= 0 && !this.isLeftOut(site)) this.storeTo(site, () => this.writer.i32(0), at);
    }
    this.writer.i32(0);
    this.writer.code = outer;
    outer.append(body);
  }

  /** Which sites need registers, and which registers are free after some number of uses. */
  private countUses(first: number, end: number): void {
    const { width, sources, tree } = this.rolled;
    const { siteLoops } = tree;
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
    this.repeat(loop, parent, (scope) => {
      this.items(loop.items, scope);
      return () => this.copyCarried(scope);
    });
  }

  /** All reads before all writes: one carried value may be the next value of another. */
  private copyCarried(scope: Scope): void {
    const copied = [...scope.carried.values()].filter((carried) => carried.copied);
    for (const { source } of copied) this.push(source.later, F64, scope, -1, -1);
    for (const { local } of copied.reverse()) this.writer.set(local);
  }

  // ------------------------------------------------------------------------------------------ operations

  private operand(site: number, column: number, type: typeof F64 | typeof I32, scope: Scope): void {
    this.push(this.sourceOf(site, column), type, scope, site, column);
  }

  private isLeftOut(site: number): boolean {
    return this.rolled.sources[site * this.rolled.width] === undefined;
  }

  private site(site: number, scope: Scope, hasNext: boolean): void {
    const { writer, layout } = this;
    if (this.isLeftOut(site)) return;
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
    if (!kept && hasNext && !this.isLeftOut(site + 1) && this.usesLeft[at] === 1 && this.takesFirst(site + 1, site)) {
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
    const steps = layout.inPlace.extents(site).steps.map((step) => step * stride);
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
