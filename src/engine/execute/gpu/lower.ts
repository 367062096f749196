/**
 * Programs become chains of gpu.js kernels. Each kernel computes a value of the program, or several small ones, a thread an element,
 * and pulls what it needs: elementwise chains are fused, views are index arithmetic, and only values that are costly to compute again stand in the
 * device's memory. Results are float32.
 */
import { GradLensError } from '../../errors';
import { OPCODES } from '../../primitives/opcodes';
import { sizeOf, type ArrayValue, type Aval } from '../../program/aval';
import type { Program, Row } from '../../program/program';
import { orderOfCalls } from './callOrder';
import { GpuUnsupportedError, MixingError } from './context';
import { drawingRows, writeOut, type WrittenOut } from './expand';
import { chooseByPlace, clampIndex, subIndex, unflatten } from './indexing';
import {
  contractionBlock,
  packedBlock,
  packedProduct,
  packedTiles,
  packs,
  threadsOf,
  tiledElement,
  tilesOf,
  type Tiles,
} from './contract';
import { splitWords, type SplitProgram } from './halves';
import { requiredSources, type IntegerSources, type Range } from './integers';
import { Kernel, type Source } from './kernel';
import { shareTexts, type SharedText, type WrittenStep } from './sharing';
import { chooseStored } from './storage';
import { KernelWriter, type Atom } from './writer';

/** gpu.js's 1-D outputs are right up to here on every backend. */
const MAX_ELEMENTS = 2 ** 22;

/**
 * Where kernels may return several numbers: nowhere, in results only (gpu.js's WebGPU and WebAssembly hand them to no other kernel),
 * or anywhere.
 */
export type Vectors = 'none' | 'results' | 'values';

/** gpu.js makes an object a thread of a result of vectors: what that costs is more than what is saved for results beyond this. */
const MOST_TILED = 2 ** 16;

export interface GpuStep extends SharedText {
  readonly functions: readonly string[];
  /** Numbers in the result. */
  readonly size: number;
  readonly threads: number;
  /** How the threads' blocks make up the result, where each returns one. */
  readonly tiles?: Tiles;
  /** Earlier steps whose results are the arguments s0, s1 …, and their lengths. */
  readonly reads: readonly number[];
  readonly lengths: readonly number[];
  /** In its text, and those that a thread runs. */
  readonly statements: number;
  readonly work: number;
}

type GpuOutput =
  /** The numbers from `offset` on of a step's result. */
  | { readonly kind: 'step'; readonly step: number; readonly offset: number; readonly aval: Aval }
  | { readonly kind: 'input'; readonly input: number; readonly aval: Aval }
  | { readonly kind: 'value'; readonly value: ArrayValue };

export interface GpuPlan {
  readonly steps: readonly GpuStep[];
  /** Length of the one array that holds all inputs and constants. */
  readonly packedSize: number;
  /** What lies in it of the inputs, and where. */
  readonly inputParts: SplitProgram['inputs'];
  readonly inputOffsets: readonly number[];
  readonly constants: readonly { readonly offset: number; readonly value: ArrayValue }[];
  /** What the first ones are of the program's outputs. */
  readonly outputParts: SplitProgram['outputs'];
  readonly outputs: readonly GpuOutput[];
  /** Outputs past the program's own whose value must be as recorded. */
  readonly guards: readonly { readonly output: number; readonly expected: number; readonly row: Row }[];
  /** What decides whether all integers have been exact, where that is not known before; the converted ones are the last outputs. */
  readonly integers?: IntegerSources;
  /** As it was lowered: calls and some loops written out. */
  readonly program: Program;
}

/** gpu.js fails with more than 7 array arguments on WebGPU; one is the packed array. */
const MAX_READS = 6;

class Lowering {
  private readonly steps: (Omit<GpuStep, keyof SharedText> & WrittenStep)[] = [];
  private readonly sources = new Map<Row, Source>();
  private readonly constants: { offset: number; value: ArrayValue }[] = [];
  private readonly packedConstants = new Map<ArrayValue, number>();
  private packedSize = 1;
  /** Scans and branches that kernels cannot keep. */
  readonly mixing = new Set<Row>();
  /** Rows that some row reads. */
  private readonly read: Uint8Array;

