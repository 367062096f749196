/** Programs as text, in the style of `jax.make_jaxpr`. */
import { OPCODES } from '../primitives/opcodes';
import type { PrimitiveName } from '../primitives/params';
import { printAval } from './aval';
import { Program, type Row } from './program';

export interface PrintOptions {
  /** Adds the user's line to each equation. */
  readonly positions?: boolean;
  /** Leaves out equations beyond this many (of each program), with a line that says how many. */
  readonly maxEquations?: number;
}

/** Primitives whose names in JAX are not ours in snake case. */
const JAX_NAMES: Partial<Record<PrimitiveName, string>> = {
  convert: 'convert_element_type',
  reverse: 'rev',
  select: 'select_n',
  reduceLogSumExp: 'reduce_logsumexp',
  roundHalfUp: 'round_half_up',
  conv: 'conv_general_dilated',
  integerPow: 'integer_pow',
  isNaN: 'is_nan',
  isFinite: 'is_finite',
  customJvp: 'custom_jvp_call',
  customVjp: 'custom_vjp_call',
  erfInv: 'erf_inv',
};

/** JAX's name of a primitive. */
function jaxName(name: PrimitiveName): string {
  return JAX_NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `{ lambda ; a:f64[3]. let b:f64[3] = sin a in (b,) }`, one equation a line. */
export function printProgram(program: Program, options: PrintOptions = {}): string {
  return new Printer(program, options, '').print();
}

class Printer {
  private readonly names = new Map<Row, string>();
  private readonly used: Uint8Array;

  constructor(
    private readonly program: Program,
    private readonly options: PrintOptions,
    private readonly indent: string,
  ) {
    this.used = new Uint8Array(program.size);
    for (const row of program.outputs) this.used[row] = 1;
    for (const operand of program.columns.operands) this.used[operand] = 1;
  }

  print(): string {
    const { program, indent } = this;
    const constants: Row[] = [];
    for (let row = 0; row < program.size; row++) {
      if (program.opcode(row) === OPCODES.constant && this.used[row]) constants.push(row);
    }
    const head = constants.map((row) => this.declare(row)).join(' ');
    const inputs = Array.from(program.inputs, (row) => this.declare(row)).join(' ');
    const lines = this.equations();
    const outputs = Array.from(program.outputs, (row) => this.use(row));
    const tuple = outputs.length === 1 ? `(${outputs[0]},)` : `(${outputs.join(', ')})`;
    if (lines.length === 0) return `{ lambda ${head}; ${inputs}. let  in ${tuple} }`;
    const body = lines.map((line) => `${indent}    ${line}`).join('\n');
    return `{ lambda ${head}; ${inputs}. let\n${body}\n${indent}  in ${tuple} }`;
  }

  private equations(): string[] {
    const { program, options } = this;
    const lines: string[] = [];
    let left = 0;
    for (let row = 0; row < program.size; row++) {
      const opcode = program.opcode(row);
      if (
        opcode === OPCODES.input ||
        opcode === OPCODES.literal ||
        opcode === OPCODES.constant ||
        opcode === OPCODES.project
      ) {
        continue;
      }
      if (options.maxEquations !== undefined && lines.length >= options.maxEquations) {
        left++;
        continue;
      }
      lines.push(this.equation(row));
    }
    if (left > 0) lines.push(`… ${left} more equations`);
    return lines;
  }

  private equation(row: Row): string {
    const { program } = this;
    const results = program.opcode(row) === OPCODES.guard ? '_' : this.results(row);
    const operands = Array.from(program.operands(row), (operand) => this.use(operand));
    const call = [`${this.primitiveName(row)}${this.params(row)}`, ...operands].join(' ');
    const position = this.options.positions ? program.position(row) : undefined;
    return `${results} = ${call}${position ? `  # ${position.file}:${position.line}:${position.column}` : ''}`;
  }

  private results(row: Row): string {
    const { program } = this;
    if (!program.hasSeveralResults(row)) return this.declare(row);
    const avals = program.tuple(row);
    const projections = new Map<number, Row>();
    for (let next = row + 1; next < program.size; next++) {
      if (program.opcode(next) === OPCODES.project && program.operand(next, 0) === row) {
        projections.set(program.params<'project'>(next).index, next);
      }
    }
    return avals
      .map((aval, index) => {
        const projection = projections.get(index);
        return projection === undefined || !this.used[projection] ? `_:${printAval(aval)}` : this.declare(projection);
      })
      .join(' ');
  }

  private primitiveName(row: Row): string {
    const name = this.program.name(row);
    return name === 'call' ? this.program.params<'call'>(row).kind : jaxName(name);
  }

  private declare(row: Row): string {
    const name = letters(this.names.size);
    this.names.set(row, name);
    return `${name}:${printAval(this.program.aval(row))}`;
  }

  private use(row: Row): string {
    const { program } = this;
    const opcode = program.opcode(row);
    if (opcode === OPCODES.literal) return `${printNumber(program.literal(row))}:f64[]`;
    const known = this.names.get(row);
    if (known !== undefined) return known;
    return opcode === OPCODES.guard ? this.use(program.operand(row, 0)) : this.declare(row);
  }

  private params(row: Row): string {
    const params = this.program.params(row) as unknown;
    if (typeof params !== 'object' || params === null) return '';
    const entries = Object.entries(params)
      .filter(([key]) => key !== 'kind')
      .map(([key, value]) => `${snakeCase(key)}=${this.value(value)}`);
    return `[${entries.join(' ')}]`;
  }

  /** A parameter as Python writes it. */
  private value(value: unknown): string {
    if (value instanceof Program) return new Printer(value, this.options, `${this.indent}    `).print();
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (typeof value === 'number') return String(value);
    if (value === null || value === undefined) return 'None';
    if (Array.isArray(value)) {
      const items = value.map((item) => this.value(item));
      return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
    }
    if (typeof value === 'object' && 'shape' in value && 'dtype' in value)
      return printAval(value as Parameters<typeof printAval>[0]);
    return String(value as string);
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** 2 is `2.0`, as in JAX. */
function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

/** a … z, aa, ab, … */
function letters(index: number): string {
  let text = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(97 + ((rest - 1) % 26)) + text;
  }
  return text;
}
