/** Adjoints while they are summed up: in registers as long as possible, in memory in the end. */
import { F64, I32, OP } from '../../wasm/instructions';
import type { FunctionWriter } from '../../wasm/module';
import type { Layout } from '../layout';
import { contains, loopAt, sourceKey, type Scope } from '../operands';
import type { RolledTape } from '../rolled';
import { INPUTS, LITERALS, type AffineSource, type Source } from '../sources';
import type { Loop } from '../tree';
import { BackwardReader } from './backwards';
import type { AdjointPlan } from './plan';

/** An address that moves with the loops around. */
interface Place {
  readonly at: number;
  readonly steps: readonly number[];
}

/** Shares that an iteration gathers in a register, and where the sum goes at its end. */
interface Gathered {
  readonly sum: number;
  /** Is it set by each iteration, rather than added to? */
  readonly isFresh: boolean;
  readonly to: Place | ((sum: number) => void);
}

interface MovingSum extends Place, Pick<Gathered, 'sum' | 'isFresh'> {}

/** Puts together what moves alike, one step of the innermost loop apart: the one ahead first. */
function chainsOf(places: readonly MovingSum[]): MovingSum[][] {
  const chains: MovingSum[][] = [];
  const before = (one: MovingSum, other: MovingSum) =>
    one.steps.join() === other.steps.join() && one.at + one.steps[one.steps.length - 1] === other.at;
  for (const first of places) {
    const moves = first.steps.length > 0 && first.steps[first.steps.length - 1] !== 0;
    if (moves && places.some((other) => before(other, first))) continue;
    const chain = [first];
    for (let next: MovingSum | undefined = first; moves && next;) {
      const last: MovingSum = next;
      next = places.find((other) => before(last, other));
      if (next) chain.push(next);
    }
    chains.push(chain);
  }
  return chains;
}

export class AdjointWriter extends BackwardReader {
  /** Registers of sites' adjoints. */
  private readonly adjoints = new Map<number, number>();
  private readonly gathered = new Map<Scope, Map<string, Gathered>>();
  /** Sites that something was handed to. */
  private readonly handed = new Set<number>();
  protected readonly spare: number[] = [];

  constructor(
    rolled: RolledTape,
    layout: Layout,
    protected readonly plan: AdjointPlan,
    writer: FunctionWriter,
    unit: number,
  ) {
    super(rolled, layout, new Map(), writer, unit);
  }

  protected override isRecomputed(site: number): boolean {
    return this.plan.recomputed[site] === 1;
  }

  protected receives(site: number, column: number): boolean {
    return this.plan.receives[site * this.rolled.width + column] === 1;
  }

  protected take(): number {
    return this.spare.pop() ?? this.writer.local(F64);
  }

  private adjoint(site: number): number {
    let local = this.adjoints.get(site);
    if (local === undefined) this.adjoints.set(site, (local = this.writer.local(F64)));
    return local;
  }

  /** The adjoint that all others come from, where a register of this function has it. */
  protected seed(): void {
    const { seedSite } = this.plan;
    if (seedSite >= 0 && this.layout.unitOf[seedSite] === this.unit) this.writer.f64(1).set(this.adjoint(seedSite));
  }

  /** Pushes the adjoint of this instance of a site. Where the next one to be swept finds its own, zero is left. */
  protected takeAdjoint(site: number, scope: Scope): void {
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
      if (plan.isFresh[site] === 0) writer.f64(0).set(local);
    } else {
      if (!pushed) writer.f64(0);
      return;
    }
    if (pushed) writer.op(OP.f64Add);
  }

  /** Adds what `push` pushes to the adjoint of a source. */
  protected hand(source: Source, user: number, column: number, push: () => void, scope: Scope): void {
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
        this.addIn(this.adjoint(site), plan.isFresh[site] === 1 && !this.handed.has(site), push);
        this.handed.add(site);
        return;
      }
      case 'affine':
        this.handAffine(source, push, scope);
        return;
      case 'gather': {
        const table = plan.tableAt.get(user * this.rolled.width + column) as number;
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
          this.gather(scope, scope, sourceKey(source), push, branches);
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
    const place = { at, steps: steps.slice(0, level) };
    this.gather(loopAt(scope, level), scope, sourceKey(source), push, place);
  }

  /** Adds what `push` pushes in `user` to a register; the end of an iteration of `scope` (or of the function) hands the sum on. */
  private gather(scope: Scope, user: Scope, key: string, push: () => void, to: Gathered['to']): void {
    let all = this.gathered.get(scope);
    if (!all) this.gathered.set(scope, (all = new Map()));
    let found = all.get(key);
    const isFirst = found === undefined;
    if (!found) all.set(key, (found = { sum: this.writer.local(F64), isFresh: scope === user, to }));
    this.addIn(found.sum, isFirst && found.isFresh, push);
  }

  /** Adds what `push` pushes to a register, or sets it. */
  private addIn(local: number, isFirst: boolean, push: () => void): void {
    if (!isFirst) this.writer.get(local);
    push();
    if (!isFirst) this.writer.op(OP.f64Add);
    this.writer.set(local);
  }

  private reset({ sum, isFresh }: Pick<Gathered, 'sum' | 'isFresh'>): void {
    if (!isFresh) this.writer.f64(0).set(sum);
  }

  /** Hands on what an iteration gathered. What is returned must be written behind the loop, or the function. */
  protected passGathered(scope: Scope): () => void {
    const gathered = [...(this.gathered.get(scope)?.values() ?? [])];
    const places: MovingSum[] = [];
    for (const each of gathered) {
      const { sum, to, isFresh } = each;
      if (typeof to === 'function') {
        to(sum);
        this.reset(each);
      } else places.push({ sum, isFresh, ...to });
    }
    const behind = chainsOf(places).map((chain) => this.passChain(chain, scope));
    return () => {
      for (const write of behind) write();
    };
  }

  /**
   * Of addresses that stand side by side, the iterations to come visit all but the last again: their sums wait in registers, so that
   * each address is read and written once.
   */
  private passChain(chain: readonly MovingSum[], scope: Scope): () => void {
    const { writer } = this;
    const last = chain.length - 1;
    const waiting = chain.slice(1).map(() => writer.local(F64));
    const sumUpTo = (index: number) => {
      writer.get(chain[index].sum);
      if (index > 0) writer.get(waiting[index - 1]).op(OP.f64Add);
    };
    const { at, steps } = chain[last];
    this.addTo(
      () => this.pushAddress(at, steps, scope),
      () => sumUpTo(last),
    );
    for (let index = last - 1; index >= 0; index--) {
      sumUpTo(index);
      writer.set(waiting[index]);
    }
    for (const each of chain) this.reset(each);
    return () => {
      waiting.forEach((sum, index) => {
        this.addTo(
          () => this.pushAddress(chain[index].at, steps.slice(0, -1), scope.parent as Scope),
          () => writer.get(sum),
        );
        writer.f64(0).set(sum);
      });
    };
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
