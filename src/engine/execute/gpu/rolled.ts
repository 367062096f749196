/**
 * The loops of a traced plain function, found again (see `roll/`), as `scan`s over vectors: (x of shape [n]) → y of shape [m]. Every
 * transform then works on one step instead of on the whole trace, and a kernel keeps the loop.
 */
import type { PrimitiveName } from '../../primitives/params';
import { OPCODE_NAMES, OPCODES } from '../../primitives/opcodes';
import { Emitter } from '../../program/emitter';
import { eliminateDeadRows } from '../../program/prune';
import type { Program, Row } from '../../program/program';
import { classify, type Classification } from '../roll/classify';
import { INPUTS, LITERALS, type AffineSource, type Source } from '../roll/sources';
import { findLoops, isLoop, type Item, type Loop, type LoopTree } from '../roll/tree';
import { isTest, tapeArity } from '../scalar/operations';
import { tapeOf, type Tape } from '../scalar/tape';
import { withDelays, type Delayed, type RolledSource } from './delays';
import { joinInputs, withInputOrder } from './rolledInputs';
import { rolledNeeds, type Needs } from './rolledNeeds';
import { vectorizeLoops } from './vectorized';

/** A pattern of operands that `scan` has no place for: the trace stays flat. */
class NotRollable extends Error {}

/** An input of a loop's body while it is written. */
interface BodyInput {
  readonly kind: 'const' | 'carry' | 'xs';
  readonly row: Row;
  /** What it is (consts, xs) or begins with (carry), in the scope around. */
  readonly outside: Row;
  /** The site whose last value the next step carries; −1 for none. */
  readonly later: number;
  /** The carried value that the next step takes over instead. */
  readonly takesOver?: Row;
}

/** The code of one loop's body, or (`loop` null) what stands around all loops. */
interface Scope {
  readonly b: Emitter;
  readonly loop: Loop | null;
  readonly parent: Scope | null;
  readonly depth: number;
  /** Values of this turn, and last values of the sites of finished loops inside. */
  readonly values: Map<number, Row>;
  /** All instances of a site of a finished loop inside, in order. */
  readonly stacks: Map<number, Row>;
  readonly inputs: BodyInput[];
  readonly known: Map<string, Row>;
}

function newScope(b: Emitter, loop: Loop | null, parent: Scope | null): Scope {
  const depth = parent ? parent.depth + 1 : 0;
  return { b, loop, parent, depth, values: new Map(), stacks: new Map(), inputs: [], known: new Map() };
}

const within = (loop: Loop | null, site: number) => loop !== null && site >= loop.firstSite && site < loop.endSite;

/** The site of the same loop whose value in the turn before a source reads, if that is what it reads. */
function previousSite(source: Source, { loop }: Scope, user: number): number | undefined {
  if (!loop || (source.kind !== 'last' && source.kind !== 'affine') || !within(loop, source.site)) return undefined;
  if (source.kind === 'last') return source.site >= user ? source.site : undefined;
  if (source.first !== -1) return undefined;
  // One instance back, in the count over all loops around.
  let instances = 1;
  for (let at: Loop | null = loop; at; at = at.parent) {
    if (source.strides[at.depth - 1] !== instances) return undefined;
    instances *= at.count;
  }
  return source.site;
}

/**
 * @param active which inputs stand in the first vector; the others are a second one, where there are any
 * @returns ([active], [other]) → [m], or undefined where the program is not one of scalars, has guards, no loops, or loops that are no
 * scans, nor vectors
 */
export function rollLoops(program: Program, active: readonly boolean[]): Program | undefined {
  const tape = tapeOf(program);
  if (!tape || tape.ops.includes(OPCODES.guard) || tape.boolOutputs.includes(1)) return undefined;
  const tree = findLoops(tape);
  if (tree.loops.length === 0) return undefined;
  const classification = classify(tape, tree);
  const sources = withDelays(tape, tree, classification);
  try {
    const needs = rolledNeeds(tape, tree, classification, sources);
    return new Roller(program, tape, tree, classification, sources, needs).write(active);
  } catch (error) {
    if (error instanceof NotRollable) return vectorizeLoops(program, tape, tree, active);
    throw error;
  }
}

class Roller {
  private readonly top: Scope;

  constructor(
    private readonly program: Program,
    private readonly tape: Tape,
    private readonly tree: LoopTree,
    private readonly classification: Classification,
    private readonly sources: readonly (RolledSource | undefined)[],
    private readonly needs: Needs,
  ) {
    this.top = newScope(new Emitter(program.columns.positionTable), null, null);
  }

  write(active: readonly boolean[]): Program {
    const { b, stacks } = this.top;
    stacks.set(INPUTS, joinInputs(b, active));
    const literals = Float64Array.from(this.tape.literals);
    stacks.set(LITERALS, b.constant({ shape: [literals.length], dtype: 'float64', data: literals }));
    this.items(this.tree.items, this.top);
    return eliminateDeadRows(b.finish([this.outputs()]));
  }

