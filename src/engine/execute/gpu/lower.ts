/**
 * Programs become chains of gpu.js kernels. Each kernel computes one value of the program, a thread an element, and pulls what it
 * needs: elementwise chains are fused, views are index arithmetic, and only values that are costly to compute again stand in the
 * device's memory. Results are float32.
 */
import { GradLensError } from '../../errors';
import { OPCODES } from '../../primitives/opcodes';
import { sizeOf, type ArrayValue, type Aval } from '../../program/aval';
import type { Program, Row } from '../../program/program';
import { GpuUnsupportedError, type KernelContext } from './context';
import { ELEMENTWISE, kernelLiteral } from './elementwise';
import { clampIndex, flatten, unflatten, type Index } from './indexing';
import { LOOPS } from './loops';
import { chooseStored } from './storage';
import { calledProgram, condElement, scanElement } from './structured';
import { VIEWS } from './views';
import { KernelWriter, type Atom } from './writer';

/** gpu.js's 1-D outputs are right up to here on every backend. */
const MAX_ELEMENTS = 2 ** 22;

export interface GpuStep {
  /** `function (p, s0, …, nan, inf) { … }` */
  readonly source: string;
  readonly functions: readonly string[];
  readonly size: number;
  /** Earlier steps whose results are the arguments s0, s1 … */
  readonly reads: readonly number[];
  readonly statements: number;
}

type GpuOutput =
  | { readonly kind: 'step'; readonly step: number; readonly aval: Aval }
  | { readonly kind: 'input'; readonly input: number; readonly aval: Aval }
  | { readonly kind: 'value'; readonly value: ArrayValue };

export interface GpuPlan {
  readonly steps: readonly GpuStep[];
  /** Length of the one array that holds all inputs and constants. */
  readonly packedSize: number;
  /** Where each input lies in it; −1 for inputs that nothing reads. */
  readonly inputOffsets: readonly number[];
  readonly inputAvals: readonly Aval[];
  readonly constants: readonly { readonly offset: number; readonly value: ArrayValue }[];
  readonly outputs: readonly GpuOutput[];
  /** Outputs past the program's own whose value must be as recorded. */
  readonly guards: readonly { readonly output: number; readonly expected: number; readonly row: Row }[];
}

/** What a kernel reads: the packed array or an earlier step's result, from `offset` on. */
type Source = { kind: 'packed'; offset: number } | { kind: 'step'; step: number; offset: number };

/** gpu.js fails with more than 7 array arguments on WebGPU; one is the packed array. */
const MAX_READS = 6;

class Lowering {
  private readonly steps: GpuStep[] = [];
  private readonly sources = new Map<Row, Source>();
  private readonly constants: { offset: number; value: ArrayValue }[] = [];
  private packedSize = 1;

