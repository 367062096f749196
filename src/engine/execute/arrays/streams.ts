/** What a group of fused nodes reads and writes, in strides over the axes of its loops. */
import { stridesOf } from '../../primitives/arrays';
import type { Shape } from '../../program/aval';
import { OP, SIMD } from '../wasm/instructions';
import type { FunctionWriter } from '../wasm/module';
import type { Library, Mode } from './lanes';
import type { ArrayGraph, ArrayNode } from './nodes';
import type { Group, Schedule } from './schedule';
import { isFlat, isUniform } from './views';

export const BYTES: Record<string, number> = { float64: 8, float32: 4, int32: 4, uint32: 4, bool: 1 };

/** Memory that a node reads or writes: bytes from `address`, by the loops' axes. */
export interface Stream {
  readonly address: number;
  readonly dtype: string;
  steps: number[];
}

export interface Reduction {
  readonly node: ArrayNode;
  readonly stream: Stream;
  /** Locals that collect along the innermost axis. */
  vector: number;
  scalar: number;
}

/** What a group reads and writes, and the axes of its loops. */
export class Streams {
  protected extents: number[];
  protected readonly reads = new Map<string, Stream>();
  protected readonly writes = new Map<number, Stream>();
  protected readonly reductions: Reduction[] = [];
  protected readonly pointers: Map<string, number>[] = [];
  protected readonly mode: Mode;

  constructor(
    protected readonly graph: ArrayGraph,
    private readonly plan: Schedule,
    private readonly step: number,
    protected readonly group: Group,
    private readonly addressOf: (value: number) => number,
    protected readonly f: FunctionWriter,
    protected readonly library: Library,
  ) {
    const domain = group.domain ?? [group.size];
    this.extents = [...domain];
    this.collect(domain);
    this.collapse();
    this.mode = this.chooseMode();
  }

  // ------------------------------------------------------------------------------------------ what is read and written

  protected isHere(value: number): boolean {
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
        const keptStrides = stridesOf(kept);
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
        const steps = stridesOf(domain).map((stride) => stride * bytes);
        this.writes.set(result, { address: this.addressOf(result), dtype, steps });
      }
    }
  }

  /** A node's strides in the axes of the whole group. */
  private stridesIn(strides: readonly number[], node: ArrayNode, domain: Shape): number[] {
    if (isUniform(strides, node.domain)) return domain.map(() => 0);
    if (isFlat(strides, node.domain)) return stridesOf(domain);
    return [...strides];
  }

  protected get streams(): Stream[] {
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

  // ------------------------------------------------------------------------------------------ memory

  protected pointer(level: number, steps: readonly number[]): void {
    const local = this.pointers[level]?.get(steps.join());
    if (local === undefined) this.f.i32(0);
    else this.f.get(local);
  }

  protected load(mode: Mode, stream: Stream, level: number): void {
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

  protected loadScalar(dtype: string, address: number): void {
    if (dtype === 'float64') this.f.memory(OP.f64Load, 3, address);
    else if (dtype === 'float32') this.f.memory(OP.f32Load, 2, address);
    else this.f.memory(OP.i32Load8U, 0, address);
  }

  protected storeScalar(dtype: string, address: number): void {
    if (dtype === 'float64') this.f.memory(OP.f64Store, 3, address);
    else if (dtype === 'float32') this.f.memory(OP.f32Store, 2, address);
    else this.f.memory(OP.i32Store8, 0, address);
  }
}

/** Equal for operands that read the same. */
export function accessKey(node: ArrayNode, { value, offset, strides }: ArrayNode['operands'][number]): string {
  const form = isUniform(strides, node.domain) ? 'u' : isFlat(strides, node.domain) ? 'f' : strides.join();
  return `${value}:${offset}:${form}`;
}
