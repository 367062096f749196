/** Arrays from shapes, numbers and ranges. Everything is float64 unless a type is asked for. */
import { allocate, sizeOf, type DType, type Shape } from '../program/aval';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { argumentError, checkShape, checkSize } from './arguments';
import { align, expandTo, fullLikeWith, placeIn } from './broadcast';
import { asArray } from './convert';
import { astype } from './logic';
import type { ArrayLike, DTypeOption } from './types';
import { asFloat } from './unary';

/** A type, plainly or as an option. */
export type DTypeArgument = DType | DTypeOption;

const TYPES: readonly string[] = ['float64', 'float32', 'int32', 'uint32', 'bool'];

/** @throws GradLensError for a type that is none */
export function dtypeOf(where: string, argument: DTypeArgument | undefined, fallback: DType = 'float64'): DType {
  const dtype = (typeof argument === 'string' ? argument : argument?.dtype) ?? fallback;
  if (!TYPES.includes(dtype))
    throw argumentError(where, `there is no dtype ${JSON.stringify(dtype)}`, `The types are ${TYPES.join(', ')}.`);
  return dtype;
}

/**
 * An array of numbers, nested arrays, a typed array or traced values among them.
 * @throws GradLensError naming the path of an element that makes it ragged
 */
export function array(value: ArrayLike, dtype?: DTypeArgument): NdArray {
  const out = asArray(value, 'np.array', 'value');
  return dtype === undefined ? out : astype(out, dtypeOf('np.array', dtype));
}
export { array as asarray };

export function float64(value: ArrayLike): NdArray {
  return array(value, 'float64');
}
export function float32(value: ArrayLike): NdArray {
  return array(value, 'float32');
}
export function int32(value: ArrayLike): NdArray {
  return array(value, 'int32');
}
export function uint32(value: ArrayLike): NdArray {
  return array(value, 'uint32');
}
export function bool(value: ArrayLike): NdArray {
  return array(value, 'bool');
}

function filled(shape: Shape, value: number, dtype: DType): ConcreteArray {
  const data = allocate(dtype, sizeOf(shape));
  if (value !== 0) data.fill(dtype === 'bool' ? 1 : value);
  return new ConcreteArray(data, shape, dtype);
}

export function zeros(shape: number | Shape, dtype?: DTypeArgument): NdArray {
  return filled(checkShape('np.zeros', shape), 0, dtypeOf('np.zeros', dtype));
}
export { zeros as empty };

export function ones(shape: number | Shape, dtype?: DTypeArgument): NdArray {
  return filled(checkShape('np.ones', shape), 1, dtypeOf('np.ones', dtype));
}

/** `value`, broadcast to `shape`. */
export function full(shape: number | Shape, value: ArrayLike, dtype?: DTypeArgument): NdArray {
  const to = checkShape('np.full', shape);
  const from = asArray(value, 'np.full', 'value');
  return broadcastTo(dtype === undefined ? from : astype(from, dtypeOf('np.full', dtype)), to);
}

/** `x` broadcast to `shape`. @throws GradLensError where it does not fit */
export function broadcastTo(x: ArrayLike, shape: Shape): NdArray {
  const from = asArray(x, 'np.broadcastTo');
  const lead = shape.length - from.ndim;
  if (lead < 0 || from.shape.some((extent, axis) => extent !== 1 && extent !== shape[axis + lead])) {
    throw argumentError(
      'np.broadcastTo',
      `shape [${from.shape.join(', ')}] does not broadcast to [${shape.join(', ')}]`,
    );
  }
  return expandTo(from, shape);
}

export function zerosLike(x: ArrayLike, dtype?: DTypeArgument): NdArray {
  return likeOf('np.zerosLike', x, 0, dtype);
}
export { zerosLike as emptyLike };

export function onesLike(x: ArrayLike, dtype?: DTypeArgument): NdArray {
  return likeOf('np.onesLike', x, 1, dtype);
}

