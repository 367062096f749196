/** Dependence through a whole program, row by row: the forward propagation of index sets (Griewank and Walther 2008, ch. 7). */
import { OPCODES } from '../primitives/opcodes';
import type { PrimitiveOf } from '../primitives/primitive';
import { primitive } from '../primitives/table';
import { isFloat, sizeOf, type ArrayValue, type Aval } from '../program/aval';
import type { ParamsOf, Program, Row } from '../program/program';
import type { IndexSets } from './indexSets';
import { everything, mixed, unite, type Pattern, type PatternEquation, type PatternRule } from './patterns/pattern';
import { patternRules } from './patterns/table';
import { unionOver } from './patterns/reductions';

/** What is known of some values: what they depend on and, where that is nothing that moves, perhaps their numbers. */
export interface Knowledge {
  readonly pattern: Pattern;
  readonly value?: ArrayValue;
}

/** Steps of loops that are followed one by one, times rows of their bodies. Longer loops are followed until nothing changes. */
const MAX_STEPS = 4_000_000;

/** Rounds until a loop's carry must have settled; beyond, it depends on everything. */
const MAX_ROUNDS = 256;

type StructuredRule<P extends 'call' | 'cond' | 'while' | 'scan' | 'linearCall'> = (
  sets: IndexSets,
  operands: readonly Knowledge[],
  params: ParamsOf<P>,
  results: readonly Aval[],
) => Knowledge[];

/** What a program's outputs depend on. */
export function propagate(sets: IndexSets, program: Program, inputs: readonly Knowledge[]): Knowledge[] {
  const rows = new Array<Knowledge | undefined>(program.size);
  const tuples = new Map<Row, Knowledge[]>();
  program.inputs.forEach((row, index) => (rows[row] = inputs[index]));
  for (let row = 0; row < program.size; row++) {
    switch (program.opcode(row)) {
      case OPCODES.input:
        break;
      case OPCODES.literal:
        rows[row] = {
          pattern: null,
          value: { shape: [], dtype: 'float64', data: Float64Array.of(program.literal(row)) },
        };
        break;
      case OPCODES.constant:
        rows[row] = { pattern: null, value: program.constant(row) };
        break;
      case OPCODES.project:
        rows[row] = tuples.get(program.operand(row, 0))?.[program.params<'project'>(row).index];
        break;
      case OPCODES.guard:
        rows[row] = rows[program.operand(row, 0)];
        break;
      default: {
        const operands = Array.from(program.operands(row), (operand) => rows[operand] ?? UNKNOWN);
        const out = propagateRow(sets, program, row, operands);
        if (program.hasSeveralResults(row)) tuples.set(row, out);
        else rows[row] = out[0];
      }
    }
  }
  return Array.from(program.outputs, (row) => rows[row] ?? UNKNOWN);
}

/** Of a placeholder that no output needs. */
const UNKNOWN: Knowledge = { pattern: null };

function propagateRow(sets: IndexSets, program: Program, row: Row, operands: readonly Knowledge[]): Knowledge[] {
  const name = program.name(row);
  const params: unknown = program.params(row);
  const results = program.tuple(row);
  if (operands.every(({ value }) => value)) {
    const { evaluate } = primitive(name) as PrimitiveOf<unknown>;
    const out = evaluate(
      operands.map(({ value }) => value as ArrayValue),
      params,
    ) as ArrayValue | readonly ArrayValue[];
    return (Array.isArray(out) ? (out as readonly ArrayValue[]) : [out as ArrayValue]).map((value) => ({
      pattern: null,
      value,
    }));
  }
  if (operands.every(({ pattern }) => pattern === null)) return results.map(() => UNKNOWN);
  const structured = structuredRules[name as 'call'] as StructuredRule<'call'> | undefined;
  if (structured) return structured(sets, operands, params as ParamsOf<'call'>, results);
  const rule = (patternRules[name] ?? mixed) as PatternRule;
  const equation: PatternEquation<unknown> = {
    sets,
    patterns: operands.map(({ pattern }) => pattern),
    known: operands.map(({ value }) => value),
    avals: Array.from(program.operands(row), (operand) => program.aval(operand)),
    results,
    params,
  };
  return rule(equation).map((pattern) => ({ pattern }));
}

// ------------------------------------------------------------------------------------------ primitives that hold programs

/** Either of two values. */
function either(sets: IndexSets, x: Knowledge, y: Knowledge): Knowledge {
  return { pattern: unite(sets, x.pattern, y.pattern) };
}

