/**
 * Forward mode of rolled code: each site gets its tangent beside it, in the same loops. The work is that of the code, not of the
 * trace, and no loop is looked for again.
 */
import { OPCODES } from '../../primitives/opcodes';
import { isFlat } from '../partials';
import { isTest, tapeArity } from '../scalar/operations';
import { sitesRead } from './reads';
import type { Instances, RolledTape } from './rolled';
import { eachSource, INPUTS, LITERALS, type Source } from './sources';
import { tangentRule, type OperandKind, type StepOperand, type TangentRule } from './tangentRule';
import { isLoop, type Item, type Loop, type SiteTree } from './tree';

/** x + (−0) is x, exactly. */
const NOTHING: StepOperand = { kind: 'number', value: -0 };

/** By operand: the sites that it reads. */
type Reads = readonly ReadonlySet<number>[];

/** What stands in the place of a site. */
interface Group {
  readonly rule: TangentRule | undefined;
  /** Columns of which a copy stands first: they read this very site in the iteration before, and are read after it is written. */
  readonly copies: readonly number[];
  /** Sites ahead of this group's. */
  readonly start: number;
}

/**
 * (…inputs, …tangents) → the tangents of the outputs.
 * @returns undefined where a tangent takes operations that tapes do not know, or all are zero
 */
export function tangentsOf(rolled: RolledTape): RolledTape | undefined {
  // Once: a gathered operand is asked about all its instances.
  const reads = rolled.sources.map((_, operand) => sitesRead(rolled, operand, rolled.inputCount));
  const moving = movingSites(rolled, reads);
  return moving && new Tangents(rolled, reads, moving).whole();
}

/** What an operand is, where `moving` says which sites have a tangent, and `reads` what each operand reads. */
function kindOf({ sources }: RolledTape, reads: Reads, moving: Uint8Array, operand: number): OperandKind {
  const source = sources[operand] as Source;
  if (source.kind === 'number') return source.value;
  for (const site of reads[operand]) if (site === INPUTS || moving[site] === 1) return 'moving';
  return 'fixed';
}

function arityOf({ width, sources }: RolledTape, site: number): number {
  let arity = 0;
  while (arity < width && sources[site * width + arity]) arity++;
  return arity;
}

function ruleOf(rolled: RolledTape, reads: Reads, moving: Uint8Array, site: number): TangentRule | null | undefined {
  const { ops, width } = rolled;
  const opcode = ops[site];
  if (isFlat[opcode] === 1 || isTest[opcode] === 1) return null;
  const kinds = Array.from({ length: arityOf(rolled, site) }, (_, column) =>
    kindOf(rolled, reads, moving, site * width + column),
  );
  if (!kinds.some((kind, column) => kind === 'moving' && (opcode !== OPCODES.select || column > 0))) return null;
  if (opcode === OPCODES.integerPow && typeof kinds[1] !== 'number') return undefined;
  return tangentRule(opcode, kinds);
}

/** 1 for each site with a tangent; undefined where one takes operations that tapes do not know. */
function movingSites(rolled: RolledTape, reads: Reads): Uint8Array | undefined {
  const moving = new Uint8Array(rolled.ops.length);
  // Values that loops carry come from sites further down: again, until nothing is added.
  for (let changed = true; changed;) {
    changed = false;
    for (let site = 0; site < moving.length; site++) {
      if (moving[site] === 1) continue;
      const rule = ruleOf(rolled, reads, moving, site);
      if (rule === undefined) return undefined;
      if (rule === null) continue;
      moving[site] = 1;
      changed = true;
    }
  }
  return moving;
}

class Tangents {
  private readonly groups: readonly Group[];
  private readonly ops: number[] = [];
  private readonly operands: (Source | undefined)[][] = [];
  private readonly gathered = new Map<number, Instances>();
  private readonly starts: Int32Array;
  private readonly width: number;

  constructor(
    private readonly rolled: RolledTape,
    reads: Reads,
    private readonly moving: Uint8Array,
  ) {
    const { ops, width } = rolled;
    const groups: Group[] = [];
    this.starts = new Int32Array(ops.length + 1);
    let next = 0;
    let widest = width;
    for (let site = 0; site < ops.length; site++) {
      const rule = moving[site] === 1 ? (ruleOf(rolled, reads, moving, site) as TangentRule) : undefined;
      const copies = rule ? this.copiesOf(site, rule) : [];
      groups.push({ rule, copies, start: next });
      this.starts[site] = next;
      next += rule ? copies.length + rule.steps.length + (rule.tangent.kind === 'step' ? 0 : 1) : 1;
      for (const { opcode } of rule?.steps ?? []) widest = Math.max(widest, tapeArity[opcode]);
    }
    this.starts[ops.length] = next;
    this.groups = groups;
    this.width = widest;
  }

  whole(): RolledTape | undefined {
    const { outputs, inputCount, literals } = this.rolled;
    if (!outputs.sites.some((site) => site === INPUTS || (site >= 0 && this.moving[site] === 1))) return undefined;
    this.groups.forEach((group, site) => this.write(site, group));
    const withZero = new Float64Array(literals.length + 1);
    withZero.set(literals);
    return {
      inputCount: 2 * inputCount,
      literals: withZero,
      tree: treeOf(this.rolled.tree, this.starts),
      ops: Uint8Array.from(this.ops),
      width: this.width,
      sources: this.operands.flatMap((operands) => Array.from({ length: this.width }, (_, column) => operands[column])),
      gathered: this.gathered,
      outputs: this.tangentInstances(outputs),
    };
  }

