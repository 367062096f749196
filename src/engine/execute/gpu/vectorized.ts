/**
 * Loops of a traced plain function that carry arrays, as a diffusion in time steps does, as rows over vectors: an innermost loop whose
 * turns need nothing of each other is one operation a site for all of them, one with a recurrence a `scan`. Loops around are
 * written out: to kernels each of their turns is the same steps again.
 */
import type { PrimitiveName } from '../../primitives/params';
import { OPCODE_NAMES, OPCODES } from '../../primitives/opcodes';
import { Emitter } from '../../program/emitter';
import { eliminateDeadRows } from '../../program/prune';
import { NONE, type Program, type Row } from '../../program/program';
import { isLoop, type Item, type Loop, type LoopTree } from '../roll/tree';
import { tapeArity } from '../scalar/operations';
import { lastUsesOf, sourceInRun, valuesOf, vectorRun, type VectorRun } from './vectorRuns';
import type { Tape } from '../scalar/tape';
import { joinInputs, withInputOrder } from './rolledInputs';

/** What vectors have no place for: the trace stays flat. */
class NotVectors extends Error {}

/** Turns of a loop from which on vectors pay. */
const FEWEST_TURNS = 16;
/** Pieces that an operand is put together from. */
const MOST_PIECES = 16;
/** Vectors that an operand may run through in turn: a turn of a loop holds several elements where it was cut so. */
const INTERLEAVED = [1, 2, 3, 4];
/** How much shorter the program must become. */
const SHORTER = 4;

/** Neighbours in a vector, `step` apart, or one value (`vector` NONE) several times. */
interface Piece {
  readonly vector: Row;
  readonly value: number;
  readonly first: number;
  step: number;
  length: number;
}

/**
 * @param active which inputs stand in the first vector; the others are a second one, where there are any
 * @returns ([active], [other]) → [m], or undefined where that is not much shorter than the trace
 */
export function vectorizeLoops(
  program: Program,
  tape: Tape,
  tree: LoopTree,
  active: readonly boolean[],
): Program | undefined {
  try {
    return new Vectorizer(program, tape, tree).write(active);
  } catch (error) {
    if (error instanceof NotVectors) return undefined;
    throw error;
  }
}

class Vectorizer {
  private readonly b: Emitter;
  /** By value: the vector in which it stands, and its place there; the row of its own. */
  private readonly vectors: Int32Array;
  private readonly places: Int32Array;
  private readonly scalars: Int32Array;
  private readonly columns: readonly Int32Array[];
  private readonly known = new Map<string, Row>();
  /** By row: the last one that reads it; those that are results have one behind the end. */
  private readonly lastUses: Int32Array;
  private row = 0;
  private found = false;

  constructor(
    private readonly program: Program,
    private readonly tape: Tape,
    private readonly tree: LoopTree,
  ) {
    this.b = new Emitter(program.columns.positionTable);
    this.vectors = new Int32Array(tape.firstLiteral).fill(NONE);
    this.places = new Int32Array(tape.firstLiteral);
    this.scalars = new Int32Array(tape.valueCount).fill(NONE);
    this.columns = [tape.a, tape.b, tape.c];
    this.lastUses = lastUsesOf(tape);
  }

  write(active: readonly boolean[]): Program {
    const { tape } = this;
    this.put(joinInputs(this.b, active), 0, 1, tape.inputCount);
    this.items(this.tree.items);
    if (!this.found) throw new NotVectors();
    const out = this.vector(tape.outputs, true);
    return eliminateDeadRows(this.b.finish([out]));
  }

  /** Values `first`, `first + step` … are the elements of a vector. */
  private put(vector: Row, first: number, step: number, count: number): void {
    for (let at = 0; at < count; at++) {
      this.vectors[first + at * step] = vector;
      this.places[first + at * step] = at;
    }
  }

  private items(items: readonly Item[]): void {
    for (const item of items) {
      if (this.b.size > this.tape.size / SHORTER) throw new NotVectors();
      if (!isLoop(item)) for (let site = item.first; site < item.end; site++) this.scalar();
      else if (this.isVectors(item)) this.loop(item);
      else for (let turn = 0; turn < item.count; turn++) this.items(item.items);
    }
  }

  private isVectors(loop: Loop): boolean {
    return loop.count >= FEWEST_TURNS && loop.items.length === 1 && !isLoop(loop.items[0]);
  }

