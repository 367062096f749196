/** Pulls the elements of a program's values into one kernel: what stands in memory is read, all else computed where it is needed. */
import { OPCODES } from '../../primitives/opcodes';
import { isFloat, type ArrayValue, type Aval } from '../../program/aval';
import type { Program, Row } from '../../program/program';
import { GpuUnsupportedError, holdsExactly, MixingError, type KernelContext, type Place } from './context';
import { ELEMENTWISE, INTEGER_FORMS, kernelLiteral, MOST_FACTORS } from './elementwise';
import { flatten, type Index } from './indexing';
import { isWide } from './integers';
import { LOOPS } from './loops';
import { partOfInteger, randomBits, randomHalf } from './bits';
import { calledProgram, condElement, scanElement, type CarriedLoop } from './structured';
import { VIEWS } from './views';
import type { Atom, KernelWriter } from './writer';

/** What a kernel reads: the packed array or an earlier step's result, from `offset` on. */
export type Source = { kind: 'packed'; offset: number } | { kind: 'step'; step: number; offset: number };

/** What stands in the device's memory. */
export interface Memory {
  readonly sources: ReadonlyMap<Row, Source>;
  /** Where steps' results have been copied to. */
  readonly moved: ReadonlyMap<number, { step: number; offset: number }>;
  /** The steps that the kernel reads, in the order of its arguments; grows. */
  readonly reads: number[];
  /** Gives a constant a place in the packed array. */
  pack(value: ArrayValue): number;
}

const NOTHING: ReadonlyMap<Row, Source> = new Map();

export class Kernel implements KernelContext {
  readonly loops = new Map<Row, CarriedLoop[]>();

  constructor(
    readonly program: Program,
    readonly w: KernelWriter,
    private readonly memory: Memory,
    private readonly bind?: (input: number, index: Index) => Atom,
    private readonly prefix = '',
    private readonly names = { next: 0 },
  ) {}

  aval(row: Row): Aval {
    return this.program.aval(row);
  }

  packedAt(row: Row): number | undefined {
    const { program, memory } = this;
    let at = row;
    while (program.name(at) === 'reshape' && !memory.sources.has(at)) at = program.operand(at, 0);
    const source = memory.sources.get(at);
    return source?.kind === 'packed' ? source.offset : undefined;
  }

  packed(position: Atom): Atom {
    return this.w.define(`p[${position}]`);
  }

  place(row: Row): Place | undefined {
    const { sources, reads, moved } = this.memory;
    const source = sources.get(row);
    if (!source) return undefined;
    if (source.kind === 'packed') return { array: 'p', offset: source.offset };
    const { step, offset } = moved.get(source.step) ?? { step: source.step, offset: 0 };
    let argument = reads.indexOf(step);
    if (argument < 0) argument = reads.push(step) - 1;
    return { array: `s${argument}`, offset: offset + source.offset };
  }

  value(row: Row, index: Index): Atom {
    const place = this.place(row);
    if (!place) return this.element(row, index);
    const position = flatten(this.w, index, this.aval(row).shape);
    return this.w.define(`${place.array}[${offsetBy(place.offset, position)}]`);
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
      { ...this.memory, sources: NOTHING },
      bind,
      `${this.prefix}${this.names.next++}:`,
      this.names,
    );
  }

  private compute(row: Row, index: Index): Atom {
    const { program, w } = this;
    const name = program.name(row);
    const bits = randomHalf(program, row);
    if (bits) return randomBits(this, bits.row, index, bits.half);
    const part = this.isInteger(row) && partOfInteger(this, row, index);
    if (part) return part;
    const form = (this.isInteger(row) && INTEGER_FORMS[name]) || ELEMENTWISE[name];
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
        return this.inlineConstant(row, index);
      case 'convert':
        return this.convert(row, index);
      case 'guard':
        return this.value(program.operand(row, 0), index);
      case 'project': {
        const tuple = program.operand(row, 0);
        const result = program.params<'project'>(row).index;
        return this.structured(tuple, result, index);
      }
      case 'call':
      case 'customJvp':
      case 'customVjp':
      case 'linearCall':
      case 'scan':
      case 'cond':
        return this.structured(row, 0, index);
    }
    throw new GpuUnsupportedError(`\`${name}\``, program.position(row));
  }

  /** @throws MixingError of this program's row */
  private structured(row: Row, result: number, index: Index): Atom {
    try {
      switch (this.program.name(row)) {
        case 'scan':
          return scanElement(this, row, result, index);
        case 'cond':
          return condElement(this, row, result, index);
        default:
          return this.called(row, result, index);
      }
    } catch (error) {
      throw error instanceof MixingError ? new MixingError(row) : error;
    }
  }

  private called(row: Row, result: number, index: Index): Atom {
    const { program } = this;
    const inner = calledProgram(program, row);
    if (!inner) throw new GpuUnsupportedError(`\`${program.name(row)}\``, program.position(row));
    const operands = Array.from(program.operands(row));
    const context = this.nested(inner, (input, at) => this.value(operands[input], at));
    return context.value(inner.outputs[result], index);
  }

  /** Constants of sub-programs: one number stands in the text, an array in memory. */
  private inlineConstant(row: Row, index: Index): Atom {
    const value = this.program.constant(row);
    const [first] = value.data;
    if (holdsExactly(value) && value.data.every((other: number) => Object.is(other, first)))
      return this.w.define(kernelLiteral(first));
    const offset = this.memory.pack(value);
    return this.w.define(`p[${offsetBy(offset, flatten(this.w, index, value.shape))}]`);
  }

  private convert(row: Row, index: Index): Atom {
    const [operand] = this.program.operands(row);
    const { dtype } = this.program.params<'convert'>(row);
    const from = this.aval(operand).dtype;
    const value = this.value(operand, index);
    if (dtype === 'bool' && from !== 'bool') return this.w.define(`${value} === 0 ? 0 : 1`);
    if ((dtype === 'int32' || dtype === 'uint32') && isFloat(from)) {
      if (/^\d+\.0$/.test(value)) return value;
      this.w.use(['glInteger']);
      const [low, high] = dtype === 'int32' ? ['-2147483648.0', '2147483647.0'] : ['0.0', '4294967295.0'];
      return this.w.define(`glInteger(${value}, ${low}, ${high})`);
    }
    return value;
  }

  private isInteger(row: Row): boolean {
    if (this.program.hasSeveralResults(row)) return false;
    const { dtype } = this.aval(row);
    return dtype === 'int32' || dtype === 'uint32';
  }

  /** Words and powers of integers need more than float32 has. */
  private checkDTypes(row: Row): void {
    if (!this.isInteger(row)) return;
    const { program } = this;
    const name = program.name(row);
    const isPower = name === 'integerPow' && program.params<'integerPow'>(row).exponent > MOST_FACTORS;
    if (isPower || name === 'pow' || isWide(program, row))
      throw new GpuUnsupportedError(`\`${name}\` of integers`, program.position(row));
  }
}

function offsetBy(offset: number, position: Atom): string {
  if (/^\d+$/.test(position)) return String(offset + Number(position));
  if (offset === 0) return position;
  return `${offset} + ${position}`;
}