export function fullLike(x: ArrayLike, value: ArrayLike, dtype?: DTypeArgument): NdArray {
  const like = asArray(x, 'np.fullLike');
  return full(like.shape, value, dtypeOf('np.fullLike', dtype, like.dtype));
}

function likeOf(where: string, x: ArrayLike, value: number, dtype?: DTypeArgument): NdArray {
  const like = asArray(x, where);
  return filled(like.shape, value, dtypeOf(where, dtype, like.dtype));
}

/** Ones on the k-th diagonal of an n×m matrix. */
export function eye(n: number, m: number = n, k = 0, dtype?: DTypeArgument): NdArray {
  checkSize('np.eye', 'n', n);
  checkSize('np.eye', 'm', m);
  const out = filled([n, m], 0, dtypeOf('np.eye', dtype));
  for (let row = 0; row < n; row++) if (row + k >= 0 && row + k < m) out.data[row * m + row + k] = 1;
  return out;
}

export function identity(n: number, dtype?: DTypeArgument): NdArray {
  return eye(n, n, 0, dtype);
}

/** Ones on and below the k-th diagonal. */
export function tri(n: number, m: number = n, k = 0, dtype?: DTypeArgument): NdArray {
  const out = filled([checkSize('np.tri', 'n', n), checkSize('np.tri', 'm', m)], 0, dtypeOf('np.tri', dtype));
  for (let row = 0; row < n; row++)
    for (let column = 0; column <= row + k && column < m; column++) out.data[row * m + column] = 1;
  return out;
}

/**
 * `arange(stop)`, `arange(start, stop)` or `arange(start, stop, step)`, without the stop. JavaScript's numbers being floats, it
 * is float64 unless a type is given.
 */
export function arange(start: number, stop?: number, step = 1, dtype?: DTypeArgument): NdArray {
  const from = stop === undefined ? 0 : start;
  const to = stop ?? start;
  if (!(Number.isFinite(from) && Number.isFinite(to) && Number.isFinite(step)) || step === 0) {
    throw argumentError(
      'np.arange',
      `start, stop and step must be finite and step not 0 (got ${from}, ${to}, ${step})`,
    );
  }
  const count = Math.max(0, Math.ceil((to - from) / step));
  const out = filled([count], 0, dtypeOf('np.arange', dtype));
  for (let index = 0; index < count; index++) out.data[index] = from + index * step;
  return out;
}

export interface LinspaceOptions extends DTypeOption {
  /** Whether `stop` is the last sample (default true). */
  readonly endpoint?: boolean;
}

/** `count` evenly spaced numbers from `start` to `stop`, along a new first axis where these are arrays. */
export function linspace(start: ArrayLike, stop: ArrayLike, count = 50, options: LinspaceOptions = {}): NdArray {
  return spaced('np.linspace', start, stop, count, options);
}

function spaced(where: string, start: ArrayLike, stop: ArrayLike, count: number, options: LinspaceOptions): NdArray {
  checkSize(where, 'count', count);
  const [from, to] = align(where, [start, stop], ['start', 'stop'], 'float');
  const intervals = Math.max(1, options.endpoint === false ? count : count - 1);
  const shape = [count, ...from.shape];
  const share = (of: (index: number) => number): NdArray => {
    const weights = filled([count], 0, from.dtype);
    for (let index = 0; index < count; index++) weights.data[index] = of(index);
    return placeIn(weights, shape, [0], [from, to]);
  };
  const end = (x: NdArray): NdArray => expandTo(x, shape, [from, to]);
  // The two-sided form meets both ends exactly.
  const left = bind('mul', [end(from), share((index) => 1 - index / intervals)], undefined);
  const right = bind('mul', [end(to), share((index) => index / intervals)], undefined);
  const out = bind('add', [left, right], undefined);
  return options.dtype === undefined ? out : astype(out, dtypeOf(where, options));
}