  /** The next row by itself. */
  private scalar(): void {
    const operand = (column: number) => this.element(this.columns[column][this.row]);
    this.scalars[this.tape.inputCount + this.row] = this.operation(this.b, this.row, operand);
    this.row++;
  }

  private operation(b: Emitter, row: number, operand: (column: number) => Row): Row {
    const { tape, program } = this;
    b.position = b.positionIn(program, tape.sources[row]);
    const opcode = tape.ops[row];
    if (opcode === OPCODES.integerPow) return b.integerPow(operand(0), tape.literals[tape.b[row] - tape.firstLiteral]);
    const operands = Array.from({ length: tapeArity[opcode] }, (_, column) => operand(column));
    return b.emit(OPCODE_NAMES[opcode] as PrimitiveName, operands, undefined as never);
  }

  private loop(loop: Loop): void {
    this.found = true;
    const period = loop.endSite - loop.firstSite;
    const end = this.row + period * loop.count;
    const run = vectorRun(this.tape, this.row, period, loop.count);
    if (!run) throw new NotVectors();
    while (this.row < run.start) this.scalar();
    const { start, count } = run;
    for (const offset of run.order) {
      const row = start + offset;
      this.requireOneExponent(run, offset);
      const operand = (column: number) => this.vector(valuesOf(this.tape, run, offset, column));
      this.put(this.operation(this.b, row, operand), this.tape.inputCount + row, period, count);
    }
    if (run.recurrent.length > 0) this.recurrence(run);
    this.row = start + period * count;
    while (this.row < end) this.scalar();
  }

  private requireOneExponent(run: VectorRun, offset: number): void {
    const { ops, literals, firstLiteral } = this.tape;
    if (ops[run.start + offset] !== OPCODES.integerPow) return;
    const exponents = valuesOf(this.tape, run, offset, 1).map((value) => literals[value - firstLiteral]);
    if (exponents.some((value) => value !== exponents[0])) throw new NotVectors();
  }

  /** Sites of a loop that need what they gave in the turn before: a scan. */
  private recurrence(run: VectorRun): void {
    const { tape, b } = this;
    const { start, count, period, recurrent: offsets } = run;
    const end = start + count * period;
    const inner = new Emitter(this.program.columns.positionTable);
    const rows = new Map<number, Row>();
    const inputs: { kind: 'const' | 'carry' | 'xs'; row: Row; outside: Row; later: number }[] = [];
    const input = (kind: 'const' | 'carry' | 'xs', outside: Row, later = -1): Row => {
      const before = inputs.find((one) => one.kind === kind && one.outside === outside && one.later === later);
      if (before) return before.row;
      const row = inner.input({ shape: [], dtype: b.aval(outside).dtype });
      inputs.push({ kind, row, outside, later });
      return row;
    };
    const first = tape.inputCount + start;
    const operand = (offset: number, column: number): Row => {
      const values = valuesOf(tape, run, offset, column);
      const source = sourceInRun(tape, run, values);
      if (!source) {
        const isOne = values.every((value) => value === values[0]);
        return isOne ? input('const', this.element(values[0])) : input('xs', this.vector(values));
      }
      if (source.lag === 1) return input('carry', this.element(values[0]), source.offset);
      return rows.get(source.offset) as Row;
    };
    for (const offset of offsets) {
      this.requireOneExponent(run, offset);
      rows.set(
        offset,
        this.operation(inner, start + offset, (column) => operand(offset, column)),
      );
    }
    const ordered = (kind: 'const' | 'carry' | 'xs') => inputs.filter((one) => one.kind === kind);
    const [consts, carry, xs] = [ordered('const'), ordered('carry'), ordered('xs')];
    // The last value comes out of the loop where it is carried.
    const lastOf = (offset: number) => carry.findIndex(({ later }) => later === offset);
    const stacked = offsets.filter((offset) => {
      const turns = lastOf(offset) < 0 ? count : count - 1;
      for (let turn = 0; turn < turns; turn++) if (this.lastUses[start + turn * period + offset] >= end) return true;
      return false;
    });
    const results = [...carry.map(({ later }) => later), ...stacked].map((offset) => rows.get(offset) as Row);
    if (carry.some(({ row }, at) => inner.avalIndexOf(row) !== inner.avalIndexOf(results[at]))) throw new NotVectors();
    const order = [...consts, ...carry, ...xs];
    const body = withInputOrder(
      inner.finish(results),
      order.map((one) => inputs.indexOf(one)),
    );
    const params = { body, length: count, consts: consts.length, carry: carry.length, reverse: false };
    const out = b.emitMany(
      'scan',
      order.map(({ outside }) => outside),
      params,
    );
    stacked.forEach((offset, at) => this.put(out[carry.length + at], first + offset, period, count));
    carry.forEach(({ later }, at) => (this.scalars[first + (count - 1) * period + later] = out[at]));
  }

