/** Random loop nests over scalars, recorded as straight-line programs: what the loop finder has to roll up again. */
import { OPCODES } from '../../../../src/engine/primitives/opcodes';
import { SCALAR } from '../../../../src/engine/program/aval';
import { BOOL_AVAL } from '../../../../src/engine/program/builder';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program, Row } from '../../../../src/engine/program/program';

/** A small deterministic generator. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}

export interface Nest {
  readonly program: Program;
  readonly inputs: Float64Array;
}

type Statement =
  | {
      readonly kind: 'loop';
      /** Times, and how many more for each iteration of the loop around. */
      readonly count: number;
      readonly more: number;
      readonly variable: number;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'set';
      readonly target: Place;
      readonly opcode: number;
      readonly left: Place;
      readonly right: Place;
    }
  | { readonly kind: 'if'; readonly condition: Place; readonly limit: number; readonly body: readonly Statement[] }
  | { readonly kind: 'until'; readonly value: Place; readonly limit: number };

/** A scalar variable, a number, or an array element at an affine or looked-up index. */
type Place =
  | { readonly kind: 'variable'; readonly index: number }
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'element';
      readonly array: number;
      readonly terms: readonly number[];
      readonly offset: number;
      readonly table: boolean;
    };

const VARIABLES = 5;
const ARRAYS = 3;
const LENGTH = 37;
const OPERATIONS = [OPCODES.add, OPCODES.sub, OPCODES.mul, OPCODES.add, OPCODES.max, OPCODES.div];
const CALLS = [OPCODES.sin, OPCODES.tanh, OPCODES.neg, OPCODES.sqrt];

function generate(random: () => number, depth: number, budget: number, conditional: boolean): Statement[] {
  const pick = (count: number) => Math.floor(random() * count);
  const place = (assigned: boolean): Place => {
    const kind = random();
    if (kind < 0.4) return { kind: 'variable', index: pick(VARIABLES) };
    if (kind < 0.5 && !assigned) return { kind: 'number', value: pick(4) / 2 + 0.5 };
    const terms = Array.from({ length: 3 }, () => (random() < 0.5 ? 0 : pick(4) - 1));
    return { kind: 'element', array: pick(ARRAYS), terms, offset: pick(LENGTH), table: random() < 0.2 };
  };
  const statements: Statement[] = [];
  const count = 1 + pick(4);
  for (let index = 0; index < count; index++) {
    const kind = random();
    if (kind < 0.35 && depth < 3 && budget > 8) {
      const times = 1 + pick(Math.min(budget, depth === 0 ? 40 : 12));
      statements.push({
        kind: 'loop',
        count: times,
        more: depth > 0 && random() < 0.25 ? pick(4) - 1 : 0,
        variable: depth,
        body: generate(random, depth + 1, budget / times, conditional),
      });
    } else if (kind < 0.45 && conditional) {
      statements.push({
        kind: 'if',
        condition: place(false),
        limit: random() - 0.5,
        body: generate(random, 3, 0, false),
      });
    } else if (kind < 0.48 && conditional && depth > 0) {
      statements.push({ kind: 'until', value: place(false), limit: 3 + random() });
    } else {
      statements.push({
        kind: 'set',
        target: place(true),
        opcode: random() < 0.2 ? CALLS[pick(CALLS.length)] : OPERATIONS[pick(OPERATIONS.length)],
        left: place(false),
        right: place(false),
      });
    }
  }
  return statements;
}

/** Runs random statements on numbers and records what they do. */
class Recording {
  readonly b = new Emitter();
  readonly inputs: number[] = [];
  private readonly rows = new Map<Row, number>();
  private readonly variables: Row[] = [];
  private readonly arrays: Row[][] = [];
  private readonly table: number[];
  private readonly loopIndices = [0, 0, 0, 0];

  constructor(
    random: () => number,
    private readonly shared: boolean,
  ) {
    const input = () => {
      const row = this.b.input(SCALAR);
      const value = random() * 2 - 1;
      this.inputs.push(value);
      this.rows.set(row, value);
      return row;
    };
    for (let index = 0; index < VARIABLES; index++) this.variables.push(input());
    for (let array = 0; array < ARRAYS; array++) this.arrays.push(Array.from({ length: LENGTH }, input));
    this.table = Array.from({ length: LENGTH }, () => Math.floor(random() * LENGTH));
  }

