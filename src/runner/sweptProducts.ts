/** Second derivatives swept over the loops of a function: reverse over forward, without a row of its gradient. */
import { gradientTier } from '../engine/execute/scalar/gradient';
import { hvpProgram } from './derivativePrograms';
import type { DenseMatrix } from './protocol';
import type { Recorded } from './record';

type AtPoint = Pick<Recorded, 'program' | 'inputValues'>;

/**
 * Hessian-vector products at a point; undefined where the function has no loops to sweep over. A product is undefined where it would hold
 * NaN: what is not seeded is nothing to the rows, but zero, which times infinity is NaN, to the sweep.
 */
function sweptProducts({
  program,
  inputValues,
}: AtPoint): ((vector: ArrayLike<number>) => Float64Array | undefined) | undefined {
  const swept = gradientTier.compile(hvpProgram(program));
  if (!swept) return undefined;
  const count = inputValues.length;
  const at = new Float64Array(2 * count);
  at.set(inputValues);
  return (vector) => {
    at.set(vector, count);
    return swept.sweep(at);
  };
}

/** Are products of this function swept? */
export function isSwept({ program }: AtPoint): boolean {
  return gradientTier.compile(hvpProgram(program)) !== null;
}

/** Hessian times a vector, in an array of its own. */
export function sweptProduct(point: AtPoint, vector: ArrayLike<number>): Float64Array | undefined {
  return sweptProducts(point)?.(vector)?.slice();
}

/** Up to so many inputs, a product for each costs less than writing the gradient's rows, in a program that is long enough. */
const FEW_INPUTS = 64;
const MANY_ROWS = 20_000;

/** The Hessian of a long function of few inputs, a product for each of them. */
export function sweptHessian(
  point: AtPoint,
  progress?: (done: number, total: number) => void,
): DenseMatrix | undefined {
  const size = point.inputValues.length;
  if (size > FEW_INPUTS || point.program.size < MANY_ROWS) return undefined;
  const products = sweptProducts(point);
  if (!products) return undefined;
  const values = new Float64Array(size * size);
  const unit = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    unit[row] = 1;
    const product = products(unit);
    if (!product) return undefined;
    values.set(product, row * size);
    unit[row] = 0;
    progress?.(row + 1, size);
  }
  return { kind: 'dense', rows: size, columns: size, values };
}