  constructor(
    private readonly program: Program,
    private readonly carried: readonly Row[],
    private readonly vectors: Vectors,
    private readonly words: SplitProgram,
  ) {
    this.read = new Uint8Array(program.size);
    for (let row = 0; row < program.size; row++) for (const operand of program.operands(row)) this.read[operand] = 1;
  }

  plan(): GpuPlan {
    const { program } = this;
    const inputAvals = program.inputAvals;
    const inputOffsets = inputAvals.map((aval, index) => {
      const offset = this.pack(sizeOf(aval.shape));
      this.sources.set(program.inputs[index], { kind: 'packed', offset });
      return offset;
    });
    for (let row = 0; row < program.size; row++) {
      if (program.opcode(row) !== OPCODES.constant) continue;
      this.sources.set(row, { kind: 'packed', offset: this.packConstant(program.constant(row)) });
    }
    const guardRows: Row[] = [];
    for (let row = 0; row < program.size; row++) if (program.opcode(row) === OPCODES.guard) guardRows.push(row);
    const outputRows = Array.from(program.outputs);
    const { inputs, outputs } = this.words;
    const bounds = new Map<Row, Range>();
    inputs.forEach(({ part }, at) => part !== 'whole' && bounds.set(program.inputs[at], { low: 0, high: 65535 }));
    const integers = requiredSources(program, bounds);
    const wanted = [...outputRows, ...guardRows.map((row) => program.operand(row, 0)), ...(integers?.converted ?? [])];
    for (const rows of chooseStored(program, wanted, this.carried)) this.tryToStore(rows);
    if (this.packedSize > MAX_ELEMENTS) throw new GpuUnsupportedError(`inputs of more than ${MAX_ELEMENTS} numbers`);
    const texts = shareTexts(this.steps);
    return {
      steps: this.steps.map(({ args: _, body: __, ...step }, at) => ({ ...step, ...texts[at] })),
      packedSize: this.packedSize,
      inputOffsets,
      inputParts: inputs,
      constants: this.constants,
      outputParts: outputs,
      outputs: wanted.map((row) => this.output(row)),
      guards: guardRows.map((row, index) => ({
        output: outputRows.length + index,
        expected: program.params<'guard'>(row).expected,
        row,
      })),
      ...(integers && { integers }),
      program,
    };
  }

  private pack(size: number): number {
    const offset = this.packedSize;
    this.packedSize += size;
    return offset;
  }

  private packConstant(value: ArrayValue): number {
    let offset = this.packedConstants.get(value);
    if (offset === undefined) {
      offset = this.pack(value.data.length);
      this.packedConstants.set(value, offset);
      this.constants.push({ offset, value });
    }
    return offset;
  }

  private output(row: Row): GpuOutput {
    const { program } = this;
    const aval = program.aval(row);
    const input = program.inputs.indexOf(row);
    if (input >= 0) return { kind: 'input', input, aval };
    if (program.opcode(row) === OPCODES.literal) {
      return { kind: 'value', value: { shape: [], dtype: 'float64', data: Float64Array.of(program.literal(row)) } };
    }
    if (program.opcode(row) === OPCODES.constant) return { kind: 'value', value: program.constant(row) };
    const source = this.sources.get(row);
    if (source?.kind !== 'step') return { kind: 'value', value: { ...aval, data: new Float64Array(0) } };
    return { kind: 'step', step: source.step, offset: source.offset, aval };
  }

  private tryToStore(rows: readonly Row[]): void {
    try {
      if (rows.length === 1) this.store(rows[0]);
      else this.storeTogether(rows);
    } catch (error) {
      if (!(error instanceof MixingError)) throw error;
      this.mixing.add(error.row);
      // So that those who read them are still written, and looked at.
      for (const row of rows) this.sources.set(row, { kind: 'packed', offset: 0 });
    }
  }

