/** Checking of the array API's arguments: errors that name the function, the argument and what was wrong; axes; sizes. */
import { GradLensError } from '../errors';
import type { Shape } from '../program/aval';
import type { Axis, AxisOrOptions, ReduceOptions } from './types';

/** `where` is the function, `problem` says what was wrong with which argument. */
export function argumentError(where: string, problem: string, hint?: string): GradLensError {
  return new GradLensError('bad-argument', `${where}: ${problem}.`, hint);
}

export function printShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** A non-negative axis of an array of `ndim` dimensions. @throws GradLensError when it is out of range */
export function normalizeAxis(where: string, axis: number, ndim: number): number {
  if (!Number.isInteger(axis)) throw argumentError(where, `axis must be an integer, not ${String(axis)}`);
  if (axis < -ndim || axis >= ndim) {
    throw new GradLensError(
      'axis-out-of-range',
      `${where}: axis ${axis} is out of range for an array of ${ndim} dimensions.`,
    );
  }
  return axis < 0 ? axis + ndim : axis;
}

/** Non-negative axes in ascending order; all of them for null. @throws GradLensError when one is out of range or twice there */
export function normalizeAxes(where: string, axis: Axis | undefined, ndim: number): number[] {
  if (axis == null) return Array.from({ length: ndim }, (_, index) => index);
  if (typeof axis === 'number') return [normalizeAxis(where, axis, ndim)];
  const axes = axis.map((one) => normalizeAxis(where, one, ndim)).sort((a, b) => a - b);
  if (new Set(axes).size !== axes.length) throw argumentError(where, `axis [${axis.join(', ')}] names an axis twice`);
  return axes;
}

/** The axis form and the options form of a reduction's second argument, as options. */
export function reduceOptions<O extends ReduceOptions>(argument: AxisOrOptions<O> | undefined): Partial<O> {
  if (argument === undefined) return {};
  if (argument === null || typeof argument === 'number' || Array.isArray(argument)) {
    return { axis: argument as Axis } as Partial<O>;
  }
  return argument as O;
}

/** `shape` without `axes`, or with size one there. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): number[] {
  return keepdims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** A size or an index that must be a non-negative integer. */
export function checkSize(where: string, name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0) {
    throw argumentError(where, `${name} must be a non-negative integer, not ${String(value)}`);
  }
  return value;
}

/** A shape given as a number or a list. */
export function checkShape(where: string, shape: number | Shape): number[] {
  const list = typeof shape === 'number' ? [shape] : [...shape];
  list.forEach((extent, axis) => checkSize(where, `shape[${axis}]`, extent));
  return list;
}
