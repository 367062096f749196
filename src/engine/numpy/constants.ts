/** Numbers with a name. */
export const pi = Math.PI;
export const e = Math.E;
export const eulerGamma = 0.5772156649015329;
export const inf = Infinity;
export const nan = NaN;
