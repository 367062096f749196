/**
 * 32-bit words in kernels of float32: a program that draws random bits is written again with two numbers of 16 bits for each uint32
 * that may need them. Random bits themselves become `shiftRightLogical(randomBits(key), 16)` and `and(randomBits(key), 65535)`, with
 * the key joined as `or(shiftLeft(high, 16), low)`: what a processor computes so, a kernel computes by one function of the halves.
 */
import { isFloat, sizeOf, type ArrayValue, type Shape } from '../../program/aval';
import type { PrimitiveName } from '../../primitives/params';
import { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { MAX_INTEGER } from './context';
import { filledWith, rangeOf } from './integers';

const HALF = 65536;

/** Which part of an input or output a row of the split program is. */
export type Part = 'whole' | 'high' | 'low';

export interface SplitProgram {
  readonly program: Program;
  /** For each input (output) of the split program, which one of the original program it is, or is half of. */
  readonly inputs: readonly { readonly index: number; readonly part: Part }[];
  readonly outputs: readonly { readonly index: number; readonly part: Part }[];
}

/** The half of each word of an array. */
export function halfOf({ shape, dtype, data }: ArrayValue, part: Part): ArrayValue {
  if (part === 'whole') return { shape, dtype, data } as ArrayValue;
  return {
    shape,
    dtype: 'uint32',
    data: Uint32Array.from(data, (word: number) => (part === 'high' ? word >>> 16 : word & (HALF - 1))),
  };
}

/** Words from their halves. */
export function joinHalves(high: ArrayLike<number>, low: ArrayLike<number>, shape: Shape): ArrayValue {
  const data = new Uint32Array(sizeOf(shape));
  for (let at = 0; at < data.length; at++) data[at] = high[at] * HALF + low[at];
  return { shape, dtype: 'uint32', data };
}

const whole = (program: Program): SplitProgram => ({
  program,
  inputs: Array.from(program.inputs, (_, index) => ({ index, part: 'whole' })),
  outputs: Array.from(program.outputs, (_, index) => ({ index, part: 'whole' })),
});

/** The program with words in halves; as it is where it has no bits. */
export function splitWords(program: Program): SplitProgram {
  for (let row = 0; row < program.size; row++)
    if (program.name(row) === 'randomBits' || (BITWISE.has(program.name(row)) && isWord(program, row)))
      return new Splitter(program).write();
  return whole(program);
}

const BITWISE: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  'and',
  'or',
  'xor',
  'not',
  'shiftLeft',
  'shiftRightLogical',
]);
/** Rows that move words about: which operands are the words. */
const MOVES: Partial<Record<PrimitiveName, (operand: number) => boolean>> = {
  reshape: (operand) => operand === 0,
  transpose: (operand) => operand === 0,
  broadcastInDim: (operand) => operand === 0,
  slice: (operand) => operand === 0,
  reverse: (operand) => operand === 0,
  gather: (operand) => operand === 0,
  dynamicSlice: (operand) => operand === 0,
  dynamicUpdateSlice: (operand) => operand < 2,
  concatenate: () => true,
  pad: () => true,
  select: (operand) => operand > 0,
  scatterSet: (operand) => operand !== 1,
};

const isWord = (program: Program, row: Row) => !program.hasSeveralResults(row) && program.aval(row).dtype === 'uint32';

interface Halves {
  readonly high: Row;
  readonly low: Row;
}

class Splitter {
  private readonly b: Emitter;
  private readonly map: Int32Array;
  private readonly halves = new Map<Row, Halves>();

  constructor(private readonly program: Program) {
    this.b = new Emitter(program.columns.positionTable);
    this.map = new Int32Array(program.size).fill(NONE);
  }

  write(): SplitProgram {
    const { program, b, map, halves } = this;
    const inputs: { index: number; part: Part }[] = [];
    program.inputs.forEach((row, index) => {
      const aval = program.aval(row);
      const input = (part: Part) => {
        inputs.push({ index, part });
        return b.input(aval);
      };
      if (aval.dtype === 'uint32') halves.set(row, { high: input('high'), low: input('low') });
      else map[row] = input('whole');
    });
    for (let row = 0; row < program.size; row++) {
      if (program.name(row) === 'input') continue;
      const found = isWord(program, row) ? this.split(row) : undefined;
      if (found) halves.set(row, found);
      else if (map[row] === NONE) map[row] = this.read(row) ?? this.copy(row);
    }
    const outputs: { index: number; part: Part }[] = [];
    const rows = Array.from(program.outputs).flatMap((row, index) => {
      const found = halves.get(row);
      const parts: readonly Part[] = found ? ['high', 'low'] : ['whole'];
      outputs.push(...parts.map((part) => ({ index, part })));
      return found ? [found.high, found.low] : [map[row]];
    });
    return { program: b.finish(rows), inputs, outputs };
  }

