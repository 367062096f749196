/**
 * Parameters that are computed when somebody asks. A function's rule may call the function itself, whose rule is then part of
 * its own program: it is unrolled once an order of differentiation. Such parameters are not enumerable, since whoever walks
 * through parameters (printing, serializing, validating) would walk for ever.
 */
export function lazyParams<Known extends object, Later extends object>(
  known: Known,
  later: { readonly [K in keyof Later]: () => Later[K] },
): Known & Later {
  const params = { ...known };
  for (const key of Object.keys(later) as (keyof Later & string)[]) {
    let value: { readonly of: Later[typeof key] } | undefined;
    Object.defineProperty(params, key, { get: () => (value ??= { of: later[key]() }).of });
  }
  return params as Known & Later;
}

/** Whether a parameter waits to be asked for. */
function isLazy(params: object, key: string): boolean {
  return !Object.prototype.propertyIsEnumerable.call(params, key) && key in params;
}

/** `later` computed now, or when asked where `like`'s are lazy. */
export function paramsLike<Known extends object, Later extends object>(
  like: object,
  known: Known,
  later: { readonly [K in keyof Later]: () => Later[K] },
): Known & Later {
  const keys = Object.keys(later) as (keyof Later & string)[];
  if (keys.some((key) => isLazy(like, key))) return lazyParams(known, later);
  return Object.assign({ ...known }, Object.fromEntries(keys.map((key) => [key, later[key]()]))) as Known & Later;
}
