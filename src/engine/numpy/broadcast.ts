/** Broadcasting and promotion of the operands of elementwise functions. */
import { ShapeError } from '../errors';
import { isFloat, sameShape, type DType, type Shape } from '../program/aval';
import { bind, innermost } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { Tracer } from '../trace/tracer';
import { argumentError, printShape } from './arguments';
import { asArray, convertType, scalarOf } from './convert';
import { floatType, resultType } from './promote';
import type { ArrayLike } from './types';

/** Shape that all broadcast to, or undefined where they do not fit. */
export function commonShape(shapes: readonly Shape[]): number[] | undefined {
  let out: number[] = [];
  for (const shape of shapes) {
    if (sameShape(shape, out)) continue;
    const ndim = Math.max(out.length, shape.length);
    const next = new Array<number>(ndim);
    for (let back = 1; back <= ndim; back++) {
      const a = back <= out.length ? out[out.length - back] : 1;
      const b = back <= shape.length ? shape[shape.length - back] : 1;
      if (a !== b && a !== 1 && b !== 1) return undefined;
      next[ndim - back] = a === 1 ? b : a;
    }
    out = next;
  }
  return out;
}

/** Shape that all `shapes` broadcast to. @throws GradLensError naming them */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const out = commonShape(shapes);
  if (!out)
    throw argumentError('np.broadcastShapes', `shapes ${shapes.map(printShape).join(' and ')} do not broadcast`);
  return out;
}

/**
 * `x` in a larger shape, its axes at the end. Where `with_` holds traced values the broadcast is recorded instead of done, so
 * that programs hold the small array.
 */
export function expandTo(x: NdArray, shape: Shape, with_: readonly NdArray[] = []): NdArray {
  if (sameShape(x.shape, shape)) return x;
  const lead = shape.length - x.ndim;
  return placeIn(
    x,
    shape,
    x.shape.map((_, axis) => axis + lead),
    with_,
  );
}

/** `broadcastInDim`, recorded in the innermost trace among `x` and `with_`. */
export function placeIn(
  x: NdArray,
  shape: Shape,
  dimensions: readonly number[],
  with_: readonly NdArray[] = [],
): NdArray {
  const params = { shape, broadcastDimensions: dimensions };
  const recorder = innermost([x, ...with_]);
  return recorder ? recorder.record('broadcastInDim', [x], params)[0] : bind('broadcastInDim', [x], params);
}

/** `value` in the shape and type of `like`, recorded with it. */
export function fullLikeWith(like: NdArray, value: number): NdArray {
  return expandTo(scalarOf(value, like.dtype), like.shape, [like]);
}

/** How the operands' common type becomes the one to compute in. */
export type TypeRule = 'any' | 'float' | 'integer';

/**
 * The operands of an elementwise function in one type and one shape; plain numbers take the others' float type.
 * @throws ShapeError where the shapes do not broadcast
 */
export function align(
  where: string,
  inputs: readonly ArrayLike[],
  names: readonly string[],
  rule: TypeRule = 'any',
): NdArray[] {
  const arrays: (NdArray | number)[] = new Array<NdArray | number>(inputs.length);
  const strong: DType[] = [];
  let weak = false;
  for (let index = 0; index < inputs.length; index++) {
    const input = inputs[index];
    if (typeof input === 'number') {
      weak = true;
      arrays[index] = input;
    } else {
      const array = asArray(input, where, names[index]);
      // A number that is being traced is as weak as one that is not: tracing changes no type.
      if (rule !== 'integer' && array instanceof Tracer && array.isNumber && isFloat(array.dtype)) weak = true;
      else strong.push(array.dtype);
      arrays[index] = array;
    }
  }
  const dtype = ruledType(where, arrays, strong, weak, rule);
  const concrete = arrays.filter((array) => typeof array !== 'number');
  const shape = commonShape(concrete.map((array) => array.shape));
  if (!shape)
    throw new ShapeError(
      where,
      `${names.join(' and ')} do not broadcast to one shape`,
      concrete.map(({ aval }) => aval),
    );
  return arrays.map((array) =>
    typeof array === 'number'
      ? expandTo(scalarOf(array, dtype), shape, concrete)
      : expandTo(convertType(array, dtype), shape, concrete),
  );
}

/** Integer functions take whole plain numbers in the type of the arrays beside them. */
function ruledType(
  where: string,
  arrays: readonly (NdArray | number)[],
  strong: DType[],
  weak: boolean,
  rule: TypeRule,
): DType {
  if (rule === 'integer') {
    const dtype = strong.length > 0 ? resultType(strong, false) : 'int32';
    const fraction = arrays.some((array) => typeof array === 'number' && !Number.isInteger(array));
    if (isFloat(dtype) || fraction) throw argumentError(where, 'takes integers and booleans only');
    return dtype === 'bool' && weak ? 'int32' : dtype;
  }
  const dtype = resultType(strong, weak);
  return rule === 'float' ? floatType(dtype) : dtype;
}