  private copy(row: Row): Row {
    for (const operand of this.program.operands(row)) this.whole(operand);
    return this.b.copy(this.program, row, this.map);
  }

  /** What comes of words without being one: floats, and whether they are equal. */
  private read(row: Row): Row | undefined {
    const { program, b, halves } = this;
    const name = program.name(row);
    if (program.hasSeveralResults(row)) return undefined;
    const [x, y] = program.operands(row);
    b.position = b.positionIn(program, row);
    const { dtype } = program.aval(row);
    if (name === 'convert' && isFloat(dtype) && halves.has(x)) {
      const { high, low } = halves.get(x) as Halves;
      // Cut off after 24 bits: rounding up could give 1 where a fraction is below it.
      const cut = b.scale(this.over(low, 256), 256);
      return b.add(b.scale(b.convert(high, dtype), HALF), b.convert(cut, dtype));
    }
    if ((name === 'eq' || name === 'ne') && (halves.has(x) || halves.has(y))) {
      const [left, right] = [this.halvesOf(x), this.halvesOf(y)];
      const equal = b.and(b.eq(left.high, right.high), b.eq(left.low, right.low));
      return name === 'eq' ? equal : b.not(equal);
    }
    return undefined;
  }

  /** A row that is in halves as one number, which the analysis of integers then bounds. */
  private whole(row: Row): Row {
    const found = this.halves.get(row);
    if (!found || this.map[row] !== NONE) return this.map[row];
    return (this.map[row] = this.b.add(this.b.scale(found.high, HALF), found.low));
  }

  private halvesOf(row: Row): Halves {
    const found = this.halves.get(row);
    if (found) return found;
    const one = this.map[row];
    return { high: this.over(one, HALF), low: this.rest(one, HALF) };
  }

  /** How often a power of two goes into a number, and what is left. */
  private over(x: Row, divisor: number): Row {
    return this.b.emit('shiftRightLogical', [x, this.b.fullLike(x, Math.log2(divisor))], undefined);
  }

  private rest(x: Row, divisor: number): Row {
    return this.b.and(x, this.b.fullLike(x, divisor - 1));
  }

  /** The halves of a word; undefined where it stays one number, which may have been written already. */
  private split(row: Row): Halves | undefined {
    const { program, b, map, halves } = this;
    const name = program.name(row);
    const operands = Array.from(program.operands(row));
    const isSplit = operands.some((operand) => halves.has(operand));
    const [x, y] = operands;
    b.position = b.positionIn(program, row);
    switch (name) {
      case 'constant': {
        const value = program.constant(row);
        if (rangeOf(value).high < MAX_INTEGER) return undefined;
        return { high: b.constant(halfOf(value, 'high')), low: b.constant(halfOf(value, 'low')) };
      }
      case 'randomBits': {
        const { high, low } = this.halvesOf(x);
        const key = b.or(b.emit('shiftLeft', [high, b.fullLike(high, 16)], undefined), low);
        const bits = b.emit('randomBits', [key], program.params<'randomBits'>(row));
        return {
          high: b.emit('shiftRightLogical', [bits, b.fullLike(bits, 16)], undefined),
          low: b.and(bits, b.fullLike(bits, HALF - 1)),
        };
      }
      case 'add':
      case 'sub': {
        if (!isSplit) return undefined;
        const [left, right] = [this.halvesOf(x), this.halvesOf(y)];
        // Below zero nothing goes: a whole turn is added first.
        const lift = name === 'sub' ? HALF : 0;
        const join = (p: Row, q: Row) => (name === 'add' ? b.add(p, q) : b.sub(b.shift(p, lift), q));
        const low = join(left.low, right.low);
        const high = b.add(join(left.high, right.high), this.over(low, HALF));
        // A turn that was added and not used up has been carried: it goes off again.
        return { high: this.rest(lift === 0 ? high : b.shift(high, HALF - 1), HALF), low: this.rest(low, HALF) };
      }
      case 'mul':
        if (!isSplit && this.bound(x) * this.bound(y) < MAX_INTEGER) return undefined;
        return this.product(this.halvesOf(x), this.halvesOf(y));
      case 'and':
      case 'or':
      case 'xor': {
        const [left, right] = [this.halvesOf(x), this.halvesOf(y)];
        const both = (p: Row, q: Row) => b.emit(name, [p, q], undefined);
        return { high: both(left.high, right.high), low: both(left.low, right.low) };
      }
      case 'not': {
        const { high, low } = this.halvesOf(x);
        return { high: b.subFrom(HALF - 1, high), low: b.subFrom(HALF - 1, low) };
      }
      case 'shiftLeft':
      case 'shiftRightLogical': {
        const by = filledWith(program, y);
        if (by === undefined || by < 0 || by > 31) return undefined;
        return name === 'shiftLeft'
          ? this.shiftedLeft(this.halvesOf(x), by)
          : this.shiftedRight(row, this.halvesOf(x), by);
      }
      case 'rem':
        if (halves.has(x) && !halves.has(y)) map[row] = this.remainder(halves.get(x) as Halves, map[y], this.bound(y));
        return undefined;
      default: {
        const moves = MOVES[name];
        if (!moves || !operands.some((operand, at) => moves(at) && halves.has(operand))) return undefined;
        const parts = operands.map((operand, at) => (moves(at) ? this.halvesOf(operand) : this.whole(operand)));
        const moved = (part: 'high' | 'low') =>
          b.emit(
            name,
            parts.map((one) => (typeof one === 'number' ? one : one[part])),
            program.params(row),
          );
        return { high: moved('high'), low: moved('low') };
      }
    }
  }

