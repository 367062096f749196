/** One loop nest for a group of fused nodes. */
import { OPCODES } from '../../primitives/opcodes';
import { tapeArity } from '../scalar/operations';
import type { Shape } from '../../program/aval';
import { I32, OP, SIMD } from '../wasm/instructions';
import type { FunctionWriter } from '../wasm/module';
import { LaneWriter, localType, type Library, type Mode } from './lanes';
import type { ArrayGraph, ArrayNode } from './nodes';
import type { Group, Schedule } from './schedule';
import { contiguousStrides, isFlat, isUniform } from './views';

export const BYTES: Record<string, number> = { float64: 8, float32: 4, int32: 4, uint32: 4, bool: 1 };

/** Memory that a node reads or writes: bytes from `address`, by the loops' axes. */
interface Stream {
  readonly address: number;
  readonly dtype: string;
  steps: number[];
}

interface Reduction {
  readonly node: ArrayNode;
  readonly stream: Stream;
  /** Locals that collect along the innermost axis. */
  vector: number;
  scalar: number;
}

const COMBINE: Partial<Record<number, { readonly by: number; readonly from: number }>> = {
  [OPCODES.reduceSum]: { by: OPCODES.add, from: 0 },
  [OPCODES.reduceProd]: { by: OPCODES.mul, from: 1 },
  [OPCODES.reduceMax]: { by: OPCODES.max, from: -Infinity },
  [OPCODES.reduceMin]: { by: OPCODES.min, from: Infinity },
};

export class GroupKernel {
  private extents: number[];
  private readonly reads = new Map<string, Stream>();
  private readonly writes = new Map<number, Stream>();
  private readonly reductions: Reduction[] = [];
  private readonly pointers: Map<string, number>[] = [];
  private readonly mode: Mode;

  constructor(
    private readonly graph: ArrayGraph,
    private readonly plan: Schedule,
    private readonly step: number,
    private readonly group: Group,
    private readonly addressOf: (value: number) => number,
    private readonly f: FunctionWriter,
    private readonly library: Library,
  ) {
    const domain = group.domain ?? [group.size];
    this.extents = [...domain];
    this.collect(domain);
    this.collapse();
    this.mode = this.chooseMode();
  }

  // ------------------------------------------------------------------------------------------ what is read and written

  private isHere(value: number): boolean {
    return this.plan.stepOf[value] === this.step;
  }

  private collect(domain: Shape): void {
    for (const node of this.group.nodes) {
      const strides = (list: readonly number[]) => this.stridesIn(list, node, domain);
      for (const operand of node.operands) {
        const held = this.graph.values[operand.value];
        if (held.literal !== undefined || this.isHere(operand.value)) continue;
        const bytes = BYTES[held.aval.dtype];
        this.reads.set(accessKey(node, operand), {
          address: this.addressOf(operand.value) + bytes * operand.offset,
          dtype: held.aval.dtype,
          steps: strides(operand.strides).map((stride) => stride * bytes),
        });
      }
      const [result] = node.results;
      if (result === undefined || this.plan.lastRead[result] < 0) continue;
      const { dtype } = this.graph.values[result].aval;
      const bytes = BYTES[dtype];
      if (node.kind === 'reduce') {
        const axes = node.axes as readonly number[];
        const kept = node.domain.filter((_, axis) => !axes.includes(axis));
        const keptStrides = contiguousStrides(kept);
        let next = 0;
        const own = node.domain.map((_, axis) => (axes.includes(axis) ? 0 : keptStrides[next++]));
        const steps = (axes.length === node.domain.length ? domain.map(() => 0) : own).map((stride) => stride * bytes);
        this.reductions.push({
          node,
          stream: { address: this.addressOf(result), dtype, steps },
          vector: -1,
          scalar: -1,
        });
      } else {
        const steps = contiguousStrides(domain).map((stride) => stride * bytes);
        this.writes.set(result, { address: this.addressOf(result), dtype, steps });
      }
    }
  }

  /** A node's strides in the axes of the whole group. */
  private stridesIn(strides: readonly number[], node: ArrayNode, domain: Shape): number[] {
    if (isUniform(strides, node.domain)) return domain.map(() => 0);
    if (isFlat(strides, node.domain)) return contiguousStrides(domain);
    return [...strides];
  }

  private get streams(): Stream[] {
    return [...this.reads.values(), ...this.writes.values(), ...this.reductions.map(({ stream }) => stream)];
  }