/** `base` to the powers of `linspace`. */
export function logspace(
  start: ArrayLike,
  stop: ArrayLike,
  count = 50,
  options: LinspaceOptions & { base?: number } = {},
): NdArray {
  const exponents = spaced('np.logspace', start, stop, count, { endpoint: options.endpoint });
  const out = bind('pow', [fullLikeWith(exponents, options.base ?? 10), exponents], undefined);
  return options.dtype === undefined ? out : astype(out, dtypeOf('np.logspace', options));
}

/** Geometric progression between two numbers of equal sign. */
export function geomspace(start: ArrayLike, stop: ArrayLike, count = 50, options: LinspaceOptions = {}): NdArray {
  const [from, to] = align('np.geomspace', [start, stop], ['start', 'stop'], 'float');
  const logOf = (x: NdArray): NdArray => bind('log', [bind('abs', [x], undefined)], undefined);
  const logs = spaced('np.geomspace', logOf(from), logOf(to), count, { endpoint: options.endpoint });
  const signs = expandTo(bind('sign', [from], undefined), logs.shape, [logs]);
  const out = bind('mul', [bind('exp', [logs], undefined), signs], undefined);
  return options.dtype === undefined ? out : astype(out, dtypeOf('np.geomspace', options));
}

export interface MeshgridOptions {
  /** 'xy' (default): the first two axes are swapped, as for images; 'ij': axis k belongs to array k. */
  readonly indexing?: 'xy' | 'ij';
  /** Size-one axes instead of repetition. */
  readonly sparse?: boolean;
}

/** Coordinate arrays from coordinate vectors. */
export function meshgrid(
  vectors: readonly ArrayLike[],
  { indexing = 'xy', sparse = false }: MeshgridOptions = {},
): NdArray[] {
  const list = vectors.map((vector, index) => asArray(vector, 'np.meshgrid', `vectors[${index}]`));
  list.forEach((vector, index) => {
    if (vector.ndim > 1)
      throw argumentError('np.meshgrid', `vectors[${index}] must have one dimension, not ${vector.ndim}`);
  });
  const axisOf = (index: number): number => (indexing === 'xy' && index < 2 && list.length > 1 ? 1 - index : index);
  const shape = new Array<number>(list.length);
  list.forEach((vector, index) => (shape[axisOf(index)] = vector.size));
  return list.map((vector, index) => {
    const axis = axisOf(index);
    const own = sparse ? shape.map((extent, other) => (other === axis ? extent : 1)) : shape;
    const line = vector.ndim === 1 ? vector : bind('reshape', [vector], { shape: [1] });
    return placeIn(line, own, [axis]);
  });
}

/** One array an axis with the index along it: `indices([2, 3])[1]` counts columns. Shape [ndim, ...shape], int32. */
export function indices(shape: Shape, dtype?: DTypeArgument): NdArray {
  const to = checkShape('np.indices', shape);
  const type = dtypeOf('np.indices', dtype, 'int32');
  const size = sizeOf(to);
  const out = filled([to.length, ...to], 0, type);
  to.forEach((_, axis) => out.data.set(bind('iota', [], { shape: to, axis, dtype: type }).concrete.data, axis * size));
  return out;
}

/** Columns x^(n−1) … x⁰ (or ascending). */
export function vander(x: ArrayLike, n?: number, { increasing = false } = {}): NdArray {
  const vector = asFloat(x, 'np.vander');
  if (vector.ndim !== 1) throw argumentError('np.vander', `x must have one dimension, not ${vector.ndim}`);
  const columns = n ?? vector.size;
  const powers = Array.from({ length: columns }, (_, index) => (increasing ? index : columns - 1 - index));
  const column = bind('reshape', [vector], { shape: [vector.size, 1] });
  if (powers.length === 0) return zeros([vector.size, 0], vector.dtype);
  return bind(
    'concatenate',
    powers.map((exponent) => bind('integerPow', [column], { exponent })),
    { axis: 1 },
  );
}
