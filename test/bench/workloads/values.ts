/** Numbers for the workloads over arrays, as each library wants them, and their results as flat numbers. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as gradlens from '../../../src/engine/index';

const np = gradlens.np as any;

export interface Numbers {
  readonly shape: number[];
  readonly data: Float64Array;
}

export const flat = (result: any): ArrayLike<number> => {
  const parts = (Array.isArray(result) ? result : [result]).map((part: any) =>
    typeof part === 'number' ? [part] : (part.concrete?.data ?? part),
  );
  return Float64Array.from(parts.flatMap((part: ArrayLike<number>) => Array.from(part)));
};
/** jax-js works asynchronously: a result counts when its numbers are there. */
export const landed = async (result: any): Promise<ArrayLike<number>[]> => {
  const data: ArrayLike<number>[] = [];
  for (const part of Array.isArray(result) ? result : [result]) data.push(await part.data());
  return data;
};
export const flatJax = (result: any): ArrayLike<number> =>
  Float64Array.from((result as ArrayLike<number>[]).flatMap((part) => Array.from(part)));

export function waves(shape: number[], frequency: number, scale = 1): Numbers {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float64Array.from({ length: size }, (_, index) => Math.sin(index * frequency + 0.3) * scale) };
}

export const ours = ({ shape, data }: Numbers, dtype = 'float64') =>
  np.reshape(np.array(dtype === 'float64' ? data : Float32Array.from(data)), shape);

export const theirs = (J: any, { shape, data }: Numbers, dtype = 'float32') =>
  J.numpy.array(dtype === 'float32' ? Float32Array.from(data) : data, { shape, dtype });

export const single = ({ shape, data }: Numbers) => ({ shape, data: Float32Array.from(data) });

/** Inputs and weights of the logistic regression. */
export const examples = {
  shape: [4, 3],
  data: Float64Array.of(0.52, 1.12, 0.77, 0.88, -1.08, 0.15, 0.52, 0.06, -1.3, 0.74, -2.49, 1.39),
};
export const weights = { shape: [3], data: Float64Array.of(0.3, -0.2, 0.5) };
