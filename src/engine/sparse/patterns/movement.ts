/** Patterns through primitives that move elements: the primitive itself, evaluated on the sets. */
import { scatterTargets } from '../../primitives/indexing';
import type { GatherParams, PrimitiveName } from '../../primitives/params';
import type { PrimitiveOf } from '../../primitives/primitive';
import { primitive } from '../../primitives/table';
import { sizeOf, type ArrayValue, type Aval } from '../../program/aval';
import { EMPTY, type IndexSets } from '../indexSets';
import { asArray, mixed, unite, type Pattern, type PatternRule } from './pattern';
import { unionOver } from './reductions';

/** Moves the sets of the first `count` operands as the primitive moves their elements; the values of the others are known. */
export function moved(name: PrimitiveName, count = Infinity): PatternRule {
  return ({ patterns, known, avals, params }) => {
    if (patterns.every((pattern) => pattern === null)) return [null];
    const operands = avals.map((aval, index) =>
      index < count ? asArray(patterns[index], aval) : (known[index] as ArrayValue),
    );
    const { evaluate } = primitive(name) as PrimitiveOf<unknown>;
    return [(evaluate(operands, params) as ArrayValue).data as Int32Array];
  };
}

/** An unknown index may be any: every element by all along the indexed axes. */
const gatheredAnywhere: PatternRule<GatherParams> = (equation) => {
  const {
    sets,
    patterns: [x],
    avals: [operand, indices],
    params: { axes, batchDims },
  } = equation;
  const windows = unionOver(sets, x, operand, axes);
  if (windows === null) return [null];
  const batch = sizeOf(operand.shape.slice(0, batchDims));
  const width = windows.length / batch;
  const each = sizeOf(indices.shape.slice(batchDims, -1));
  const out = new Int32Array(batch * each * width);
  for (let b = 0; b < batch; b++) {
    const window = windows.subarray(b * width, (b + 1) * width);
    for (let k = 0; k < each; k++) out.set(window, (b * each + k) * width);
  }
  return [out];
};

const gatheredAt = moved('gather', 1);

export const gathered: PatternRule<GatherParams> = (equation) =>
  equation.known[1] ? gatheredAt(equation) : gatheredAnywhere(equation);

/** Updates at unknown places may be anywhere: every element by its own and by all updates. */
function scatteredAnywhere(sets: IndexSets, x: Pattern, updates: Pattern, operand: Aval): Pattern {
  if (updates === null) return x;
  const all = sets.unionOf(updates, 0, updates.length);
  return unite(sets, x, new Int32Array(sizeOf(operand.shape)).fill(all));
}

export function scattered(add: boolean): PatternRule<GatherParams> {
  return ({ sets, patterns: [x, , updates], known, avals: [operand], params }) => {
    if (x === null && updates === null) return [null];
    if (!known[1]) return [scatteredAnywhere(sets, x, updates, operand)];
    const out = x ? x.slice() : new Int32Array(sizeOf(operand.shape));
    const targets = scatterTargets(operand, known[1], params);
    for (let from = 0; from < targets.length; from++) {
      const to = targets[from];
      const set = updates ? updates[from] : EMPTY;
      if (to >= 0) out[to] = add ? sets.union(out[to], set) : set;
    }
    return [out];
  };
}

const slicedAt = moved('dynamicSlice', 1);

export const dynamicallySliced: PatternRule = (equation) =>
  equation.known.slice(1).every(Boolean) ? slicedAt(equation) : mixed(equation);

const updatedAt = moved('dynamicUpdateSlice', 2);

export const dynamicallyUpdated: PatternRule = (equation) => {
  if (equation.known.slice(2).every(Boolean)) return updatedAt(equation);
  const {
    sets,
    patterns: [x, update],
    avals: [operand],
  } = equation;
  return [scatteredAnywhere(sets, x, update, operand)];
};