  /** Writes the kernel of a row whose value is to stand in memory. */
  private store(row: Row): void {
    const { program } = this;
    const { shape } = program.aval(row);
    const size = sizeOf(shape);
    if (this.sources.has(row) || size === 0) return;
    if (size > MAX_ELEMENTS)
      throw new GpuUnsupportedError(`arrays of more than ${MAX_ELEMENTS} numbers`, program.position(row));
    const tiles = program.opcode(row) === OPCODES.dotGeneral ? this.tiles(row, size) : undefined;
    if (tiles && this.vectors === 'values' && packs(program, row, tiles)) this.storePacked(row, tiles);
    else if (tiles) this.addKernel(tiles, (kernel, thread) => contractionBlock(kernel, row, tiles, thread));
    else this.addKernel(size, (kernel, thread) => [kernel.element(row, unflatten(kernel.w, thread, shape))]);
    this.sources.set(row, { kind: 'step', step: this.steps.length - 1, offset: 0 });
  }

  /** One kernel for the values of several rows, which stand one behind the other in its result. */
  private storeTogether(rows: readonly Row[]): void {
    const { program } = this;
    const sized = rows.map((row) => ({ row, shape: program.aval(row).shape, size: sizeOf(program.aval(row).shape) }));
    // Those of a size beside each other: a thread's place in each of them is the same number then.
    const sizes = [...new Set(sized.map(({ size }) => size))].filter((size) => size > 0);
    const runs = sizes.map((size) => sized.filter((one) => one.size === size));
    const total = runs.reduce((sum, run) => sum + run.length * run[0].size, 0);
    if (total === 0) return;
    this.addKernel(total, (kernel, thread) => {
      const { w } = kernel;
      let start = 0;
      const parts = runs.flatMap((run) => {
        const { size } = run[0];
        const [first, length] = [start, run.length * size];
        start += length;
        const inRun = first === 0 ? thread : subIndex(w, thread, String(first));
        const [, place] = unflatten(w, length === total ? inRun : clampIndex(w, inRun, length), [run.length, size]);
        return run.map(({ row, shape }, at) => ({
          first: first + at * size,
          end: first + (at + 1) * size,
          write: () => kernel.element(row, unflatten(w, place, shape)),
        }));
      });
      return [chooseByPlace(w, thread, parts)];
    });
    let offset = 0;
    for (const { row, size } of runs.flat()) {
      this.sources.set(row, { kind: 'step', step: this.steps.length - 1, offset });
      offset += size;
    }
  }

  /** The blocks in which a contraction is computed; undefined for one result a thread. */
  private tiles(row: Row, size: number): Tiles | undefined {
    const { program, vectors } = this;
    if (vectors === 'none') return undefined;
    const tiles = tilesOf(program, row);
    const isResult = !this.read[row];
    if (vectors === 'results') return isResult && size <= MOST_TILED ? tiles : undefined;
    return tiles && (isResult || packs(program, row, tiles)) ? tiles : undefined;
  }

  /** A contraction of operands that are packed first, and its elements one by one where others read them. */
  private storePacked(row: Row, tiles: Tiles): void {
    const operands = packedTiles(this.program, row, tiles);
    const packed = operands.map((one, which) =>
      this.addKernel(one, (kernel, thread) => packedBlock(kernel, row, which as 0 | 1, one, thread)),
    );
    const w = new KernelWriter();
    const thread = w.variable('this.thread.x');
    const block = packedProduct(w, tiles, operands[0].columns, thread);
    const product = this.addStep(w, block, tiles, packed);
    if (!this.read[row]) return;
    const single = new KernelWriter();
    const element = tiledElement(single, tiles, single.variable('this.thread.x'));
    this.addStep(single, [element], tiles.batch * tiles.rows * tiles.columns, [product]);
  }

