/** Values that lie in a kernel's arrays at even distances along each axis: what loops can walk along. */
import { stridesOf } from '../../primitives/arrays';
import { isFloat, type Shape } from '../../program/aval';
import type { Row } from '../../program/program';
import type { KernelContext } from './context';
import { addIndex, scaleIndex, type Index } from './indexing';
import type { Atom } from './writer';

/** The element at an index is array[offset + Σ index · stride]. */
interface Strided {
  /** A kernel's argument. */
  readonly array: string;
  readonly offset: number;
  /** One an axis; 0 along broadcast ones. */
  readonly strides: readonly number[];
}

/** Where a row's value lies, seen through views of what stands in memory; undefined for all else. */
function stridedPlace(k: KernelContext, row: Row): Strided | undefined {
  const { program } = k;
  const { shape, dtype } = k.aval(row);
  const place = k.place(row);
  if (place) return { ...place, strides: stridesOf(shape) };
  const name = program.name(row);
  const isView = name === 'transpose' || name === 'broadcastInDim' || name === 'slice' || name === 'reshape';
  const passes = name === 'convert' && isFloat(dtype) && isFloat(k.aval(program.operand(row, 0)).dtype);
  if (!isView && !passes) return undefined;
  const inner = stridedPlace(k, program.operand(row, 0));
  if (!inner || passes) return inner;
  const from = k.aval(program.operand(row, 0)).shape;
  switch (name) {
    case 'transpose': {
      const { permutation } = program.params<'transpose'>(row);
      return { ...inner, strides: permutation.map((axis) => inner.strides[axis]) };
    }
    case 'broadcastInDim': {
      const { broadcastDimensions } = program.params<'broadcastInDim'>(row);
      const strides = shape.map(() => 0);
      broadcastDimensions.forEach((axis, at) => (strides[axis] = from[at] === 1 ? 0 : inner.strides[at]));
      return { ...inner, strides };
    }
    case 'slice': {
      const { start, strides } = program.params<'slice'>(row);
      const offset = start.reduce((sum, first, axis) => sum + first * inner.strides[axis], inner.offset);
      return { ...inner, offset, strides: inner.strides.map((stride, axis) => stride * strides[axis]) };
    }
    default: {
      // A reshape: of what lies in row-major order.
      const plain = stridesOf(from);
      return from.every((extent, axis) => extent === 1 || inner.strides[axis] === plain[axis])
        ? { ...inner, strides: stridesOf(shape) }
        : undefined;
    }
  }
}

/** The one distance between neighbours of several axes counted as one, the last running fastest; undefined where it varies. */
function commonStride({ strides }: Strided, axes: readonly number[], shape: Shape): number | undefined {
  const long = axes.filter((axis) => shape[axis] !== 1);
  for (let at = 0; at + 1 < long.length; at++)
    if (strides[long[at]] !== strides[long[at + 1]] * shape[long[at + 1]]) return undefined;
  return long.length === 0 ? 0 : strides[long[long.length - 1]];
}

/** Places in an array that move on together, and what is read there. */
export interface Walk {
  readonly pointers: readonly Atom[];
  /** The number `step` places after one of the pointers. */
  read(which: number, step: number): Atom;
  /** Moves all on by some places. */
  advance(places: number): void;
}

/** Walks along some axes of a row's value, counted as one, from several indices; undefined where it does not lie evenly. */
export function walkAlong(
  k: KernelContext,
  row: Row,
  axes: readonly number[],
  starts: readonly Index[],
): Walk | undefined {
  const found = stridedPlace(k, row);
  const stride = found && commonStride(found, axes, k.aval(row).shape);
  if (!found || stride === undefined) return undefined;
  const pointers = starts.map((start) => k.w.pointer(positionOf(k, found, start)));
  return {
    pointers,
    read: (which, step) => k.w.define(`${found.array}[${pointers[which]} + ${step * stride}]`),
    advance: (places) => {
      if (stride === 0) return;
      for (const pointer of pointers) k.w.statement(`${pointer} = ${pointer} + ${places * stride};`);
    },
  };
}

function positionOf(k: KernelContext, { offset, strides }: Strided, index: Index): Atom {
  let position: Atom = String(offset);
  index.forEach((atom, axis) => {
    if (strides[axis] !== 0) position = addIndex(k.w, position, scaleIndex(k.w, atom, strides[axis]));
  });
  return position;
}
