/**
 * Which integers a program's kernels compute exactly: float32 holds whole numbers up to 2²⁴. Interval arithmetic bounds every integer
 * row; what may leave the bounds, or would wrap around on the processor, is refused.
 */
import { isFloat, sizeOf, type DType } from '../../program/aval';
import type { PrimitiveName } from '../../primitives/params';
import type { ParamsOf, Program, Row } from '../../program/program';
import { GpuUnsupportedError, MAX_INTEGER } from './context';
import { calledProgram } from './structured';

/** Both ends belong to it. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Rows of loops that are looked at, all steps together; a loop whose counters are not bounded by then is refused. */
const MOST_VISITS = 4_000_000;

const ZERO: Range = { low: 0, high: 0 };
const BOOL: Range = { low: 0, high: 1 };
const ANY: Range = { low: -Infinity, high: Infinity };

const WORD: Range = { low: 0, high: 2 ** 32 - 1 };

/** A word of 32 bits as one number, of which kernels know the halves only (see `halves.ts`). */
export function isWide(program: Program, row: Row): boolean {
  const name = program.name(row);
  return (
    name === 'randomBits' ||
    name === 'shiftLeft' ||
    (name === 'or' && program.name(program.operand(row, 0)) === 'shiftLeft')
  );
}

const isInteger = (dtype: DType) => dtype === 'int32' || dtype === 'uint32';
const union = (a: Range, b: Range): Range => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) });
const largest = ({ low, high }: Range) => Math.max(Math.abs(low), Math.abs(high));
/** Up to some size, with the signs that a range has. */
const upTo = (size: number, { low }: Range): Range => ({ low: low < 0 ? -size : 0, high: size });

/** The range of an array's numbers. */
export function rangeOf({ data }: { readonly data: ArrayLike<number> & Iterable<number> }): Range {
  let low = Infinity;
  let high = -Infinity;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return data.length === 0 ? ZERO : { low, high };
}

/** The number that a row is filled with, where the program says so. */
export function filledWith(program: Program, row: Row): number | undefined {
  switch (program.name(row)) {
    case 'literal':
      return program.literal(row);
    case 'constant': {
      const { low, high } = rangeOf(program.constant(row));
      return low === high ? low : undefined;
    }
    case 'broadcastInDim':
    case 'convert':
    case 'reshape':
      return filledWith(program, program.operand(row, 0));
    default:
      return undefined;
  }
}

/** What an input may hold that the device was given: `pack` refuses the rest. */
const limits = (dtype: DType): Range => ({ low: dtype === 'uint32' ? 0 : -MAX_INTEGER, high: MAX_INTEGER });

/** The integer inputs of a program, and its integers that were floats: what is known of them once it has run. */
export interface IntegerSources {
  readonly inputs: readonly number[];
  readonly converted: readonly Row[];
}

/**
 * What must be known to be sure of a program's integers; undefined where they are exact whatever it is run on.
 * @param bounds what is known of inputs
 * @throws GpuUnsupportedError where they are not, whatever it is run on
 */
export function requiredSources(program: Program, bounds: ReadonlyMap<Row, Range>): IntegerSources | undefined {
  const isConcerned = (row: Row) => program.hasSeveralResults(row) || isInteger(program.aval(row).dtype);
  if (!program.columns.opcodes.some((_, row) => isConcerned(row))) return undefined;
  const converted: Row[] = [];
  const ask = (range: (row: Row) => Range) => (row: Row) => {
    if (program.name(row) === 'input') return range(row);
    if (!converted.includes(row)) converted.push(row);
    return range === given ? ANY : range(row);
  };
  const given = (row: Row) => bounds.get(row) ?? limits(program.aval(row).dtype);
  try {
    checkIntegers(program, ask(given));
    return undefined;
  } catch (error) {
    if (!(error instanceof GpuUnsupportedError)) throw error;
  }
  checkIntegers(
    program,
    ask(() => ZERO),
  );
  return { inputs: program.inputAvals.flatMap(({ dtype }, index) => (isInteger(dtype) ? [index] : [])), converted };
}

function isConversion(program: Program, row: Row): boolean {
  if (program.name(row) !== 'convert') return false;
  return isInteger(program.aval(row).dtype) && isFloat(program.aval(program.operand(row, 0)).dtype);
}

/**
 * @param known the range of an input, and of a float that becomes an integer
 * @throws GpuUnsupportedError for integers that float32 may not hold
 */
export function checkIntegers(program: Program, known: (row: Row) => Range): void {
  const inputs = Array.from(program.inputs, (row) => {
    const { dtype } = program.aval(row);
    return dtype === 'bool' ? BOOL : isInteger(dtype) ? known(row) : ANY;
  });
  new Analysis(known).run(program, inputs, true);
}

