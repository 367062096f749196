/** WebAssembly of the reverse sweep: the loops of the tape from their last iterations to their first, each site's shares in turn. */
import { OPCODES } from '../../../primitives/opcodes';
import { hasUnaryPartial } from '../../partials';
import { F64, OP } from '../../wasm/instructions';
import { ModuleWriter, type FunctionWriter } from '../../wasm/module';
import type { Layout } from '../layout';
import { newScope, type Scope } from '../operands';
import type { RolledTape } from '../rolled';
import { importName } from '../scalarCode';
import { isLoop, type Item, type Loop } from '../tree';
import { AdjointWriter } from './adjoints';
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
export function generateSweep(rolled: RolledTape, layout: Layout, plan: AdjointPlan): GeneratedSweep {
  const module = new ModuleWriter();
  const imports = new Map<string, PartialImport & { readonly index: number }>();
  const need = (opcode: number, of: PartialImport['of'], arity: number) => {
    const name = of === 'operation' ? importName(opcode) : `${importName(opcode)}-${of}`;
    if (imports.has(name)) return;
    imports.set(name, { name, opcode, of, index: module.import(name, new Array<typeof F64>(arity).fill(F64), [F64]) });
  };
  rolled.ops.forEach((opcode, site) => {
    if (plan.active[site] === 0) return;
    if (opcode === OPCODES.sin || opcode === OPCODES.cos)
      need(opcode === OPCODES.sin ? OPCODES.cos : OPCODES.sin, 'operation', 1);
    else if (!isWritten(opcode)) {
      need(opcode, 'left', hasUnaryPartial[opcode] === 1 ? 2 : 3);
      if (hasUnaryPartial[opcode] === 0) need(opcode, 'right', 3);
    }
  });
  const functionOf = (name: string) => (imports.get(name) as { index: number }).index;
  const functions = layout.units.map(({ items }, unit) => {
    const writer = module.function([], []);
    new SweepWriter(rolled, layout, plan, functionOf, writer, unit).write(items);
    return writer.index;
  });
  const run = module.function([], [], 'run');
  for (const index of functions.reverse()) run.call(index);
  return { bytes: module.encode(), imports: [...imports.values()] };
}

class SweepWriter extends AdjointWriter {
  constructor(
    rolled: RolledTape,
    layout: Layout,
    plan: AdjointPlan,
    private readonly functionOf: (name: string) => number,
    writer: FunctionWriter,
    unit: number,
  ) {
    super(rolled, layout, plan, writer, unit);
  }

  write(items: readonly Item[]): void {
    const scope = newScope(null, null, -1);
    this.seed();
    this.backwards(items, scope);
    this.passGathered(scope);
  }

  private backwards(items: readonly Item[], scope: Scope): void {
    for (const item of [...items].reverse()) {
      if (!isLoop(item)) for (let site = item.end - 1; site >= item.first; site--) this.site(site, scope);
      else if (this.hasActive(item)) {
        let behind: (() => void) | undefined;
        this.repeat(item, scope, (inside) => {
          this.backwards(item.items, inside);
          behind = this.passGathered(inside);
          return undefined;
        });
        behind?.();
      }
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
}
