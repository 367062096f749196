/** WebAssembly of the reverse sweep: the loops of the tape from their last iterations to their first, each site's shares in turn. */
import { OPCODES } from '../../../primitives/opcodes';
import { hasUnaryPartial } from '../../partials';
import type { Tape } from '../../scalar/tape';
import { F64, I32, OP } from '../../wasm/instructions';
import { ModuleWriter, type FunctionWriter } from '../../wasm/module';
import type { Classification } from '../classify';
import type { Layout } from '../layout';
import { contains, loopAt, newScope, sourceKey, type Scope } from '../operands';
import { importName } from '../scalarCode';
import { INPUTS, LITERALS, type AffineSource, type Source } from '../sources';
import { isLoop, type Item, type Loop, type LoopTree } from '../tree';
import { BackwardReader } from './backwards';
import { isWritten, readsOf, type AdjointPlan } from './plan';

/** A function that the sweep imports: an operation, or the partial derivative of one by its first or second operand. */
export interface PartialImport {
  readonly name: string;
  readonly opcode: number;
  readonly of: 'operation' | 'left' | 'right';
}

export interface GeneratedSweep {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports: readonly PartialImport[];
}

/** Its `run` expects the values of all rows where `layout` keeps them, and zeros as adjoints but for the seed. */
export function generateSweep(
  tape: Tape,
  tree: LoopTree,
  classification: Classification,
  layout: Layout,
  plan: AdjointPlan,
): GeneratedSweep {
  const module = new ModuleWriter();
  const imports = new Map<string, PartialImport & { readonly index: number }>();
  const need = (opcode: number, of: PartialImport['of'], arity: number) => {
    const name = of === 'operation' ? importName(opcode) : `${importName(opcode)}-${of}`;
    if (imports.has(name)) return;
    imports.set(name, { name, opcode, of, index: module.import(name, new Array<typeof F64>(arity).fill(F64), [F64]) });
  };
  for (let site = 0; site < tree.siteCount; site++) {
    if (plan.active[site] === 0) continue;
    const opcode = tape.ops[tree.siteRows[site]];
    if (opcode === OPCODES.sin || opcode === OPCODES.cos)
      need(opcode === OPCODES.sin ? OPCODES.cos : OPCODES.sin, 'operation', 1);
    else if (!isWritten(opcode)) {
      need(opcode, 'left', hasUnaryPartial[opcode] === 1 ? 2 : 3);
      if (hasUnaryPartial[opcode] === 0) need(opcode, 'right', 3);
    }
  }
  const functionOf = (name: string) => (imports.get(name) as { index: number }).index;
  const functions = layout.units.map(({ items }, unit) => {
    const writer = module.function([], []);
    new SweepWriter(tape, tree, classification, layout, plan, functionOf, writer, unit).write(items);
    return writer.index;
  });
  const run = module.function([], [], 'run');
  for (const index of functions.reverse()) run.call(index);
  return { bytes: module.encode(), imports: [...imports.values()] };
}

/** Shares that an iteration gathers in a register, and what its end does with the sum. */
interface Gathered {
  readonly local: number;
  readonly pass: () => void;
}

class SweepWriter extends BackwardReader {
  /** Registers of sites' adjoints. */
  private readonly adjoints = new Map<number, number>();
  private readonly gathered = new Map<Scope, Map<string, Gathered>>();
  private readonly spare: number[] = [];

  constructor(
    tape: Tape,
    tree: LoopTree,
    classification: Classification,
    layout: Layout,
    private readonly plan: AdjointPlan,
    private readonly functionOf: (name: string) => number,
    writer: FunctionWriter,
    unit: number,
  ) {
    super(tape, tree, classification, layout, new Map(), writer, unit);
  }

  write(items: readonly Item[]): void {
    const scope = newScope(null, null, -1);
    this.backwards(items, scope);
    this.passGathered(scope);
  }

  private backwards(items: readonly Item[], scope: Scope): void {
    for (const item of [...items].reverse()) {
      if (!isLoop(item)) for (let site = item.end - 1; site >= item.first; site--) this.site(site, scope);
      else if (this.hasActive(item))
        this.repeat(item, scope, (inside) => {
          this.backwards(item.items, inside);
          this.passGathered(inside);
          return undefined;
        });
    }
  }

  private hasActive({ firstSite, endSite }: Loop): boolean {
    return this.plan.active.subarray(firstSite, endSite).includes(1);
  }

  // ------------------------------------------------------------------------------------------ shares