/** Rows that hand on their first operand's integers. */
const HANDED_ON: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  'reshape',
  'transpose',
  'broadcastInDim',
  'slice',
  'reverse',
  'gather',
  'dynamicSlice',
  'reduceMax',
  'reduceMin',
  'cummax',
  'cummin',
  'stopGradient',
  'sort',
  'guard',
]);
/** Rows that choose among the integers of their operands from the one at the index on. */
const CHOSEN: Partial<Record<PrimitiveName, number>> = {
  select: 1,
  pad: 0,
  concatenate: 0,
  clamp: 0,
  scatterSet: 0,
  dynamicUpdateSlice: 0,
};
/** Those whose second operand is an index. */
const SKIPS_SECOND: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>(['scatterSet', 'scatterAdd']);

class Analysis {
  private visits = 0;

  constructor(private readonly known: (row: Row) => Range) {}

  /** The ranges of a program's results. `outermost`: conversions are asked for. */
  run(program: Program, inputs: readonly Range[], outermost = false): Range[] {
    const ranges = new Array<Range>(program.size).fill(ANY);
    const results = new Map<Row, Range[]>();
    program.inputs.forEach((row, index) => (ranges[row] = inputs[index]));
    for (let row = 0; row < program.size; row++) {
      const name = program.name(row);
      if (name === 'input') continue;
      if (program.hasSeveralResults(row) || isStructured(name)) {
        const found = this.structured(program, row, ranges);
        results.set(row, found);
        if (!program.hasSeveralResults(row)) [ranges[row]] = found;
        continue;
      }
      const { dtype } = program.aval(row);
      if (name === 'project')
        ranges[row] = (results.get(program.operand(row, 0)) as Range[])[program.params<'project'>(row).index];
      else if (name === 'literal') ranges[row] = { low: program.literal(row), high: program.literal(row) };
      else if (dtype === 'bool') ranges[row] = BOOL;
      else if (isInteger(dtype)) ranges[row] = this.integer(program, row, ranges, outermost);
      // Of floats only what is written in the program is known: numbers that become integers, often.
      else if (HANDED_ON.has(name)) ranges[row] = ranges[program.operand(row, 0)];
      if (++this.visits > MOST_VISITS)
        throw new GpuUnsupportedError('integers of so long a loop', program.position(row));
    }
    return Array.from(program.outputs, (row) => ranges[row]);
  }

  private integer(program: Program, row: Row, ranges: readonly Range[], outermost: boolean): Range {
    const name = program.name(row);
    const operands = Array.from(program.operands(row), (operand) => ranges[operand]);
    if (HANDED_ON.has(name)) return operands[0];
    const first = CHOSEN[name];
    if (first !== undefined)
      return operands.filter((_, at) => at >= first && !(SKIPS_SECOND.has(name) && at === 1)).reduce(union);
    if (name === 'constant') return rangeOf(program.constant(row));
    if (isConversion(program, row)) {
      const [{ low, high }] = operands;
      if (Number.isFinite(low) && Number.isFinite(high)) return { low: Math.trunc(low), high: Math.trunc(high) };
      return outermost ? this.known(row) : ANY;
    }
    // Words as they are never stand in a kernel: only what is made of their halves.
    if (isWide(program, row)) return WORD;
    const range = computed(program, row, operands);
    const least = program.aval(row).dtype === 'uint32' ? 0 : -MAX_INTEGER;
    if (name === 'convert' && range.low >= least && range.high <= MAX_INTEGER) return range;
    // Strictly inside, for 2²⁴ + 1 would round to 2²⁴; what is no number is not inside.
    if (range.high < MAX_INTEGER && range.low >= least && range.low > -MAX_INTEGER) return range;
    throw new GpuUnsupportedError(
      `\`${name}\` of integers that may be ${least === 0 ? 'negative or ' : ''}beyond 2²⁴, which float32 does not hold`,
      program.position(row),
    );
  }

  private structured(program: Program, row: Row, ranges: readonly Range[]): Range[] {
    const operands = Array.from(program.operands(row), (operand) => ranges[operand]);
    const name = program.name(row);
    if (name === 'scan') return this.scan(program.params<'scan'>(row), operands);
    if (name === 'cond') {
      const sides = program.params<'cond'>(row).branches.map((branch) => this.run(branch, operands.slice(1)));
      return sides.reduce((a, b) => a.map((range, at) => union(range, b[at])));
    }
    const called = calledProgram(program, row);
    // All else is refused where its kernel would be written.
    return called ? this.run(called, operands) : program.tuple(row).map(() => ANY);
  }

