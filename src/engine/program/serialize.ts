/**
 * Programs outside their process: as an object that survives structured clone (to a worker, the panel, another process) and as
 * JSON text. Sub-programs, in the parameters of structured primitives, go along.
 */
import { GradLensError } from '../errors';
import { OPCODE_NAMES } from '../primitives/opcodes';
import { allocate, type ArrayValue, type Aval, type DType } from './aval';
import { PositionTable, type SourcePosition } from './positions';
import { Program } from './program';

const VERSION = 1;

type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array | readonly (number | string)[];

/** Plain data: typed arrays (or, from JSON, lists of numbers), strings and objects. */
export interface SerializedProgram {
  readonly version: number;
  readonly opcodes: Numbers;
  readonly operandStarts: Numbers;
  readonly operands: Numbers;
  readonly paramIndices: Numbers;
  readonly avalIndices: Numbers;
  readonly positions: Numbers;
  readonly params: readonly unknown[];
  readonly avals: readonly Aval[];
  readonly tuples: readonly (readonly Aval[])[];
  readonly literals: Numbers;
  readonly constants: readonly { readonly shape: readonly number[]; readonly dtype: DType; readonly data: Numbers }[];
  readonly positionTable: readonly SourcePosition[];
  readonly inputs: Numbers;
  readonly outputs: Numbers;
}

/** Marks a sub-program among parameters. */
interface Nested {
  readonly subProgram: SerializedProgram;
}

/** The program as plain data. Typed arrays are shared with the program: a message copies them. */
export function serializeProgram(program: Program): SerializedProgram {
  const { columns } = program;
  return {
    version: VERSION,
    opcodes: columns.opcodes,
    operandStarts: columns.operandStarts,
    operands: columns.operands,
    paramIndices: columns.paramIndices,
    avalIndices: columns.avalIndices,
    positions: columns.positions,
    params: columns.params.map(packParams),
    avals: columns.avals,
    tuples: columns.tuples,
    literals: columns.literals,
    constants: columns.constants.map(({ shape, dtype, data }) => ({ shape, dtype, data })),
    positionTable: columns.positionTable.list(),
    inputs: columns.inputs,
    outputs: columns.outputs,
  };
}

/** The program of plain data. @throws GradLensError where the data is of another version or no program */
export function deserializeProgram(data: SerializedProgram): Program {
  if (data.version !== VERSION) {
    throw new GradLensError(
      'bad-program',
      `This is no program that this version of GradLens reads (version ${data.version}, not ${VERSION}).`,
    );
  }
  const positionTable = new PositionTable();
  // Id 0 is "unknown" in every table; the others follow in order.
  for (const { file, line, column } of data.positionTable.slice(1)) positionTable.add(file, line, column);
  const opcodes = Uint8Array.from(numbers(data.opcodes));
  const unknown = opcodes.find((opcode) => OPCODE_NAMES[opcode] === undefined);
  if (unknown !== undefined)
    throw new GradLensError('bad-program', `There is no primitive with the number ${unknown}.`);
  return new Program({
    opcodes,
    operandStarts: Int32Array.from(numbers(data.operandStarts)),
    operands: Int32Array.from(numbers(data.operands)),
    paramIndices: Int32Array.from(numbers(data.paramIndices)),
    avalIndices: Int32Array.from(numbers(data.avalIndices)),
    positions: Int32Array.from(numbers(data.positions)),
    params: data.params.map(unpackParams),
    avals: data.avals,
    tuples: data.tuples,
    literals: Float64Array.from(numbers(data.literals)),
    constants: data.constants.map(unpackConstant),
    positionTable,
    inputs: Int32Array.from(numbers(data.inputs)),
    outputs: Int32Array.from(numbers(data.outputs)),
  });
}

/** The program as JSON text; NaN, infinities and −0 are strings in it. */
export function programToJson(program: Program): string {
  return JSON.stringify(serializeProgram(program), (_, value: unknown) => {
    if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, jsonNumber);
    return typeof value === 'number' ? jsonNumber(value) : value;
  });
}

/** The program of a JSON text. @throws GradLensError, SyntaxError */
export function programFromJson(text: string): Program {
  const revive = (_: string, value: unknown) =>
    typeof value === 'string' && /^(NaN|-?Infinity|-0)$/.test(value) ? Number(value) : value;
  return deserializeProgram(JSON.parse(text, revive) as SerializedProgram);
}

function jsonNumber(value: number): number | string {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value);
}

function numbers(data: Numbers): Iterable<number> {
  return data as Iterable<number>;
}

function unpackConstant({ shape, dtype, data }: SerializedProgram['constants'][number]): ArrayValue {
  const values = allocate(dtype, data.length);
  values.set(Array.from(numbers(data)));
  return { shape, dtype, data: values };
}

/** Parameters are flat objects; a program among them (or in a list of them, the branches of cond) is packed too. */
function packParams(params: unknown): unknown {
  return mapPrograms(params, (value) =>
    value instanceof Program ? { subProgram: serializeProgram(value) } : undefined,
  );
}

function unpackParams(params: unknown): unknown {
  return mapPrograms(params, (value) => (isNested(value) ? deserializeProgram(value.subProgram) : undefined));
}

function mapPrograms(value: unknown, replace: (value: unknown) => unknown): unknown {
  const replaced = replace(value);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return value.map((item) => mapPrograms(item, replace));
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapPrograms(item, replace)]));
}

function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null && 'subProgram' in value;
}
