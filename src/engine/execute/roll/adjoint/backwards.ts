/** Reading values while the loops of a tape run backwards: everything that the way forward kept stands in memory. */
import { tapeArity } from '../../scalar/operations';
import { F64, OP } from '../../wasm/instructions';
import type { FunctionWriter } from '../../wasm/module';
import { extentsOf, loopsAround } from '../inPlace';
import { loopAt, OperandWriter, sourceKey, type Scope } from '../operands';
import { FLOAT_CODE } from '../scalarCode';
import { INPUTS, LITERALS, type AffineSource, type Source } from '../sources';
import type { Loop } from '../tree';

export abstract class BackwardReader extends OperandWriter {
  /** Is a value computed again rather than read? */
  protected abstract isRecomputed(site: number): boolean;

  // ------------------------------------------------------------------------------------------ values

  protected pushResult(site: number, scope: Scope): void {
    const { arrayAt, arrayStride } = this.layout;
    this.load(arrayAt[site], this.ownSteps(site, arrayStride[site]), scope);
  }

  protected pushValue(source: Source, user: number, column: number, scope: Scope): void {
    const { layout, writer } = this;
    switch (source.kind) {
      case 'number':
        writer.f64(source.value);
        return;
      case 'last':
        if (this.isRecomputed(source.site)) this.recompute(source.site, scope);
        else this.pushInstance(this.lastInstance(source.site, user), scope);
        return;
      case 'affine':
        this.pushInstance(source, scope);
        return;
      case 'gather': {
        const table = layout.tableAt.get(user * this.rolled.width + column) as number;
        writer.loadI32(this.pushAddress(table, this.ownSteps(user, 4), scope)).loadF64(0);
        return;
      }
      case 'carried': {
        const choose = (within: Scope) => {
          // A load kept in a register on one branch would be missing on the other.
          const branch = (one: Source) =>
            this.pushValue(one, user, column, { ...within, loads: new Map(), isBranch: true });
          this.whenFirst(source.depth, within).if(F64);
          branch(source.initial);
          writer.else();
          branch(source.later);
          writer.end();
        };
        if (scope.isBranch) choose(scope);
        else this.pushLoaded(sourceKey(source), scope, scope.depth, choose);
      }
    }
  }

  /** Once an iteration: the sites that read it do so in its own. */
  private recompute(site: number, scope: Scope): void {
    this.pushLoaded(`r${site}`, scope, scope.depth, (where) => {
      const opcode = this.opOf(site);
      for (let column = 0; column < tapeArity[opcode]; column++)
        this.pushValue(this.sourceOf(site, column), site, column, where);
      this.writer.op(FLOAT_CODE[opcode]);
    });
  }

  private pushInstance({ site, first, strides }: Pick<AffineSource, 'site' | 'first' | 'strides'>, scope: Scope): void {
    const { layout } = this;
    const base = site === INPUTS ? layout.inputsAt : site === LITERALS ? layout.literalsAt : layout.arrayAt[site];
    const unit = site < 0 ? 8 : layout.arrayStride[site];
    this.load(
      base + unit * first,
      strides.slice(0, scope.depth).map((stride) => unit * stride),
      scope,
    );
  }

  /** The instance of a site that was computed last when `user` reads it: so many were computed by then, but one. */
  private lastInstance(site: number, user: number): Pick<AffineSource, 'site' | 'first' | 'strides'> {
    const own = loopsAround(this.rolled.tree, site);
    const around = loopsAround(this.rolled.tree, user);
    let common = 0;
    while (common < own.length && common < around.length && own[common] === around[common]) common++;
    let each = 1;
    for (const { count } of own.slice(common)) each *= count;
    const strides = around.map(() => 0);
    for (let level = common - 1, stride = each; level >= 0; level--) {
      strides[level] = stride;
      stride *= own[level].count;
    }
    return { site, first: site < user ? each - 1 : -1, strides };
  }

  /** Loads what stands at `at` + Σ k · steps: ahead of the loops in which it does not move. */
  private load(at: number, steps: readonly number[], scope: Scope): void {
    let level = scope.depth;
    if (!scope.isBranch) while (level > 0 && steps[level - 1] === 0) level--;
    this.pushLoaded(`${at}:${steps.join()}`, scope, level, (where) => {
      const offset = this.pushAddress(at, steps.slice(0, where.depth), where);
      this.writer.loadF64(offset);
    });
  }

  // ------------------------------------------------------------------------------------------ addresses

  protected ownSteps(site: number, unit: number): number[] {
    return extentsOf(loopsAround(this.rolled.tree, site)).steps.map((step) => step * unit);
  }

  /**
   * Pushes the address `at` + Σ k · steps, less the offset that it returns. Loops run backwards: in their own counting, every step is
   * the other way round.
   */
  protected pushAddress(at: number, steps: readonly number[], scope: Scope): number {
    let offset = at;
    steps.forEach((step, level) => {
      if (step < 0) offset += step * ((loopAt(scope, level + 1).loop as Loop).count - 1);
    });
    this.pushPointer(
      steps.map((step) => -step),
      scope,
    );
    if (offset < 0) this.writer.i32(offset).op(OP.i32Add);
    return Math.max(offset, 0);
  }

  /** Pushes whether the loop at a depth is in what was its first iteration: the last one now. */
  protected whenFirst(depth: number, scope: Scope): FunctionWriter {
    return this.writer.get(loopAt(scope, depth).counter).i32(1).op(OP.i32Eq);
  }
}
