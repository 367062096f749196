/** Cumulative sums, products and extremes along an axis. */
import { allocate, type DType } from '../program/aval';
import type { Emitter } from '../program/emitter';
import type { Row } from '../program/program';
import { around } from './arrays';
import {
  anyDType,
  batchedRow,
  laterAxis,
  linearJvp,
  numeric,
  requireAxes,
  requireDType,
  type DTypeRule,
} from './factories';
import type { Primitive, PrimitiveTable } from './primitive';

type Cumulative = Primitive<'cumsum'>;
type CumulativeName = 'cumsum' | 'cumprod' | 'cummax' | 'cummin';

function cumulative(
  name: CumulativeName,
  accepts: DTypeRule,
  combine: (total: number, x: number, dtype: DType) => number,
  jvp: Cumulative['jvp'],
  transpose: Cumulative['transpose'] = null,
): Cumulative {
  return {
    shape([operand], { axis }) {
      requireDType(name, accepts, [operand]);
      requireAxes(name, [axis], operand);
      return operand;
    },
    evaluate([x], { axis, reverse }) {
      const { outer, extent, inner } = around(x.shape, axis);
      const { data, dtype } = x;
      const out = allocate(dtype, data.length);
      const step = reverse ? -inner : inner;
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner && extent > 0; i++) {
          let at = (o * extent + (reverse ? extent - 1 : 0)) * inner + i;
          let total = data[at];
          out[at] = total;
          for (let k = 1; k < extent; k++) {
            at += step;
            total = combine(total, data[at], dtype);
            out[at] = total;
          }
        }
      }
      return { shape: x.shape, dtype, data: out };
    },
    jvp,
    transpose,
    batch: (b, { operands, params }) => batchedRow(b.emit(name, operands, laterAxis(params))),
  };
}

/**
 * An inclusive scan by an associative `combine` of tuples of rows along `axis` (Hillis and Steele 1986): log₂ n steps, each
 * combining every position with the one 2ᵏ before it.
 */
function associativeScan(
  b: Emitter,
  parts: readonly Row[],
  axis: number,
  combine: (left: readonly Row[], right: readonly Row[]) => readonly Row[],
): readonly Row[] {
  const extent = b.aval(parts[0]).shape[axis];
  let current = parts;
  for (let distance = 1; distance < extent; distance *= 2) {
    const left = current.map((row) => b.sliceAxis(row, axis, 0, extent - distance));
    const right = current.map((row) => b.sliceAxis(row, axis, distance, extent));
    const combined = combine(left, right);
    current = current.map((row, index) => b.concatenate([b.sliceAxis(row, axis, 0, distance), combined[index]], axis));
  }
  return current;
}

/** Runs a scan from the other end where `reverse`. */
function directed(
  b: Emitter,
  rows: readonly Row[],
  axis: number,
  reverse: boolean,
  scan: (rows: readonly Row[]) => Row,
): Row {
  if (!reverse) return scan(rows);
  return b.reverse(scan(rows.map((row) => b.reverse(row, [axis]))), [axis]);
}

// (p, dp) ∘ (q, dq) = (p q, dp q + p dq): no division, so zeros are no special case
const productJvp: Cumulative['jvp'] = (b, { primals: [x], tangents: [t], params: { axis, reverse } }) => [
  directed(b, [x, t], axis, reverse, (rows) => {
    const scanned = associativeScan(b, rows, axis, ([p, dp], [q, dq]) => [
      b.mul(p, q),
      b.add(b.mul(dp, q), b.mul(p, dq)),
    ]);
    return scanned[1];
  }),
];

/**
 * Tangent of a running extreme: the mean of the tangents of all elements so far that equal it. Scans (value, Σ tangents, count)
 * where the better value wins and equal ones add up.
 */
function extremeJvp(better: 'max' | 'min'): Cumulative['jvp'] {
  const notWorse = better === 'max' ? 'ge' : 'le';
  return (b, { primals: [x], tangents: [t], params: { axis, reverse } }) => [
    directed(b, [x, t], axis, reverse, ([value, tangent]) => {
      const scanned = associativeScan(b, [value, tangent, b.fullLike(value, 1)], axis, ([v, dv, n], [w, dw, m]) => {
        const { dtype } = b.aval(v);
        const left = b.convert(b.compare(notWorse, v, w), dtype);
        const right = b.convert(b.compare(notWorse, w, v), dtype);
        return [b[better](v, w), b.add(b.mul(dv, left), b.mul(dw, right)), b.add(b.mul(n, left), b.mul(m, right))];
      });
      return b.div(scanned[1], scanned[2]);
    }),
  ];
}

export const cumulatives = {
  cumsum: cumulative(
    'cumsum',
    numeric,
    (total, x) => total + x,
    linearJvp('cumsum'),
    (b, { cotangents: [c], params }) => [b.cumsum(c, { ...params, reverse: !params.reverse })],
  ),
  cumprod: cumulative(
    'cumprod',
    numeric,
    (total, x, dtype) => (dtype === 'int32' || dtype === 'uint32' ? Math.imul(total, x) : total * x),
    productJvp,
  ),
  cummax: cumulative('cummax', anyDType, (total, x) => Math.max(total, x), extremeJvp('max')),
  cummin: cumulative('cummin', anyDType, (total, x) => Math.min(total, x), extremeJvp('min')),
} satisfies Partial<PrimitiveTable>;