  private site(site: number, scope: Scope): void {
    const { writer, plan } = this;
    if (plan.active[site] === 0) return;
    const opcode = this.opOf(site);
    const receives = (column: number) => this.receives(site, column);
    const value = (column: number) => this.pushValue(this.sourceOf(site, column), site, column, scope);
    const result = () => this.pushResult(site, scope);
    const g = this.take();
    this.takeAdjoint(site, scope);
    writer.set(g);
    const share = (column: number, push: () => void) => {
      if (receives(column)) this.hand(this.sourceOf(site, column), site, column, push, scope);
    };
    switch (opcode) {
      case OPCODES.add:
        share(0, () => writer.get(g));
        share(1, () => writer.get(g));
        break;
      case OPCODES.sub:
        share(0, () => writer.get(g));
        share(1, () => writer.get(g).op(OP.f64Neg));
        break;
      case OPCODES.neg:
        share(0, () => writer.get(g).op(OP.f64Neg));
        break;
      case OPCODES.mul:
        for (const column of [0, 1])
          share(column, () => {
            writer.get(g);
            value(1 - column);
            writer.op(OP.f64Mul);
          });
        break;
      case OPCODES.div:
        writer.get(g);
        value(1);
        writer.op(OP.f64Div).set(g);
        share(0, () => writer.get(g));
        share(1, () => {
          writer.get(g);
          result();
          writer.op(OP.f64Mul, OP.f64Neg);
        });
        break;
      case OPCODES.select:
        share(1, () => this.choose(value, () => writer.get(g).f64(0)));
        share(2, () => this.choose(value, () => writer.f64(0).get(g)));
        break;
      default:
        share(0, () => {
          writer.get(g);
          this.partial(opcode, 'left', value, result);
        });
        if (hasUnaryPartial[opcode] === 0)
          share(1, () => {
            writer.get(g);
            this.partial(opcode, 'right', value, result);
          });
    }
    this.spare.push(g);
  }

  private choose(value: (column: number) => void, push: () => void): void {
    push();
    value(0);
    this.writer.f64(0).op(OP.f64Ne, OP.select);
  }

  /** Multiplies what is on the stack by a partial derivative. */
  private partial(opcode: number, of: 'left' | 'right', value: (column: number) => void, result: () => void): void {
    const { writer } = this;
    switch (opcode) {
      case OPCODES.exp:
        result();
        writer.op(OP.f64Mul);
        return;
      case OPCODES.log:
        value(0);
        writer.op(OP.f64Div);
        return;
      case OPCODES.sqrt:
        writer.f64(0.5);
        result();
        writer.op(OP.f64Div, OP.f64Mul);
        return;
      case OPCODES.tanh:
        writer.f64(1);
        result();
        result();
        writer.op(OP.f64Mul, OP.f64Sub, OP.f64Mul);
        return;
      case OPCODES.sin:
        value(0);
        writer.call(this.functionOf('cos')).op(OP.f64Mul);
        return;
      case OPCODES.cos:
        value(0);
        writer.call(this.functionOf('sin')).op(OP.f64Mul, OP.f64Neg);
        return;
      case OPCODES.max:
      case OPCODES.min: {
        // As the rule says it: ties share, and what is not a number has no winner.
        const own = of === 'left' ? 0 : 1;
        writer.f64(0.5).f64(1);
        value(0);
        value(1);
        writer.op(OP.f64Eq, OP.select).f64(0);
        value(own);
        result();
        writer.op(OP.f64Eq, OP.select, OP.f64Mul);
        return;
      }
      default:
        for (const column of readsOf(opcode, () => true).columns) value(column);
        result();
        writer.call(this.functionOf(`${importName(opcode)}-${of}`)).op(OP.f64Mul);
    }
  }

  // ------------------------------------------------------------------------------------------ adjoints

  private receives(site: number, column: number): boolean {
    return this.plan.receives[site * this.classification.width + column] === 1;
  }

  private take(): number {
    return this.spare.pop() ?? this.writer.local(F64);
  }

  private adjoint(site: number): number {
    let local = this.adjoints.get(site);
    if (local === undefined) this.adjoints.set(site, (local = this.writer.local(F64)));
    return local;
  }