  private copiesOf(site: number, { steps, primal }: TangentRule): number[] {
    const columns = new Set<number>();
    steps.slice(primal + 1).forEach(({ operands }) => {
      for (const operand of operands) {
        if (operand.kind !== 'primal') continue;
        const source = this.rolled.sources[site * this.rolled.width + operand.column] as Source;
        eachSource(source, (part) => {
          if (part.kind === 'last' && part.site === site) columns.add(operand.column);
        });
      }
    });
    return [...columns];
  }

  private primalSite(site: number): number {
    const { rule, copies, start } = this.groups[site];
    return rule ? start + copies.length + rule.primal : start;
  }

  /** Where the tangent of a site stands. */
  private tangentSite(site: number): number {
    const { rule, copies, start } = this.groups[site];
    const { steps, tangent } = rule as TangentRule;
    return start + copies.length + (tangent.kind === 'step' ? tangent.step : steps.length);
  }

  private write(site: number, { rule, copies, start }: Group): void {
    const { ops } = this.rolled;
    if (!rule) {
      const columns = Array.from({ length: arityOf(this.rolled, site) }, (_, column) => column);
      this.push(
        ops[site],
        site,
        columns.map((column) => ({ kind: 'primal', column })),
        (step) => step,
      );
      return;
    }
    const first = start + copies.length;
    for (const column of copies)
      this.push(OPCODES.add, site, [{ kind: 'primal', column }, NOTHING], (step) => first + step);
    rule.steps.forEach(({ opcode, operands }, step) => {
      const own = operands.map((operand): StepOperand => {
        const copy = operand.kind === 'primal' && step > rule.primal ? copies.indexOf(operand.column) : -1;
        return copy < 0 ? operand : { kind: 'step', step: copy - copies.length };
      });
      this.push(opcode, site, own, (at) => first + at);
    });
    if (rule.tangent.kind !== 'step') this.push(OPCODES.add, site, [rule.tangent, NOTHING], (step) => first + step);
  }

  private push(
    opcode: number,
    site: number,
    operands: readonly StepOperand[],
    stepSite: (step: number) => number,
  ): void {
    const at = this.ops.push(opcode) - 1;
    this.operands.push(
      operands.map((operand, column): Source => {
        if (operand.kind === 'number') return operand;
        if (operand.kind === 'step') return { kind: 'last', site: stepSite(operand.step) };
        const from = site * this.rolled.width + operand.column;
        const source = this.rolled.sources[from] as Source;
        if (source.kind === 'gather') {
          const instances = this.rolled.gathered.get(from) as Instances;
          this.gathered.set(
            at * this.width + column,
            operand.kind === 'primal' ? this.primalInstances(instances) : this.tangentInstances(instances),
          );
          return source;
        }
        return operand.kind === 'primal' ? this.primal(source) : this.tangent(source);
      }),
    );
  }

  /** Where the same value stands in the new code. */
  private primal(source: Source): Source {
    switch (source.kind) {
      case 'last':
        return { ...source, site: this.primalSite(source.site) };
      case 'affine':
        return source.site < 0 ? source : { ...source, site: this.primalSite(source.site) };
      case 'carried':
        return { ...source, initial: this.primal(source.initial), later: this.primal(source.later) };
      default:
        return source;
    }
  }

  /** Where its tangent stands: zero where it has none. */
  private tangent(source: Source): Source {
    const zero: Source = { kind: 'number', value: 0 };
    switch (source.kind) {
      case 'last':
        return this.moving[source.site] === 0 ? zero : { ...source, site: this.tangentSite(source.site) };
      case 'affine':
        if (source.site === INPUTS) return { ...source, first: source.first + this.rolled.inputCount };
        if (source.site < 0 || this.moving[source.site] === 0) return zero;
        return { ...source, site: this.tangentSite(source.site) };
      case 'carried':
        return { ...source, initial: this.tangent(source.initial), later: this.tangent(source.later) };
      default:
        return zero;
    }
  }

  private primalInstances({ sites, instances }: Instances): Instances {
    return { sites: sites.map((site) => (site < 0 ? site : this.primalSite(site))), instances };
  }

  private tangentInstances({ sites, instances }: Instances): Instances {
    const { inputCount, literals } = this.rolled;
    const hasTangent = (site: number) => site === INPUTS || (site >= 0 && this.moving[site] === 1);
    return {
      sites: sites.map((site) => (!hasTangent(site) ? LITERALS : site < 0 ? site : this.tangentSite(site))),
      // The last literal is 0.
      instances: instances.map((instance, at) =>
        !hasTangent(sites[at]) ? literals.length : sites[at] === INPUTS ? instance + inputCount : instance,
      ),
    };
  }
}

/** The same loops around more sites. */
function treeOf({ items, siteLoops, loops }: SiteTree, starts: Int32Array): SiteTree {
  const newLoops: Loop[] = new Array<Loop>(loops.length);
  const siteCount = starts[starts.length - 1];
  const copy = (list: readonly Item[], parent: Loop | null): Item[] =>
    list.map((item): Item => {
      if (!isLoop(item)) return { first: starts[item.first], end: starts[item.end] };
      const inner: Item[] = [];
      const loop = { ...item, parent, items: inner, firstSite: starts[item.firstSite], endSite: starts[item.endSite] };
      newLoops[item.id] = loop;
      inner.push(...copy(item.items, loop));
      loop.rowsPerIteration = inner.reduce(
        (sum, each) => sum + (isLoop(each) ? each.count * each.rowsPerIteration : each.end - each.first),
        0,
      );
      return loop;
    });
  const newItems = copy(items, null);
  const newSiteLoops = new Int32Array(siteCount);
  siteLoops.forEach((loop, site) => newSiteLoops.fill(loop, starts[site], starts[site + 1]));
  return { items: newItems, siteCount, siteLoops: newSiteLoops, loops: newLoops };
}