  constructor(private readonly program: Program) {}

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
      const value = program.constant(row);
      const offset = this.pack(value.data.length);
      this.constants.push({ offset, value });
      this.sources.set(row, { kind: 'packed', offset });
    }
    if (this.packedSize > MAX_ELEMENTS) throw new GpuUnsupportedError(`inputs of more than ${MAX_ELEMENTS} numbers`);
    const guardRows: Row[] = [];
    for (let row = 0; row < program.size; row++) if (program.opcode(row) === OPCODES.guard) guardRows.push(row);
    const outputRows = Array.from(program.outputs);
    const wanted = [...outputRows, ...guardRows.map((row) => program.operand(row, 0))];
    for (const row of chooseStored(program, wanted)) this.store(row);
    return {
      steps: this.steps,
      packedSize: this.packedSize,
      inputOffsets,
      inputAvals,
      constants: this.constants,
      outputs: wanted.map((row) => this.output(row)),
      guards: guardRows.map((row, index) => ({
        output: outputRows.length + index,
        expected: program.params<'guard'>(row).expected,
        row,
      })),
    };
  }

  private pack(size: number): number {
    const offset = this.packedSize;
    this.packedSize += size;
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
    return { kind: 'step', step: source.step, aval };
  }

  /** Writes the kernel of a row whose value is to stand in memory. */
  private store(row: Row): void {
    const { program } = this;
    const opcode = program.opcode(row);
    if (opcode === OPCODES.literal || this.sources.has(row)) return;
    const { shape } = program.aval(row);
    const size = sizeOf(shape);
    if (size === 0) return;
    if (size > MAX_ELEMENTS)
      throw new GpuUnsupportedError(`arrays of more than ${MAX_ELEMENTS} numbers`, program.position(row));
    let moved: ReadonlyMap<number, { step: number; offset: number }> = new Map();
    for (;;) {
      const w = new KernelWriter();
      const reads: number[] = [];
      const kernel = new Kernel(program, w, this.sources, reads, moved);
      const flat = w.variable('this.thread.x');
      const result = kernel.element(row, unflatten(w, flat, shape));
      if (reads.length <= MAX_READS) {
        this.addStep(w, result, size, reads);
        break;
      }
      moved = this.gatherReads(reads, moved);
    }
    this.sources.set(row, { kind: 'step', step: this.steps.length - 1, offset: 0 });
  }

  private addStep(w: KernelWriter, result: Atom, size: number, reads: readonly number[]): number {
    // The packed array is named even where nothing reads it: an argument more is harmless, a missing one an error.
    const args = ['p', ...reads.map((_, position) => `s${position}`), 'nan', 'inf'];
    return (
      this.steps.push({
        source: `function (${args.join(', ')}) {\n${w.body()}  return ${result};\n}`,
        functions: w.kernelFunctions(),
        size,
        reads,
        statements: w.statements,
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
      const step = this.addStep(w, value as Atom, total, group);
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

class Kernel implements KernelContext {
  constructor(
    readonly program: Program,
    readonly w: KernelWriter,
    private readonly sources: ReadonlyMap<Row, Source>,
    private readonly reads: number[],
    private readonly moved: ReadonlyMap<number, { step: number; offset: number }>,
    private readonly bind?: (input: number, index: Index) => Atom,
    private readonly prefix = '',
    private readonly names = { next: 0 },
  ) {}

  aval(row: Row): Aval {
    return this.program.aval(row);
  }

  value(row: Row, index: Index): Atom {
    const source = this.sources.get(row);
    if (!source) return this.element(row, index);
    const position = flatten(this.w, index, this.aval(row).shape);
    if (source.kind === 'packed') return this.w.define(`p[${offsetBy(source.offset, position)}]`);
    const { step, offset } = this.moved.get(source.step) ?? source;
    let argument = this.reads.indexOf(step);
    if (argument < 0) argument = this.reads.push(step) - 1;
    return this.w.define(`s${argument}[${offsetBy(offset, position)}]`);
  }

  /** Computes an element, whether or not the value stands in memory. */
  element(row: Row, index: Index): Atom {
    const { program, w } = this;
    if (program.opcode(row) === OPCODES.literal) return w.define(kernelLiteral(program.literal(row)));
    const key = `${this.prefix}${row}@${index.join(',')}`;
    const known = w.lookup(key);
    if (known !== undefined) return known;
    return w.remember(key, this.compute(row, index));
  }

  nested(program: Program, bind: (input: number, index: Index) => Atom): KernelContext {
    return new Kernel(
      program,
      this.w,
      new Map(),
      this.reads,
      this.moved,
      bind,
      `${this.prefix}${this.names.next++}:`,
      this.names,
    );
  }

  private compute(row: Row, index: Index): Atom {
    const { program, w } = this;
    const name = program.name(row);
    const form = ELEMENTWISE[name];
    if (form) {
      this.checkDTypes(row);
      const operands = Array.from(program.operands(row), (operand) => this.value(operand, index));
      w.use(form.uses);
      return w.define(form.text(operands, program.params(row)));
    }
    const emit = VIEWS[name] ?? LOOPS[name];
    if (emit) return emit(this, row, index);
    switch (name) {
      case 'input': {
        const input = program.params<'input'>(row).index;
        if (this.bind) return this.bind(input, index);
        break;
      }
      case 'constant':
        return this.inlineConstant(row);
      case 'convert':
        return this.convert(row, index);
      case 'guard':
        return this.value(program.operand(row, 0), index);
      case 'project': {
        const tuple = program.operand(row, 0);
        const result = program.params<'project'>(row).index;
        if (program.name(tuple) === 'scan') return scanElement(this, tuple, result, index);
        if (program.name(tuple) === 'cond') return condElement(this, tuple, result, index);
        return this.called(tuple, result, index);
      }
      case 'call':
      case 'customJvp':
      case 'customVjp':
      case 'linearCall':
        return this.called(row, 0, index);
      case 'scan':
        return scanElement(this, row, 0, index);
      case 'cond':
        return condElement(this, row, 0, index);
    }
    throw new GpuUnsupportedError(`\`${name}\``, program.position(row));
  }

  private called(row: Row, result: number, index: Index): Atom {
    const { program } = this;
    const inner = calledProgram(program, row);
    if (!inner) throw new GpuUnsupportedError(`\`${program.name(row)}\``, program.position(row));
    const operands = Array.from(program.operands(row));
    const context = this.nested(inner, (input, at) => this.value(operands[input], at));
    return context.value(inner.outputs[result], index);
  }

  /** Constants of sub-programs: only those that are one number. */
  private inlineConstant(row: Row): Atom {
    const { data } = this.program.constant(row);
    if (data.every((value) => Object.is(value, data[0]))) return this.w.define(kernelLiteral(data[0]));
    throw new GpuUnsupportedError('an array constant inside a loop or branch', this.program.position(row));
  }

  private convert(row: Row, index: Index): Atom {
    const [operand] = this.program.operands(row);
    const { dtype } = this.program.params<'convert'>(row);
    const from = this.aval(operand).dtype;
    const value = this.value(operand, index);
    if (dtype === 'bool' && from !== 'bool') return this.w.define(`${value} === 0 ? 0 : 1`);
    if ((dtype === 'int32' || dtype === 'uint32') && (from === 'float64' || from === 'float32')) {
      this.w.use(['glTrunc']);
      return this.w.define(`glTrunc(${value})`);
    }
    return value;
  }

  /** Bitwise logic needs integers, which kernels do not have; on bool it is arithmetic. */
  private checkDTypes(row: Row): void {
    const name = this.program.name(row);
    if (name !== 'and' && name !== 'or' && name !== 'not') return;
    if (this.aval(row).dtype !== 'bool')
      throw new GpuUnsupportedError(`bitwise \`${name}\``, this.program.position(row));
  }
}

function offsetBy(offset: number, position: Atom): string {
  if (/^\d+$/.test(position)) return String(offset + Number(position));
  if (offset === 0) return position;
  return `${offset} + ${position}`;
}

/** Compiles a program to kernels. @throws GpuUnsupportedError naming the first operation that the GPU does not run */
export function lowerToGpu(program: Program): GpuPlan {
  try {
    return new Lowering(program).plan();
  } catch (error) {
    if (error instanceof RangeError)
      throw new GradLensError('gpu-unsupported', 'The program is too deep for one kernel.');
    throw error;
  }
}