  /** Pushes the adjoint of this instance of a site. Where the next one to be swept finds its own, zero is left. */
  private takeAdjoint(site: number, scope: Scope): void {
    const { writer, plan } = this;
    let pushed = false;
    if (plan.arrayAt[site] >= 0) {
      const at = this.pushAddress(plan.arrayAt[site], this.ownSteps(site, 8), scope);
      writer.loadF64(at);
      pushed = true;
    }
    if (plan.slotAt[site] >= 0) {
      writer.i32(0).loadF64(plan.slotAt[site]);
      writer.i32(0).f64(0).storeF64(plan.slotAt[site]);
    } else if (plan.inRegister[site] === 1) {
      const local = this.adjoint(site);
      writer.get(local);
      writer.f64(0).set(local);
    } else {
      if (!pushed) writer.f64(0);
      return;
    }
    if (pushed) writer.op(OP.f64Add);
  }

  /** Adds what `push` pushes to the adjoint of a source. */
  private hand(source: Source, user: number, column: number, push: () => void, scope: Scope): void {
    const { writer, plan } = this;
    switch (source.kind) {
      case 'number':
        return;
      case 'last': {
        const { site } = source;
        if (plan.active[site] === 0) return;
        if (plan.slotAt[site] >= 0) {
          this.addTo(() => (writer.i32(0), plan.slotAt[site]), push);
          return;
        }
        const local = this.adjoint(site);
        writer.get(local);
        push();
        writer.op(OP.f64Add).set(local);
        return;
      }
      case 'affine':
        this.handAffine(source, push, scope);
        return;
      case 'gather': {
        const table = plan.tableAt.get(user * this.classification.width + column) as number;
        const address = (this.address ??= writer.local(I32));
        writer.loadI32(this.pushAddress(table, this.ownSteps(user, 4), scope)).set(address);
        this.addTo(() => (writer.get(address), 0), push);
        return;
      }
      case 'carried': {
        const { depth, inside, initial, later } = source;
        const branches = (share: number) => {
          const aside: Scope = { ...scope, isBranch: true };
          this.whenFirst(depth, scope).if();
          this.hand(initial, user, column, () => writer.get(share), aside);
          writer.else();
          this.hand(later, user, column, () => writer.get(share), aside);
          writer.end();
        };
        // What the iteration before computes is asked for its adjoint there: the end of this one is early enough.
        const isLate = !inside && depth === scope.depth && later.kind === 'last' && later.site >= user;
        if (isLate && !scope.isBranch && contains(scope.loop as Loop, later.site)) {
          this.gather(scope, sourceKey(source), push, branches);
          return;
        }
        const share = this.take();
        push();
        writer.set(share);
        branches(share);
        this.spare.push(share);
      }
    }
  }

  /** Shares of one address are gathered for as long as it stays, but not beyond the time when its adjoint is read. */
  private handAffine(source: AffineSource, push: () => void, scope: Scope): void {
    const { plan } = this;
    const { site, first, strides } = source;
    if (site === LITERALS || (site >= 0 && plan.active[site] === 0)) return;
    const at = (site === INPUTS ? plan.inputsAt : plan.arrayAt[site]) + 8 * first;
    const steps = strides.slice(0, scope.depth).map((stride) => 8 * stride);
    const isRead = (level: number) => site >= 0 && (level === 0 || contains(loopAt(scope, level).loop as Loop, site));
    let level = scope.depth;
    if (level === 0 || scope.isBranch || isRead(level)) {
      this.addTo(() => this.pushAddress(at, steps, scope), push);
      return;
    }
    while (level > 0 && steps[level - 1] === 0 && !isRead(level - 1)) level--;
    const owner = loopAt(scope, level);
    this.gather(owner, sourceKey(source), push, (share) =>
      this.addTo(
        () => this.pushAddress(at, steps.slice(0, level), owner),
        () => this.writer.get(share),
      ),
    );
  }

  /** Adds what `push` pushes to a register; the end of the iteration (or of the function) hands the sum on. */
  private gather(scope: Scope, key: string, push: () => void, pass: (share: number) => void): void {
    let all = this.gathered.get(scope);
    if (!all) this.gathered.set(scope, (all = new Map()));
    let found = all.get(key);
    if (!found) {
      const local = this.writer.local(F64);
      all.set(key, (found = { local, pass: () => pass(local) }));
    }
    this.writer.get(found.local);
    push();
    this.writer.op(OP.f64Add).set(found.local);
  }

  private passGathered(scope: Scope): void {
    for (const { local, pass } of this.gathered.get(scope)?.values() ?? []) {
      pass();
      this.writer.f64(0).set(local);
    }
  }

  private address: number | undefined;

  /** `pushAddress` returns the offset that goes with the address. */
  private addTo(pushAddress: () => number, push: () => void): void {
    const { writer } = this;
    const at = pushAddress();
    pushAddress();
    writer.loadF64(at);
    push();
    writer.op(OP.f64Add).storeF64(at);
  }
}