  outputs(): Row[] {
    return [...this.variables, ...this.arrays.flat()];
  }

  private slot(place: Place & { kind: 'element' }): number {
    let at = place.offset;
    place.terms.forEach((term, level) => (at += term * this.loopIndices[level]));
    at = ((at % LENGTH) + LENGTH) % LENGTH;
    return place.table ? this.table[at] : at;
  }

  private read(place: Place): Row {
    switch (place.kind) {
      case 'variable':
        return this.variables[place.index];
      case 'number': {
        const row = this.shared ? this.b.literal(place.value) : this.b.newLiteral(place.value);
        this.rows.set(row, place.value);
        return row;
      }
      case 'element':
        return this.arrays[place.array][this.slot(place)];
    }
  }

  private write(place: Place, row: Row): void {
    if (place.kind === 'variable') this.variables[place.index] = row;
    else if (place.kind === 'element') this.arrays[place.array][this.slot(place)] = row;
  }

  private emit(opcode: number, x: Row, y: Row): Row {
    const a = this.rows.get(x) as number;
    const c = this.rows.get(y) as number;
    let row: Row;
    let value: number;
    switch (opcode) {
      case OPCODES.add:
        [row, value] = [this.b.emitScalar2(opcode, x, y), a + c];
        break;
      case OPCODES.sub:
        [row, value] = [this.b.emitScalar2(opcode, x, y), a - c];
        break;
      case OPCODES.mul:
        [row, value] = [this.b.emitScalar2(opcode, x, y), a * c];
        break;
      case OPCODES.max:
        [row, value] = [this.b.emitScalar2(opcode, x, y), Math.max(a, c)];
        break;
      case OPCODES.div:
        [row, value] = [this.b.emitScalar2(opcode, x, y), a / c];
        break;
      case OPCODES.sin:
        [row, value] = [this.b.emitScalar1(opcode, x), Math.sin(a)];
        break;
      case OPCODES.tanh:
        [row, value] = [this.b.emitScalar1(opcode, x), Math.tanh(a)];
        break;
      case OPCODES.sqrt:
        [row, value] = [this.b.emitScalar1(opcode, x), Math.sqrt(a)];
        break;
      default:
        [row, value] = [this.b.emitScalar1(OPCODES.neg, x), -a];
    }
    this.rows.set(row, value);
    return row;
  }

  private decide(x: Row, limit: number): boolean {
    const outcome = (this.rows.get(x) as number) < limit;
    const row = this.b.emitScalar2(OPCODES.lt, x, this.b.literal(limit), BOOL_AVAL);
    this.b.emit('guard', [row], { expected: outcome ? 1 : 0 });
    return outcome;
  }

  /** @returns true where the loop around ends early */
  run(statements: readonly Statement[]): boolean {
    for (const statement of statements) {
      if (this.b.size > 20_000) return true;
      if (statement.kind === 'set') {
        this.write(
          statement.target,
          this.emit(statement.opcode, this.read(statement.left), this.read(statement.right)),
        );
      } else if (statement.kind === 'if') {
        if (this.decide(this.read(statement.condition), statement.limit)) this.run(statement.body);
      } else if (statement.kind === 'until') {
        if (this.decide(this.read(statement.value), -statement.limit)) return true;
      } else {
        const { variable, more } = statement;
        const count = statement.count + more * (variable > 0 ? this.loopIndices[variable - 1] : 0);
        for (let time = 0; time < count; time++) {
          this.loopIndices[variable] = time;
          if (this.run(statement.body)) break;
        }
      }
    }
    return false;
  }
}

/** A program of random loops, with data-dependent control flow where `conditional`. */
export function randomNest(seed: number, conditional: boolean): Nest {
  const random = randomNumbers(seed * 2654435761 + 1);
  for (let warm = 0; warm < 8; warm++) random();
  const recording = new Recording(random, random() < 0.5);
  recording.run(generate(random, 0, 400, conditional));
  return { program: recording.b.finish(recording.outputs()), inputs: Float64Array.from(recording.inputs) };
}
