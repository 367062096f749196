/** One loop nest for a group of fused nodes. */
import { OPCODES } from '../../primitives/opcodes';
import { I32, OP, SIMD } from '../wasm/instructions';
import { LaneWriter, localType, type Mode } from './lanes';
import type { ArrayNode } from './nodes';
import { accessKey, BYTES, Streams, type Reduction, type Stream } from './streams';

const COMBINE: Partial<Record<number, { readonly by: number; readonly from: number }>> = {
  [OPCODES.reduceSum]: { by: OPCODES.add, from: 0 },
  [OPCODES.reduceProd]: { by: OPCODES.mul, from: 1 },
  [OPCODES.reduceMax]: { by: OPCODES.max, from: -Infinity },
  [OPCODES.reduceMin]: { by: OPCODES.min, from: Infinity },
};

export class GroupKernel extends Streams {
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
}
