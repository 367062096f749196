/** Shape and indexing primitives as index arithmetic: nothing is moved, readers look elsewhere. */
import { sizeOf } from '../../program/aval';
import type { EmitterTable, KernelContext } from './context';
import { addIndex, chooseByPlace, clampIndex, flatten, scaleIndex, subIndex, unflatten, type Index } from './indexing';
import type { Row } from '../../program/program';
import type { Atom } from './writer';

const choose = (k: KernelContext, condition: Atom, yes: Atom, no: Atom) =>
  k.w.define(`${condition} > 0.5 ? ${yes} : ${no}`);

/** 1 where every condition holds; conditions are comparisons of atoms. */
function all(k: KernelContext, conditions: readonly string[]): Atom {
  let product: Atom = '1';
  for (const condition of conditions) {
    const flag = k.w.define(`${condition} ? 1 : 0`);
    product = product === '1' ? flag : k.w.define(`${product} * ${flag}`);
  }
  return product;
}

/** The k indices that a gather or scatter reads at a position of its index array, as whole numbers. */
function readIndices(k: KernelContext, indices: Row, at: Index, count: number): Atom[] {
  return Array.from({ length: count }, (_, position) => {
    const read = k.value(indices, [...at, String(position)]);
    return k.w.define(`Math.floor(${read} + 0.5)`);
  });
}

/** scatter: the operand's element, changed by every update whose index hits it. */
function scatter(k: KernelContext, row: Row, index: Index, combine: (old: Atom, update: Atom) => string): Atom {
  const { axes, batchDims } = k.program.params<'scatterAdd'>(row);
  const [operand, indices, updates] = k.program.operands(row);
  const indexShape = k.aval(indices).shape;
  const places = indexShape.slice(batchDims, -1);
  const batch = index.slice(0, batchDims);
  const rest = index.filter((_, axis) => axis >= batchDims && !axes.includes(axis));
  const result = k.w.variable(k.value(operand, index));
  k.w.loop(sizeOf(places), [result], (counter) => {
    const place = unflatten(k.w, counter, places);
    const targets = readIndices(k, indices, [...batch, ...place], axes.length);
    const update = k.value(updates, [...batch, ...place, ...rest]);
    const hit = all(
      k,
      targets.map((target, position) => `${target} === ${index[axes[position]]}`),
    );
    k.w.statement(
      hit === '1'
        ? `${result} = ${combine(result, update)};`
        : `if (${hit} > 0.5) { ${result} = ${combine(result, update)}; }`,
    );
  });
  return result;
}

/** Where one-element slices that stand at even distances in the packed array begin: the inputs of a plain function, say. */
function evenlyPacked(k: KernelContext, parts: readonly Row[], axis: number) {
  if (parts.length < 3 || parts.some((part) => k.aval(part).shape[axis] !== 1)) return undefined;
  const places = parts.map((part) => k.packedAt(part));
  const [first, second] = places;
  if (first === undefined || second === undefined) return undefined;
  const step = second - first;
  return step > 0 && places.every((place, at) => place === first + at * step) ? { first, step } : undefined;
}