  private items(items: readonly Item[], scope: Scope): void {
    for (const item of items) {
      if (isLoop(item)) this.loop(item, scope);
      else for (let site = item.first; site < item.end; site++) this.site(site, scope);
    }
  }

  private site(site: number, scope: Scope): void {
    const { tape, tree, classification, sources, program } = this;
    const row = tree.siteRows[site];
    const opcode = tape.ops[row];
    const at = site * classification.width;
    const operand = (column: number) => this.value(scope, sources[at + column] as RolledSource, site);
    scope.b.position = scope.b.positionIn(program, tape.sources[row]);
    if (opcode === OPCODES.integerPow) {
      const exponent = sources[at + 1];
      if (exponent?.kind !== 'number') throw new NotRollable();
      scope.values.set(site, scope.b.integerPow(operand(0), exponent.value));
      return;
    }
    const operands = Array.from({ length: tapeArity[opcode] }, (_, column) => operand(column));
    scope.values.set(site, scope.b.emit(OPCODE_NAMES[opcode] as PrimitiveName, operands, undefined as never));
  }

  private loop(loop: Loop, parent: Scope): void {
    const scope = newScope(new Emitter(this.program.columns.positionTable), loop, parent);
    this.items(loop.items, scope);
    const finals = this.needs.finals.filter((site) => within(loop, site));
    for (const site of finals) {
      if (scope.inputs.some(({ later }) => later === site)) continue;
      const outside = isTest[this.tape.ops[this.tree.siteRows[site]]]
        ? parent.b.convert(parent.b.literal(0), 'bool')
        : parent.b.literal(0);
      this.input(scope, { kind: 'carry', outside, later: site });
    }
    const ordered = (kind: BodyInput['kind']) => scope.inputs.filter((input) => input.kind === kind);
    const [consts, carry, xs] = [ordered('const'), ordered('carry'), ordered('xs')];
    const stacked = this.needs.stacks.filter((site) => within(loop, site));
    const results = [
      ...carry.map(({ later, takesOver }) => takesOver ?? this.last(scope, later)),
      ...stacked.map((site) => scope.stacks.get(site) ?? (scope.values.get(site) as Row)),
    ];
    // A number where a decision is carried, or the other way round.
    if (carry.some(({ row }, index) => scope.b.avalIndexOf(row) !== scope.b.avalIndexOf(results[index])))
      throw new NotRollable();
    // Written with its inputs in the order in which they were met: put into the order of a scan's operands.
    const order = [...consts, ...carry, ...xs];
    const body = withInputOrder(
      scope.b.finish(results),
      order.map((input) => scope.inputs.indexOf(input)),
    );
    const params = { body, length: loop.count, consts: consts.length, carry: carry.length, reverse: false };
    parent.b.position = 0;
    const out = parent.b.emitMany(
      'scan',
      order.map(({ outside }) => outside),
      params,
    );
    for (const site of finals) parent.values.set(site, out[carry.findIndex(({ later }) => later === site)]);
    stacked.forEach((site, index) => {
      const row = out[carry.length + index];
      const instances = parent.b.aval(row).shape.reduce((product, extent) => product * extent, 1);
      parent.stacks.set(site, parent.b.reshape(row, [instances]));
    });
  }

  private input(
    scope: Scope,
    {
      kind,
      outside,
      later = -1,
      takesOver,
    }: { kind: BodyInput['kind']; outside: Row; later?: number; takesOver?: Row },
  ) {
    const { shape, dtype } = (scope.parent as Scope).b.aval(outside);
    const row = scope.b.input({ shape: kind === 'xs' ? shape.slice(1) : shape, dtype });
    scope.inputs.push({ kind, row, outside, later, takesOver });
    return row;
  }

  private memo(scope: Scope, key: string, make: () => Row): Row {
    let row = scope.known.get(key);
    if (row === undefined) scope.known.set(key, (row = make()));
    return row;
  }

  private value(scope: Scope, source: RolledSource, user: number): Row {
    switch (source.kind) {
      case 'number':
        return scope.b.literal(source.value);
      case 'last':
        return this.last(scope, source.site);
      case 'affine':
        return this.element(scope, source);
      case 'carried': {
        const site = previousSite(source.later, scope, user);
        if (source.depth !== scope.depth || site === undefined) throw new NotRollable();
        return this.carried(scope, source.initial, site, user);
      }
      case 'delayed':
        return this.delayed(scope, source, user);
      case 'gather':
        throw new NotRollable();
    }
  }

  /** The value of a site in the turn before. */
  private carried(scope: Scope, initial: Source, site: number, user: number): Row {
    return this.memo(scope, `carried ${site} ${JSON.stringify(initial)}`, () => {
      const outside = this.value(scope.parent as Scope, initial, user);
      return this.input(scope, { kind: 'carry', outside, later: site });
    });
  }

