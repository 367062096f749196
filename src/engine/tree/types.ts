/** How the structure of arguments flows to results, in types. */
import type { NdArray } from '../trace/ndarray';
import type { TypedArray } from './leaves';

type Fixed = string | boolean | bigint | symbol | null | undefined | ((...args: never[]) => unknown);

/** The type of a tangent or gradient of a `T`: the same structure, numbers for numbers, arrays for arrays. */
export type Gradient<T> = T extends number
  ? number
  : T extends NdArray
    ? NdArray
    : T extends TypedArray | Fixed
      ? T
      : T extends ReadonlyMap<infer K, infer V>
        ? Map<K, Gradient<V>>
        : { -readonly [K in keyof T]: Gradient<T[K]> };

/** The type of d`Output`/d`Input`: the structure of outputs over that of inputs; a number for a number by a number. */
export type Jacobian<Output, Input> = Output extends number | NdArray | TypedArray
  ? JacobianRow<Output, Input>
  : Output extends Fixed
    ? Output
    : Output extends ReadonlyMap<infer K, infer V>
      ? Map<K, Jacobian<V, Input>>
      : { -readonly [K in keyof Output]: Jacobian<Output[K], Input> };

type JacobianRow<Output, Input> = Input extends number
  ? Output extends number
    ? number
    : NdArray
  : Input extends NdArray | TypedArray
    ? NdArray
    : Input extends Fixed
      ? Input
      : Input extends ReadonlyMap<infer K, infer V>
        ? Map<K, JacobianRow<Output, V>>
        : { -readonly [K in keyof Input]: JacobianRow<Output, Input[K]> };

/** What vmap makes of a leaf: one array with the batch axis. */
export type Stacked<T> = T extends number | NdArray | TypedArray
  ? NdArray
  : T extends Fixed
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? Map<K, Stacked<V>>
      : { -readonly [K in keyof T]: Stacked<T[K]> };

/** What a batched function takes for an argument `T`: arrays with one axis more for leaves, or the value itself (axis null). */
export type Stackable<T> =
  | T
  | (T extends number | NdArray
      ? NdArray | TypedArray
      : T extends TypedArray
        ? NdArray
        : T extends Fixed
          ? T
          : T extends ReadonlyMap<infer K, infer V>
            ? Map<K, Stackable<V>>
            : { readonly [K in keyof T]: Stackable<T[K]> });

/** The type of one argument's gradient, or of a tuple of them, as `argnums` says. */
export type ByArgnums<Args extends readonly unknown[], N> = N extends number
  ? Args[N]
  : N extends readonly number[]
    ? { -readonly [I in keyof N]: N[I] extends number ? Args[N[I]] : never }
    : Args[0];