  private shiftedLeft({ high, low }: Halves, by: number): Halves {
    const { b } = this;
    if (by >= 16) return { high: b.scale(this.rest(low, 2 ** (32 - by)), 2 ** (by - 16)), low: b.fullLike(low, 0) };
    const part = (x: Row) => b.scale(this.rest(x, 2 ** (16 - by)), 2 ** by);
    return { high: b.add(part(high), this.over(low, 2 ** (16 - by))), low: part(low) };
  }

  /** By 9 places and more the word fits into one number. */
  private shiftedRight(row: Row, { high, low }: Halves, by: number): Halves | undefined {
    const { b, map } = this;
    if (by >= 16) map[row] = this.over(high, 2 ** (by - 16));
    else if (by > 8) map[row] = b.add(b.scale(high, 2 ** (16 - by)), this.over(low, 2 ** by));
    else
      return {
        high: this.over(high, 2 ** by),
        low: b.add(b.scale(this.rest(high, 2 ** by), 2 ** (16 - by)), this.over(low, 2 ** by)),
      };
    return undefined;
  }

  /** The largest number that a row may hold, where the program says so; 0 where it does not, and the analysis of integers must. */
  private bound(row: Row): number {
    const { program } = this;
    const name = program.name(row);
    if (name === 'constant') return rangeOf(program.constant(row)).high;
    if (name === 'broadcastInDim' || name === 'reshape') return this.bound(program.operand(row, 0));
    if (name === 'rem') return Math.max(0, this.bound(program.operand(row, 1)) - 1);
    return filledWith(program, row) ?? 0;
  }

  /** Modulo 2³²: byte by half, which float32 holds. */
  private product(x: Halves, y: Halves): Halves {
    const { b } = this;
    // What is above 2¹⁶ of a high half times a low one is lost.
    const across = (p: Row, q: Row) => {
      const upper = b.scale(this.rest(b.mul(this.over(p, 256), q), 256), 256);
      return this.rest(b.add(upper, b.mul(this.rest(p, 256), q)), HALF);
    };
    const upper = b.mul(this.over(x.low, 256), y.low);
    const lower = b.mul(this.rest(x.low, 256), y.low);
    const low = b.add(b.scale(this.rest(upper, 256), 256), this.rest(lower, HALF));
    const carried = b.add(b.add(this.over(upper, 256), this.over(lower, HALF)), this.over(low, HALF));
    const high = b.add(carried, b.add(across(x.high, y.low), across(y.high, x.low)));
    return { high: this.rest(high, HALF), low: this.rest(low, HALF) };
  }

  /** As many bits after the other as the divisor leaves place for: eight where nothing is known of it. */
  private remainder({ high, low }: Halves, divisor: Row, bound: number): Row {
    const { b } = this;
    const bits = [8, 4, 2].find((count) => bound * 2 ** count <= MAX_INTEGER) ?? 1;
    const rest = (x: Row) => b.emit('rem', [x, divisor], undefined);
    let found = rest(high);
    for (let shift = 16 - bits; shift >= 0; shift -= bits) {
      const more = shift === 0 ? low : this.over(low, 2 ** shift);
      found = rest(b.add(b.scale(found, 2 ** bits), this.rest(more, 2 ** bits)));
    }
    return found;
  }
}
