/**
 * Programs as plain data. `serializeProgram` gives what structured clone carries (typed arrays stay typed arrays): for messages
 * between processes and to the panel. `programToJson` gives text; numbers come back bit for bit.
 */
import { ProgramError } from './validate';
import { allocate, type ArrayData, type ArrayValue, type Aval, type DType } from './aval';
import { PositionTable, type SourcePosition } from './positions';
import { Program } from './program';

/** A program without classes: plain objects, arrays and typed arrays. */
export interface SerializedProgram {
  readonly format: 'gradlens-program';
  readonly version: 2;
  readonly opcodes: Uint8Array;
  readonly operandStarts: Int32Array;
  readonly operands: Int32Array;
  readonly paramIndices: Int32Array;
  readonly avalIndices: Int32Array;
  readonly positions: Int32Array;
  /** Parameters, with programs in their serialized form. */
  readonly params: readonly unknown[];
  readonly avals: readonly Aval[];
  readonly tuples: readonly (readonly Aval[])[];
  readonly literals: Float64Array;
  readonly constants: readonly ArrayValue[];
  /** Position k + 1 is entry k. */
  readonly sources: readonly SourcePosition[];
  readonly inputs: Int32Array;
  readonly outputs: Int32Array;
}

export function serializeProgram({ columns }: Program): SerializedProgram {
  const ids = new Map<number, number>();
  const sources: SourcePosition[] = [];
  const positions = columns.positions.map((id) => {
    const source = columns.positionTable.at(id);
    if (!source) return 0;
    let own = ids.get(id);
    if (own === undefined) ids.set(id, (own = sources.push({ ...source })));
    return own;
  });
  return {
    format: 'gradlens-program',
    version: 2,
    opcodes: columns.opcodes.slice(),
    operandStarts: columns.operandStarts.slice(),
    operands: columns.operands.slice(),
    paramIndices: columns.paramIndices.slice(),
    avalIndices: columns.avalIndices.slice(),
    positions,
    params: columns.params.map(packed),
    avals: columns.avals,
    tuples: columns.tuples,
    literals: columns.literals.slice(),
    constants: columns.constants.map(({ shape, dtype, data }) => ({ shape, dtype, data })),
    sources,
    inputs: columns.inputs,
    outputs: columns.outputs,
  };
}

/** @throws ProgramError where the data is not a program's; `validateProgram` checks the rest */
export function deserializeProgram(data: SerializedProgram): Program {
  if (!isSerialized(data)) {
    const { format, version } = data as Partial<SerializedProgram>;
    throw new ProgramError(
      format === 'gradlens-program'
        ? `it has version ${String(version)}, and this engine reads version 2`
        : 'the data is not a program',
    );
  }
  const positionTable = new PositionTable();
  const ids = data.sources.map(({ file, line, column }) => positionTable.add(file, line, column));
  return new Program({
    opcodes: data.opcodes,
    operandStarts: data.operandStarts,
    operands: data.operands,
    paramIndices: data.paramIndices,
    avalIndices: data.avalIndices,
    positions: data.positions.map((id) => (id > 0 ? ids[id - 1] : 0)),
    params: data.params.map(unpacked),
    avals: data.avals,
    tuples: data.tuples,
    literals: data.literals,
    constants: data.constants,
    positionTable,
    inputs: data.inputs,
    outputs: data.outputs,
  });
}

function isSerialized(value: unknown): value is SerializedProgram {
  const { format, version } = (value ?? {}) as Partial<SerializedProgram>;
  return format === 'gradlens-program' && version === 2;
}

function packed(params: unknown): unknown {
  return mapped(params, (value) => (value instanceof Program ? serializeProgram(value) : undefined));
}

function unpacked(params: unknown): unknown {
  return mapped(params, (value) => (isSerialized(value) ? deserializeProgram(value) : undefined));
}

/** A copy in which what `replace` answers for stands replaced, one level deep and within lists. */
function mapped(value: unknown, replace: (value: unknown) => unknown): unknown {
  const replaced = replace(value);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return value.map((item: unknown) => mapped(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, replace)]));
}

// ------------------------------------------------------------------------------------------ JSON

/** A typed array in JSON: its elements under the name of its dtype. */
const TAGS: readonly [string, new (length: number) => ArrayData, DType][] = [
  ['$f64', Float64Array, 'float64'],
  ['$f32', Float32Array, 'float32'],
  ['$i32', Int32Array, 'int32'],
  ['$u32', Uint32Array, 'uint32'],
  ['$u8', Uint8Array, 'bool'],
];

/** The program as JSON text. NaN, infinities and −0 are written as strings. */
export function programToJson(program: Program): string {
  return JSON.stringify(serializeProgram(program), (_key, value: unknown) => {
    if (typeof value === 'number') return numberToJson(value);
    const tag = TAGS.find(([, type]) => value instanceof type);
    return tag ? { [tag[0]]: Array.from(value as ArrayData, numberToJson) } : value;
  });
}

/** The program that `programToJson` wrote. @throws ProgramError, SyntaxError */
export function programFromJson(text: string): Program {
  const data: unknown = JSON.parse(text, (_key, value: unknown) => {
    if (typeof value === 'string' && value in SPECIAL) return SPECIAL[value];
    if (typeof value !== 'object' || value === null) return value;
    const tag = TAGS.find(([name]) => name in value);
    if (!tag) return value;
    const elements = (value as Record<string, number[]>)[tag[0]];
    const array = allocate(tag[2], elements.length);
    elements.forEach((element, index) => (array[index] = element));
    return array;
  });
  return deserializeProgram(data as SerializedProgram);
}

const SPECIAL: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity, '-0': -0 };

function numberToJson(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}