  /** The value of a site some turns before: each turn hands on what the one before it carried. */
  private delayed(scope: Scope, { site, initials }: Delayed, user: number): Row {
    let row = this.carried(scope, initials[initials.length - 1], site, user);
    for (let lag = 2; lag <= initials.length; lag++) {
      const takesOver = row;
      const key = `delayed ${site} ${JSON.stringify(initials.slice(-lag))}`;
      row = this.memo(scope, key, () => {
        const outside = this.value(scope.parent as Scope, initials[initials.length - lag], user);
        return this.input(scope, { kind: 'carry', outside, takesOver });
      });
    }
    return row;
  }

  /** The last value of a site that has run: in this turn, in a loop that has ended, or further outside. */
  private last(scope: Scope, site: number): Row {
    const own = scope.values.get(site);
    if (own !== undefined) return own;
    const { parent } = scope;
    if (!parent) throw new NotRollable();
    return this.memo(scope, `last ${site}`, () =>
      this.input(scope, { kind: 'const', outside: this.last(parent, site) }),
    );
  }

  /** An element of all inputs, all literals, or all instances of a site, at a place that moves with the loops. */
  private element(scope: Scope, { site, first, strides }: AffineSource): Row {
    const steps = strides.slice(0, scope.depth);
    const extents = this.extents(scope, steps);
    // Loops beside each other may begin at one place and go different ways.
    const key = `element ${site} ${first} ${steps.join()} ${extents.join()}`;
    const at = (where: Scope): Row =>
      this.memo(where, key, () => {
        if (within(where.loop, site)) throw new NotRollable();
        if (!where.parent) return this.window(site, first, extents);
        const kind = steps[where.depth - 1] === 0 ? 'const' : 'xs';
        return this.input(where, { kind, outside: at(where.parent) });
      });
    return at(scope);
  }

  /** (count, stride) of the loops in which a place moves, the outermost first. */
  private extents(scope: Scope, steps: readonly number[]): (readonly [number, number])[] {
    const list: (readonly [number, number])[] = [];
    for (let at: Scope | null = scope; at?.loop; at = at.parent)
      if (steps[at.depth - 1] !== 0) list.unshift([at.loop.count, steps[at.depth - 1]]);
    return list;
  }

  /** The elements first + Σ k_l · stride_l of a vector, an axis a loop; without loops the one element. */
  private window(site: number, first: number, extents: readonly (readonly [number, number])[]): Row {
    const { b, stacks } = this.top;
    const vector = stacks.get(site);
    if (vector === undefined) throw new NotRollable();
    const shape = extents.map(([count]) => count);
    const total = shape.reduce((product, count) => product * count, 1);
    const stride = extents.at(-1)?.[1] ?? 1;
    const even = extents.every(([, step], level) => {
      const inner = extents.at(level + 1);
      return (
        level + 1 === extents.length ||
        step === (inner as readonly [number, number])[0] * (inner as readonly [number, number])[1]
      );
    });
    if (even) {
      const end = first + (total - 1) * stride;
      const part = b.sliceAxis(vector, 0, Math.min(first, end), Math.max(first, end) + 1, Math.abs(stride));
      return b.reshape(stride < 0 ? b.reverse(part, [0]) : part, shape);
    }
    const places = new Int32Array(total);
    for (let at = 0; at < total; at++) {
      let rest = at;
      places[at] = first;
      for (let level = extents.length - 1; level >= 0; level--) {
        const [count, step] = extents[level];
        places[at] += (rest % count) * step;
        rest = Math.floor(rest / count);
      }
    }
    const indices = b.constant({ shape: [...shape, 1], dtype: 'int32', data: places });
    return b.gather(vector, indices, { axes: [0], batchDims: 0 });
  }

  /** All outputs as one vector; neighbours of one site as one part. */
  private outputs(): Row {
    const { tape, classification, top } = this;
    const { inputCount, firstLiteral, outputs } = tape;
    const place = (value: number): readonly [number, number] => {
      if (value >= firstLiteral) return [LITERALS, value - firstLiteral];
      if (value < inputCount) return [INPUTS, value];
      const row = value - inputCount;
      return [classification.siteOf[row], classification.instanceOf[row]];
    };
    const parts: Row[] = [];
    for (let at = 0; at < outputs.length;) {
      const [site, first] = place(outputs[at]);
      let count = 1;
      for (; at + count < outputs.length; count++) {
        const [other, instance] = place(outputs[at + count]);
        if (other !== site || instance !== first + count) break;
      }
      const own = top.values.get(site);
      if (own !== undefined && !top.stacks.has(site)) parts.push(top.b.reshape(own, [1]));
      else parts.push(this.window(site, first, [[count, 1]]));
      at += count;
    }
    return top.b.concatenate(parts, 0);
  }
}
