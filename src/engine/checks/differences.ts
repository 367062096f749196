/** Derivatives by central differences, extrapolated (Ridders 1982): accurate to some 10 digits, with an estimate of the error. */

export interface NumericDerivative {
  readonly value: Float64Array;
  /** Estimated error of each element. */
  readonly error: Float64Array;
}

export interface DifferenceOptions {
  /** The largest step. */
  readonly step: number;
  /** How many times it is halved. */
  readonly halvings: number;
}

/**
 * d f(h) / dh at 0, element by element. Steps at which an element is not finite (outside the function's domain, say) are passed
 * over; where all are, the derivative is NaN.
 */
export function differentiate(
  f: (h: number) => Float64Array,
  { step, halvings }: DifferenceOptions,
): NumericDerivative {
  const central: Float64Array[] = [];
  for (let k = 0; k <= halvings; k++) {
    const h = step / 2 ** k;
    const ahead = f(h);
    const behind = f(-h);
    central.push(ahead.map((value, index) => (value - behind[index]) / (2 * h)));
  }
  const size = central[0].length;
  const value = new Float64Array(size);
  const error = new Float64Array(size);
  for (let index = 0; index < size; index++) {
    const best = extrapolate(central.map((row) => row[index]));
    value[index] = best.value;
    error[index] = best.error;
  }
  return { value, error };
}

/** The best entry of Neville's tableau in h², with the difference to its neighbours for its error. */
function extrapolate(column: readonly number[]): { value: number; error: number } {
  const usable = column.slice(column.findIndex(Number.isFinite));
  if (usable.length === 0 || !Number.isFinite(usable[0])) return { value: NaN, error: Infinity };
  let best = { value: usable[usable.length - 1], error: Infinity };
  let previous: number[] = [];
  usable.forEach((estimate, k) => {
    const row = [estimate];
    for (let order = 1; order <= k; order++) {
      const factor = 4 ** order;
      const refined = (factor * row[order - 1] - previous[order - 1]) / (factor - 1);
      row.push(refined);
      const error = Math.max(Math.abs(refined - row[order - 1]), Math.abs(refined - previous[order - 1]));
      if (error < best.error) best = { value: refined, error };
    }
    previous = row;
  });
  return best;
}