  /** Axes of extent 1 go; neighbours that every stream walks as one become one. */
  private collapse(): void {
    const { streams } = this;
    for (let axis = this.extents.length - 1; axis >= 0; axis--) {
      if (this.extents[axis] === 1) {
        this.extents.splice(axis, 1);
        for (const stream of streams) stream.steps.splice(axis, 1);
      }
    }
    for (let axis = this.extents.length - 2; axis >= 0; axis--) {
      const inner = this.extents[axis + 1];
      if (!streams.every(({ steps }) => steps[axis] === steps[axis + 1] * inner)) continue;
      this.extents[axis] *= inner;
      this.extents.splice(axis + 1, 1);
      for (const stream of streams) stream.steps.splice(axis, 1);
    }
  }

  private chooseMode(): Mode {
    const inner = this.extents[this.extents.length - 1] ?? 1;
    const wanted: Mode = this.group.lane === 'float64' ? 'f64x2' : 'f32x4';
    if (inner < (wanted === 'f64x2' ? 2 : 4)) return 'scalar';
    // Booleans are bytes in memory: kernels that read or write them go one by one, as do those that mix both float types.
    if (this.streams.some(({ dtype }) => dtype !== this.group.lane)) return 'scalar';
    for (const node of this.group.nodes) {
      if (node.kind === 'guard') return 'scalar';
      for (const value of [...node.results, ...node.operands.map((operand) => operand.value)]) {
        const { aval, literal } = this.graph.values[value];
        if (aval.dtype !== 'bool' && aval.dtype !== this.group.lane && literal === undefined) return 'scalar';
      }
    }
    return wanted;
  }

  // ------------------------------------------------------------------------------------------ loops

  write(): void {
    const { f } = this;
    for (const { node, stream } of this.reductions) this.fill(node, stream);
    const negative = (steps: readonly number[]) => steps.some((step) => step < 0);
    for (const stream of this.streams) {
      if (!negative(stream.steps)) continue;
      // Pointers start where the last element is and never fall below 0: the address moves down instead.
      stream.steps.forEach((step, axis) => {
        if (step < 0) (stream as { address: number }).address += step * (this.extents[axis] - 1);
      });
    }
    this.level(0);
    f.i32(0);
  }

  /** The neutral element, wherever the reduction collects in memory. */
  private fill(node: ArrayNode, { address, dtype }: Stream): void {
    const { f } = this;
    const { size } = this.graph.values[node.results[0]];
    const scalar = new LaneWriter(f, 'scalar', this.library);
    const at = f.local(I32);
    const bytes = BYTES[dtype];
    f.i32(size * bytes).set(at);
    f.loop();
    f.get(at).i32(bytes).op(OP.i32Sub).tee(at);
    scalar.number((COMBINE[node.opcode] as { from: number }).from, dtype);
    this.storeScalar(dtype, address);
    f.get(at).brIf(0).end();
  }

  private pointer(level: number, steps: readonly number[]): void {
    const local = this.pointers[level]?.get(steps.join());
    if (local === undefined) this.f.i32(0);
    else this.f.get(local);
  }

  private level(level: number): void {
    const { f } = this;
    if (this.extents.length === 0) {
      this.pointers[0] = new Map();
      this.body('scalar', 0, new Map());
      return;
    }
    const extent = this.extents[level];
    const here = new Map<string, number>();
    const moving = new Map<number, number>();
    for (const { steps } of this.streams) {
      const key = steps.join();
      if (here.has(key)) continue;
      const outer = level > 0 ? this.pointers[level - 1].get(key) : undefined;
      const step = steps[level];
      if (step === 0) {
        if (outer !== undefined) here.set(key, outer);
        continue;
      }
      const local = f.local(I32);
      if (outer === undefined) f.i32(step < 0 ? -step * (extent - 1) : 0);
      else {
        f.get(outer);
        if (step < 0) f.i32(-step * (extent - 1)).op(OP.i32Add);
      }
      f.set(local);
      here.set(key, local);
      moving.set(local, step);
    }
    this.pointers[level] = here;
    if (level === this.extents.length - 1) {
      this.innermost(level, moving);
      return;
    }
    const counter = f.local(I32);
    f.i32(extent).set(counter).loop();
    this.level(level + 1);
    this.advance(moving, 1);
    f.get(counter).i32(1).op(OP.i32Sub).tee(counter).brIf(0).end();
  }

  private advance(moving: ReadonlyMap<number, number>, times: number): void {
    for (const [local, step] of moving)
      this.f
        .get(local)
        .i32(step * times)
        .op(OP.i32Add)
        .set(local);
  }