  /** Step after step, until the carried ranges stay as they are. */
  private scan({ body, length, consts, carry }: ParamsOf<'scan'>, operands: readonly Range[]): Range[] {
    const [fixed, slices] = [operands.slice(0, consts), operands.slice(consts + carry)];
    let carried = operands.slice(consts, consts + carry);
    let stacked: Range[] | undefined;
    for (let step = 0; step < length; step++) {
      const out = this.run(body, [...fixed, ...carried, ...slices]);
      const next = out.slice(0, carry).map((range, at) => union(range, carried[at]));
      stacked = out.slice(carry);
      if (next.every((range, at) => range.low === carried[at].low && range.high === carried[at].high)) break;
      carried = next;
    }
    return [...carried, ...(stacked ?? body.outputAvals.slice(carry).map(() => ZERO))];
  }
}

function isStructured(name: PrimitiveName): boolean {
  return ['scan', 'cond', 'call', 'customJvp', 'customVjp', 'linearCall'].includes(name);
}

/** The range of an integer that a row computes; ANY for what is not bounded here. */
function computed(program: Program, row: Row, [x, y, z]: readonly Range[]): Range {
  const name = program.name(row);
  const shapeOf = (operand: number) => program.aval(program.operand(row, operand)).shape;
  const many = ({ low, high }: Range, count: number) => ({
    low: count * Math.min(low, 0),
    high: count * Math.max(high, 0),
  });
  switch (name) {
    case 'iota': {
      const { shape, axis } = program.params<'iota'>(row);
      return { low: 0, high: Math.max(0, shape[axis] - 1) };
    }
    case 'convert':
      return x;
    case 'neg':
      return { low: -x.high, high: -x.low };
    case 'abs':
      return { low: 0, high: largest(x) };
    case 'sign':
      return { low: -1, high: 1 };
    case 'add':
      return { low: x.low + y.low, high: x.high + y.high };
    case 'sub':
      return { low: x.low - y.high, high: x.high - y.low };
    case 'mul': {
      const corners = [x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high];
      return { low: Math.min(...corners), high: Math.max(...corners) };
    }
    case 'min':
      return { low: Math.min(x.low, y.low), high: Math.min(x.high, y.high) };
    case 'max':
      return { low: Math.max(x.low, y.low), high: Math.max(x.high, y.high) };
    case 'div':
      return division(program, row, x, y);
    case 'rem': {
      const bound = Math.min(largest(x), y.low > 0 || y.high < 0 ? largest(y) - 1 : Infinity);
      return { low: x.low < 0 ? -bound : 0, high: x.high > 0 ? bound : 0 };
    }
    case 'shiftRightLogical':
      return x.low < 0 || y.low !== y.high ? ANY : { low: 0, high: Math.floor(x.high / 2 ** y.low) };
    case 'and':
      return x.low < 0 || y.low < 0 ? ANY : { low: 0, high: Math.min(x.high, y.high) };
    case 'or':
    case 'xor':
      if (x.low < 0 || y.low < 0) return ANY;
      return { low: 0, high: 2 ** Math.ceil(Math.log2(Math.max(x.high, y.high) + 1)) - 1 };
    case 'not':
      return { low: -x.high - 1, high: -x.low - 1 };
    case 'integerPow': {
      const { exponent } = program.params<'integerPow'>(row);
      return exponent < 0 ? ANY : upTo(Math.max(1, largest(x)) ** exponent, x);
    }
    case 'reduceSum':
      return many(x, sizeOf(program.params<'reduceSum'>(row).axes.map((axis) => shapeOf(0)[axis])));
    case 'reduceProd':
      return upTo(
        Math.max(1, largest(x)) ** sizeOf(program.params<'reduceProd'>(row).axes.map((axis) => shapeOf(0)[axis])),
        x,
      );
    case 'argmax':
    case 'argmin':
    case 'argsort':
      return { low: 0, high: shapeOf(0)[program.params<'argmax'>(row).axis] - 1 };
    case 'cumsum':
      return many(x, shapeOf(0)[program.params<'cumsum'>(row).axis]);
    case 'cumprod':
      return upTo(Math.max(1, largest(x)) ** shapeOf(0)[program.params<'cumprod'>(row).axis], x);
    case 'dotGeneral': {
      const length = sizeOf(program.params<'dotGeneral'>(row).lhsContract.map((axis) => shapeOf(0)[axis]));
      return upTo(length * largest(x) * largest(y), union(x, y));
    }
    case 'scatterAdd': {
      const all = many(z, sizeOf(shapeOf(1).slice(0, -1)));
      return { low: x.low + all.low, high: x.high + all.high };
    }
    default:
      return ANY;
  }
}

/** Towards zero; by zero −1, which for uint32 is beyond all bounds. */
function division(program: Program, row: Row, x: Range, y: Range): Range {
  if (y.low > 0)
    return {
      low: Math.trunc(x.low / (x.low < 0 ? y.low : y.high)),
      high: Math.trunc(x.high / (x.high < 0 ? y.high : y.low)),
    };
  return program.aval(row).dtype === 'uint32' ? ANY : upTo(Math.max(1, largest(x)), { low: -1, high: 1 });
}