/** A carry after any number of steps: steps are taken until nothing new comes. */
function settle(
  sets: IndexSets,
  start: readonly Knowledge[],
  avals: readonly Aval[],
  step: (carry: readonly Knowledge[]) => readonly Knowledge[],
): Knowledge[] {
  let carry = start.map(({ pattern }): Knowledge => ({ pattern }));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = step(carry);
    const merged = carry.map((before, index) => either(sets, before, next[index]));
    if (merged.every(({ pattern }, index) => equal(pattern, carry[index].pattern))) return carry;
    carry = merged;
  }
  // Whatever comes later, it comes from what the carry and the step's other operands depend on.
  const last = step(carry);
  const all = everything(
    sets,
    [...carry, ...last].map(({ pattern }) => pattern),
  );
  return avals.map(({ shape, dtype }) => ({
    pattern: isFloat(dtype) ? new Int32Array(sizeOf(shape)).fill(all) : null,
  }));
}

function equal(x: Pattern, y: Pattern): boolean {
  if (x === y) return true;
  if (x === null || y === null) return false;
  return x.every((set, index) => set === y[index]);
}

const cond: StructuredRule<'cond'> = (sets, [index, ...operands], { branches }) => {
  if (index.value) {
    return propagate(sets, branches[Math.min(Math.max(index.value.data[0], 0), branches.length - 1)], operands);
  }
  const all = branches.map((branch) => propagate(sets, branch, operands));
  return all.reduce((x, y) => x.map((one, output) => either(sets, one, y[output])));
};

const whileLoop: StructuredRule<'while'> = (sets, operands, { body, condConsts, bodyConsts }) => {
  const consts = operands.slice(condConsts, condConsts + bodyConsts);
  const start = operands.slice(condConsts + bodyConsts);
  return settle(sets, start, body.outputAvals, (carry) => propagate(sets, body, [...consts, ...carry]));
};

/** Slice `index` along the leading axis. */
function sliceOf({ pattern, value }: Knowledge, { shape }: Aval, index: number): Knowledge {
  const size = sizeOf(shape.slice(1));
  const from = index * size;
  return {
    pattern: pattern && pattern.subarray(from, from + size),
    value: value && { shape: shape.slice(1), dtype: value.dtype, data: value.data.subarray(from, from + size) },
  };
}

function stacked(slices: readonly Knowledge[], { shape }: Aval): Knowledge {
  if (slices.every(({ pattern }) => pattern === null)) return UNKNOWN;
  const size = sizeOf(shape.slice(1));
  const pattern = new Int32Array(slices.length * size);
  slices.forEach((slice, index) => slice.pattern && pattern.set(slice.pattern, index * size));
  return { pattern };
}

const scan: StructuredRule<'scan'> = (sets, operands, params, results) => {
  const { body, length, consts, carry: carried, reverse } = params;
  const fixed = operands.slice(0, consts);
  const start = operands.slice(consts, consts + carried);
  const xs = operands.slice(consts + carried);
  const xAvals = body.inputAvals
    .slice(consts + carried)
    .map(({ shape, dtype }) => ({ shape: [length, ...shape], dtype }));
  const yAvals = results.slice(carried);
  if (length * body.size > MAX_STEPS) {
    // Any step may be any other: its slices are the union of all.
    const any = xs.map(({ pattern }, index) => ({ pattern: unionOver(sets, pattern, xAvals[index], [0]) }));
    const step = (carry: readonly Knowledge[]) => propagate(sets, body, [...fixed, ...carry, ...any]);
    const carry = settle(sets, start, body.outputAvals.slice(0, carried), (now) => step(now).slice(0, carried));
    const ys = step(carry).slice(carried);
    return [
      ...carry,
      ...ys.map((y, index) =>
        stacked(
          Array.from({ length }, () => y),
          yAvals[index],
        ),
      ),
    ];
  }
  let carry: readonly Knowledge[] = start;
  const slices = yAvals.map(() => new Array<Knowledge>(length));
  for (let step = 0; step < length; step++) {
    const index = reverse ? length - 1 - step : step;
    const out = propagate(sets, body, [...fixed, ...carry, ...xs.map((x, k) => sliceOf(x, xAvals[k], index))]);
    carry = out.slice(0, carried);
    slices.forEach((list, k) => (list[index] = out[carried + k]));
  }
  return [...carry, ...slices.map((list, k) => stacked(list, yAvals[k]))];
};

const call: StructuredRule<'call'> = (sets, operands, { program }) => propagate(sets, program, operands);

const linearCall: StructuredRule<'linearCall'> = (sets, operands, { forward }, results) => {
  if (forward) return propagate(sets, forward, operands);
  // Only the reverse pass is known (customVjp): everything by everything.
  const all = everything(
    sets,
    operands.map(({ pattern }) => pattern),
  );
  return results.map(({ shape, dtype }) => ({
    pattern: isFloat(dtype) ? new Int32Array(sizeOf(shape)).fill(all) : null,
  }));
};

const structuredRules: { readonly [P in 'call' | 'cond' | 'while' | 'scan' | 'linearCall']: StructuredRule<P> } = {
  call,
  cond,
  while: whileLoop,
  scan,
  linearCall,
};