  private innermost(level: number, moving: ReadonlyMap<number, number>): void {
    const { f, mode } = this;
    const extent = this.extents[level];
    const lanes = mode === 'f64x2' ? 2 : mode === 'f32x4' ? 4 : 1;
    const collecting = this.reductions.filter(({ stream }) => stream.steps[level] === 0);
    const vectorLoads = new Map<string, number>();
    const scalarLoads = new Map<string, number>();
    // What does not move along the innermost axis is read ahead of it.
    for (const [key, stream] of this.reads) {
      if (stream.steps[level] !== 0) continue;
      const scalar = f.local(localType('scalar', stream.dtype));
      this.pointer(level, stream.steps);
      this.loadScalar(stream.dtype, stream.address);
      f.set(scalar);
      scalarLoads.set(key, scalar);
      if (mode === 'scalar') continue;
      const vector = f.local(localType(mode, stream.dtype));
      f.get(scalar)
        .simd(mode === 'f64x2' ? SIMD.f64x2Splat : SIMD.f32x4Splat)
        .set(vector);
      vectorLoads.set(key, vector);
    }
    for (const reduction of collecting) {
      const { dtype } = reduction.stream;
      const { from } = COMBINE[reduction.node.opcode] as { from: number };
      reduction.scalar = f.local(localType('scalar', dtype));
      new LaneWriter(f, 'scalar', this.library).number(from, dtype);
      f.set(reduction.scalar);
      if (mode === 'scalar') continue;
      reduction.vector = f.local(localType(mode, dtype));
      new LaneWriter(f, mode, this.library).number(from, dtype);
      f.set(reduction.vector);
    }
    const times = Math.floor(extent / lanes);
    if (mode !== 'scalar') this.repeat(times, mode, level, vectorLoads, moving, lanes);
    for (const { vector, scalar, node, stream } of mode === 'scalar' ? [] : collecting) {
      const plain = new LaneWriter(f, 'scalar', this.library);
      for (let lane = 0; lane < lanes; lane++) {
        f.get(scalar)
          .get(vector)
          .simdLane(mode === 'f64x2' ? SIMD.f64x2ExtractLane : SIMD.f32x4ExtractLane, lane);
        plain.plain((COMBINE[node.opcode] as { by: number }).by, stream.dtype);
        f.set(scalar);
      }
    }
    const rest = mode === 'scalar' ? extent : extent - times * lanes;
    if (rest > 0) this.repeat(rest, 'scalar', level, scalarLoads, moving, 1);
    for (const reduction of collecting) {
      this.combineInMemory(reduction, level, () => f.get(reduction.scalar));
      reduction.scalar = reduction.vector = -1;
    }
  }

  private repeat(
    times: number,
    mode: Mode,
    level: number,
    loads: ReadonlyMap<string, number>,
    moving: ReadonlyMap<number, number>,
    lanes: number,
  ): void {
    const { f } = this;
    if (times === 1) {
      this.body(mode, level, loads);
      this.advance(moving, lanes);
      return;
    }
    const counter = f.local(I32);
    f.i32(times).set(counter).loop();
    this.body(mode, level, loads);
    this.advance(moving, lanes);
    f.get(counter).i32(1).op(OP.i32Sub).tee(counter).brIf(0).end();
  }

  private combineInMemory({ node, stream }: Reduction, level: number, push: () => void): void {
    const { by } = COMBINE[node.opcode] as { by: number };
    this.pointer(level, stream.steps);
    this.pointer(level, stream.steps);
    this.loadScalar(stream.dtype, stream.address);
    push();
    new LaneWriter(this.f, 'scalar', this.library).plain(by, stream.dtype);
    this.storeScalar(stream.dtype, stream.address);
  }

  // ------------------------------------------------------------------------------------------ one iteration

  private body(mode: Mode, level: number, ahead: ReadonlyMap<string, number>): void {
    const { f } = this;
    const lanes = new LaneWriter(f, mode, this.library);
    const locals = new Map<number, number>();
    const loaded = new Map<string, number>(ahead);
    const operandOf = (node: ArrayNode, at: number): { local: number; dtype: string } => {
      const operand = node.operands[at];
      const { aval, literal } = this.graph.values[operand.value];
      // Literals are float64 scalars; next to float32 they are converted where they are written.
      const { dtype } = aval;
      if (literal !== undefined) {
        const local = f.local(localType(mode, dtype));
        lanes.number(literal, dtype);
        f.set(local);
        return { local, dtype };
      }
      const here = this.isHere(operand.value) ? locals.get(operand.value) : undefined;
      if (here !== undefined) return { local: here, dtype };
      const key = accessKey(node, operand);
      let local = loaded.get(key);
      if (local === undefined) {
        local = f.local(localType(mode, dtype));
        this.load(mode, this.reads.get(key) as Stream, level);
        f.set(local);
        loaded.set(key, local);
      }
      return { local, dtype };
    };
    for (const node of this.group.nodes) {
      if (node.kind === 'guard') {
        this.guard(node, operandOf(node, 0));
        continue;
      }
      const [result] = node.results;
      if (node.kind === 'reduce') {
        this.reduce(node, mode, level, operandOf(node, 0).local);
        continue;
      }
      const operands = node.operands.map((_, at) => operandOf(node, at));
      const { dtype } = this.graph.values[result].aval;
      const { program } = this.graph;
      const exponent = node.opcode === OPCODES.integerPow ? program.params<'integerPow'>(node.row).exponent : 0;
      lanes.operation(
        node.opcode,
        operands.map(({ local }) => local),
        operands.map((operand) => operand.dtype),
        dtype,
        exponent,
      );
      const local = f.local(localType(mode, dtype));
      f.set(local);
      locals.set(result, local);
      const stream = this.writes.get(result);
      if (!stream) continue;
      this.pointer(level, stream.steps);
      f.get(local);
      if (mode === 'scalar') this.storeScalar(dtype, stream.address);
      else f.simdMemory(SIMD.store, stream.address);
    }
  }