export const VIEWS: EmitterTable = {
  broadcastInDim: (k, row, index) => {
    const [operand] = k.program.operands(row);
    const { broadcastDimensions } = k.program.params<'broadcastInDim'>(row);
    const { shape } = k.aval(operand);
    return k.value(
      operand,
      broadcastDimensions.map((axis, position) => (shape[position] === 1 ? '0' : index[axis])),
    );
  },

  reshape: (k, row, index) => {
    const [operand] = k.program.operands(row);
    return k.value(operand, unflatten(k.w, flatten(k.w, index, k.aval(row).shape), k.aval(operand).shape));
  },

  transpose: (k, row, index) => {
    const [operand] = k.program.operands(row);
    const { permutation } = k.program.params<'transpose'>(row);
    const source: Atom[] = [];
    permutation.forEach((axis, position) => (source[axis] = index[position]));
    return k.value(operand, source);
  },

  slice: (k, row, index) => {
    const [operand] = k.program.operands(row);
    const { start, strides } = k.program.params<'slice'>(row);
    return k.value(
      operand,
      index.map((atom, axis) => addIndex(k.w, scaleIndex(k.w, atom, strides[axis]), start[axis])),
    );
  },

  reverse: (k, row, index) => {
    const [operand] = k.program.operands(row);
    const { axes } = k.program.params<'reverse'>(row);
    const { shape } = k.aval(operand);
    return k.value(
      operand,
      index.map((atom, axis) => (axes.includes(axis) ? subIndex(k.w, shape[axis] - 1, atom) : atom)),
    );
  },

  pad: (k, row, index) => {
    const [operand, padding] = k.program.operands(row);
    const { low, interior } = k.program.params<'pad'>(row);
    const { shape } = k.aval(operand);
    const conditions: string[] = [];
    const source = index.map((atom, axis) => {
      const moved =
        low[axis] === 0 ? atom : low[axis] > 0 ? k.w.define(`${atom} - ${low[axis]}`) : addIndex(k.w, atom, -low[axis]);
      let place = moved;
      const step = interior[axis] + 1;
      if (step > 1) {
        place = k.w.define(`Math.floor((${moved} + 0.5) / ${step})`);
        conditions.push(`${k.w.define(`${place} * ${step}`)} === ${moved}`);
      }
      conditions.push(`${place} >= 0`, `${place} < ${shape[axis]}`);
      return clampIndex(k.w, place, shape[axis]);
    });
    const outside = k.value(padding, []);
    if (sizeOf(shape) === 0) return outside;
    const inside = k.value(operand, source);
    const flag = all(k, conditions);
    return flag === '1' ? inside : choose(k, flag, inside, outside);
  },

  concatenate: (k, row, index) => {
    const operands = Array.from(k.program.operands(row));
    const { axis } = k.program.params<'concatenate'>(row);
    const even = evenlyPacked(k, operands, axis);
    if (even) {
      const inside = flatten(
        k.w,
        index.map((atom, at) => (at === axis ? '0' : atom)),
        k.aval(operands[0]).shape,
      );
      const position = addIndex(k.w, scaleIndex(k.w, index[axis], even.step), inside);
      return k.packed(addIndex(k.w, position, even.first));
    }
    const at = index[axis];
    let start = 0;
    const parts = operands.flatMap((operand) => {
      const extent = k.aval(operand).shape[axis];
      const [first, end] = [start, (start += extent)];
      const write = () => {
        const place = clampIndex(k.w, first === 0 ? at : subIndex(k.w, at, String(first)), extent);
        return k.value(
          operand,
          index.map((atom, other) => (other === axis ? place : atom)),
        );
      };
      return extent === 0 ? [] : [{ first, end, write }];
    });
    if (parts.length === 0) return '0';
    const named = /^\d+$/.test(at)
      ? parts.find(({ end }) => Number(at) < end)
      : parts.length === 1
        ? parts[0]
        : undefined;
    if (named) return named.write();
    return chooseByPlace(k.w, at, parts);
  },

  // The half makes a float of a counter that gpu.js types as an integer: WebGL refuses to mix the two in a choice.
  iota: (k, row, index) => {
    const shifted = k.w.define(`${index[k.program.params<'iota'>(row).axis]} + 0.5`);
    return k.w.define(`${shifted} - 0.5`);
  },

  gather: (k, row, index) => {
    const [operand, indices] = k.program.operands(row);
    const { axes, batchDims } = k.program.params<'gather'>(row);
    const { shape } = k.aval(operand);
    const places = k.aval(indices).shape.length - 1 - batchDims;
    const batch = index.slice(0, batchDims);
    const found = readIndices(k, indices, index.slice(0, batchDims + places), axes.length);
    const rest = index.slice(batchDims + places);
    let next = 0;
    const source = shape.map((extent, axis) => {
      if (axis < batchDims) return batch[axis];
      const position = axes.indexOf(axis);
      return position < 0 ? rest[next++] : clampIndex(k.w, found[position], extent);
    });
    return k.value(operand, source);
  },

  scatterAdd: (k, row, index) => scatter(k, row, index, (old, update) => `${old} + ${update}`),
  scatterSet: (k, row, index) => scatter(k, row, index, (_, update) => update),

  dynamicSlice: (k, row, index) => {
    const [operand, ...starts] = k.program.operands(row);
    const { sizes } = k.program.params<'dynamicSlice'>(row);
    const { shape } = k.aval(operand);
    return k.value(
      operand,
      index.map((atom, axis) =>
        addIndex(k.w, clampIndex(k.w, k.value(starts[axis], []), shape[axis] - sizes[axis] + 1), atom),
      ),
    );
  },

  dynamicUpdateSlice: (k, row, index) => {
    const [operand, update, ...starts] = k.program.operands(row);
    const { shape } = k.aval(operand);
    const sizes = k.aval(update).shape;
    if (sizeOf(sizes) === 0) return k.value(operand, index);
    const conditions: string[] = [];
    const local = index.map((atom, axis) => {
      const start = clampIndex(k.w, k.value(starts[axis], []), shape[axis] - sizes[axis] + 1);
      const place = k.w.define(`${atom} - ${start}`);
      conditions.push(`${place} >= 0`, `${place} < ${sizes[axis]}`);
      return clampIndex(k.w, place, sizes[axis]);
    });
    const inside = k.value(update, local);
    const flag = all(k, conditions);
    return flag === '1' ? inside : choose(k, flag, inside, k.value(operand, index));
  },
};