  /** A kernel that computes something of a row: a number a thread, or a block. */
  private addKernel(result: number | Tiles, write: (kernel: Kernel, thread: Atom) => readonly Atom[]): number {
    let moved: ReadonlyMap<number, { step: number; offset: number }> = new Map();
    for (;;) {
      const w = new KernelWriter();
      const reads: number[] = [];
      const kernel = new Kernel(this.program, w, {
        sources: this.sources,
        moved,
        reads,
        pack: this.packConstant.bind(this),
      });
      const values = write(kernel, w.variable('this.thread.x'));
      if (reads.length <= MAX_READS) return this.addStep(w, values, result, reads);
      moved = this.gatherReads(reads, moved);
    }
  }

  private addStep(w: KernelWriter, values: readonly Atom[], result: number | Tiles, reads: readonly number[]): number {
    // The packed array is named even where nothing reads it: an argument more is harmless, a missing one an error.
    const args = ['p', ...reads.map((_, position) => `s${position}`), 'nan', 'inf'];
    const returned = values.length === 1 ? values[0] : `[${values.join(', ')}]`;
    const tiles = typeof result === 'number' ? undefined : result;
    const body = w.body();
    return (
      this.steps.push({
        args,
        body: `${orderOfCalls(body)}${body}  return ${returned};\n`,
        functions: w.kernelFunctions(),
        size: typeof result === 'number' ? result : result.batch * result.rows * result.columns,
        threads: typeof result === 'number' ? result : threadsOf(result),
        ...(tiles && { tiles }),
        reads,
        lengths: reads.map((read) => this.steps[read].size),
        statements: w.statements,
        work: w.work,
      }) - 1
    );
  }

  /** Copies groups of arrays into one each, so that a kernel which reads many has few arguments. */
  private gatherReads(reads: readonly number[], before: ReadonlyMap<number, { step: number; offset: number }>) {
    const moved = new Map(before);
    for (let start = 0; start < reads.length; start += MAX_READS) {
      const group = reads.slice(start, start + MAX_READS);
      if (group.length === 1) continue;
      const w = new KernelWriter();
      const at = w.variable('this.thread.x');
      let offset = group.reduce((total, step) => total + this.steps[step].size, 0);
      const total = offset;
      let value: Atom | undefined;
      for (let position = group.length - 1; position >= 0; position--) {
        const { size } = this.steps[group[position]];
        offset -= size;
        const local = offset === 0 ? at : w.define(`${at} - ${offset}`);
        const element = w.define(`s${position}[${clampIndex(w, local, size)}]`);
        value = value === undefined ? element : w.define(`${at} < ${offset + size} ? ${element} : ${value}`);
      }
      if (total > MAX_ELEMENTS) throw new GpuUnsupportedError(`a kernel that reads ${reads.length} such large arrays`);
      const step = this.addStep(w, [value as Atom], total, group);
      let place = 0;
      for (const member of group) {
        for (const [from, to] of before) if (to.step === member) moved.set(from, { step, offset: place + to.offset });
        moved.set(member, { step, offset: place });
        place += this.steps[member].size;
      }
    }
    return moved;
  }
}

/**
 * Compiles a program to kernels. Scans whose steps mix elements or draw random bits are written out, step by step.
 * @param vectors where the backend's kernels may return several numbers; most do so in results
 * @throws GpuUnsupportedError naming the first operation that the GPU does not run
 */
export function lowerToGpu(program: Program, vectors: Vectors = 'results'): GpuPlan {
  try {
    let whole = writeOut({ program, carried: [] });
    for (let drawing = drawingRows(whole.program); drawing.size > 0; drawing = drawingRows(whole.program))
      whole = writeOut(whole, drawing);
    const words = splitWords(whole.program);
    for (let current: WrittenOut = { program: words.program, carried: [] }; ;) {
      const lowering = new Lowering(current.program, current.carried, vectors, words);
      const plan = lowering.plan();
      if (lowering.mixing.size === 0) return plan;
      current = writeOut(current, lowering.mixing);
    }
  } catch (error) {
    if (error instanceof RangeError)
      throw new GradLensError('gpu-unsupported', 'The program is too deep for one kernel.');
    throw error;
  }
}