  private reduce(node: ArrayNode, mode: Mode, level: number, operand: number): void {
    const reduction = this.reductions.find((candidate) => candidate.node === node);
    if (!reduction) return;
    const { f } = this;
    const { by } = COMBINE[node.opcode] as { by: number };
    const lanes = new LaneWriter(f, mode, this.library);
    const { dtype, steps, address } = reduction.stream;
    if (reduction.scalar >= 0) {
      const local = mode === 'scalar' ? reduction.scalar : reduction.vector;
      f.get(local).get(operand);
      lanes.plain(by, dtype);
      f.set(local);
    } else if (mode === 'scalar') {
      this.combineInMemory(reduction, level, () => f.get(operand));
    } else {
      this.pointer(level, steps);
      this.pointer(level, steps);
      f.simdMemory(SIMD.load, address).get(operand);
      lanes.plain(by, dtype);
      f.simdMemory(SIMD.store, address);
    }
  }

  /** Returns the row + 1 where the guard does not hold. */
  private guard(node: ArrayNode, { local, dtype }: { local: number; dtype: string }): void {
    const { f } = this;
    const { expected } = this.graph.program.params<'guard'>(node.row);
    const lanes = new LaneWriter(f, 'scalar', this.library);
    f.get(local);
    if (Number.isNaN(expected)) {
      f.get(local);
      lanes.plain(OPCODES.eq, dtype);
    } else {
      lanes.number(expected, dtype);
      lanes.plain(OPCODES.ne, dtype);
    }
    f.if()
      .i32(node.row + 1)
      .op(OP.return)
      .end();
  }

  // ------------------------------------------------------------------------------------------ memory

  private load(mode: Mode, stream: Stream, level: number): void {
    const { f } = this;
    const step = this.extents.length > 0 ? stream.steps[level] : 0;
    this.pointer(level, stream.steps);
    if (mode === 'scalar') {
      this.loadScalar(stream.dtype, stream.address);
      return;
    }
    const bytes = BYTES[stream.dtype];
    if (step === bytes) {
      f.simdMemory(SIMD.load, stream.address);
      return;
    }
    // Lane by lane; a negative step counts down from the pointer, which stays above 0.
    const lanes = mode === 'f64x2' ? 2 : 4;
    this.loadScalar(stream.dtype, stream.address);
    f.simd(mode === 'f64x2' ? SIMD.f64x2Splat : SIMD.f32x4Splat);
    for (let lane = 1; lane < lanes; lane++) {
      this.pointer(level, stream.steps);
      f.i32(step * lane).op(OP.i32Add);
      this.loadScalar(stream.dtype, stream.address);
      f.simdLane(mode === 'f64x2' ? SIMD.f64x2ReplaceLane : SIMD.f32x4ReplaceLane, lane);
    }
  }

  private loadScalar(dtype: string, address: number): void {
    if (dtype === 'float64') this.f.memory(OP.f64Load, 3, address);
    else if (dtype === 'float32') this.f.memory(OP.f32Load, 2, address);
    else this.f.memory(OP.i32Load8U, 0, address);
  }

  private storeScalar(dtype: string, address: number): void {
    if (dtype === 'float64') this.f.memory(OP.f64Store, 3, address);
    else if (dtype === 'float32') this.f.memory(OP.f32Store, 2, address);
    else this.f.memory(OP.i32Store8, 0, address);
  }
}

/** Equal for operands that read the same. */
function accessKey(node: ArrayNode, { value, offset, strides }: ArrayNode['operands'][number]): string {
  const form = isUniform(strides, node.domain) ? 'u' : isFlat(strides, node.domain) ? 'f' : strides.join();
  return `${value}:${offset}:${form}`;
}

export { tapeArity };