  /** A value as a number. */
  private element(value: number): Row {
    const { b, tape, scalars } = this;
    if (scalars[value] === NONE) {
      if (value >= tape.firstLiteral) scalars[value] = b.literal(tape.literals[value - tape.firstLiteral]);
      else {
        if (this.vectors[value] === NONE) throw new NotVectors();
        const at = this.places[value];
        scalars[value] = b.reshape(b.sliceAxis(this.vectors[value], 0, at, at + 1), []);
      }
    }
    return scalars[value];
  }

  /** Values as a vector. */
  private vector(values: Int32Array, isResult = false): Row {
    const { b, tape } = this;
    if (values.every((value) => value >= tape.firstLiteral)) {
      const data = Float64Array.from(values, (value) => tape.literals[value - tape.firstLiteral]);
      if (data.every((value) => Object.is(value, data[0]))) return b.broadcast(b.literal(data[0]), [data.length], []);
      return this.memo(`constant ${data.join()}`, () => b.constant({ shape: [data.length], dtype: 'float64', data }));
    }
    for (const period of INTERLEAVED) {
      const turns = Math.floor(values.length / period);
      const ways = Array.from({ length: period }, (_, way) =>
        this.piecesOf(values.subarray(0, turns * period).filter((_value, at) => at % period === way)),
      );
      if (ways.some((pieces) => pieces.length > MOST_PIECES)) continue;
      const rest = Array.from(values.subarray(turns * period), (value) => b.reshape(this.element(value), [1]));
      if (period === 1) return this.joined(ways[0]);
      const columns = ways.map((pieces) => b.reshape(this.joined(pieces), [turns, 1]));
      return this.concatenated([b.reshape(this.concatenated(columns, 1), [turns * period]), ...rest]);
    }
    if (!isResult) throw new NotVectors();
    return this.joined(this.piecesOf(values));
  }

  private joined(pieces: readonly Piece[]): Row {
    const keys = pieces.map(({ vector, value, first, step, length }) => [vector, value, first, step, length].join());
    return this.memo(keys.join(' '), () => this.concatenated(pieces.map((piece) => this.part(piece))));
  }

  private concatenated(parts: readonly Row[], axis = 0): Row {
    const { b } = this;
    const { dtype } = b.aval(parts[0]);
    if (parts.some((part) => b.aval(part).dtype !== dtype)) throw new NotVectors();
    return b.concatenate(parts, axis);
  }

  private memo(key: string, make: () => Row): Row {
    let row = this.known.get(key);
    if (row === undefined) this.known.set(key, (row = make()));
    return row;
  }

  private piecesOf(values: Int32Array): Piece[] {
    const pieces: Piece[] = [];
    for (const value of values) {
      const vector = value >= this.tape.firstLiteral ? NONE : this.vectors[value];
      const place = vector === NONE ? 0 : this.places[value];
      const last = pieces.at(-1);
      if (last && last.vector === vector) {
        const step = vector === NONE ? 0 : place - (last.first + last.step * (last.length - 1));
        const fits = vector === NONE ? value === last.value : last.length === 1 || step === last.step;
        if (fits) {
          last.step = step;
          last.length++;
          continue;
        }
      }
      pieces.push({ vector, value: vector === NONE ? value : NONE, first: place, step: 0, length: 1 });
    }
    return pieces;
  }

  private part({ vector, value, first, step, length }: Piece): Row {
    const { b } = this;
    if (vector === NONE) return b.broadcast(this.element(value), [length], []);
    const end = first + step * (length - 1);
    const low = Math.min(first, end);
    if (step === 0) {
      const one = b.sliceAxis(vector, 0, first, first + 1);
      return length === 1 ? one : b.broadcast(b.reshape(one, []), [length], []);
    }
    const slice = b.sliceAxis(vector, 0, low, Math.max(first, end) + 1, Math.abs(step));
    return step < 0 ? b.reverse(slice, [0]) : slice;
  }
}
