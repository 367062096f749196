/** Special functions of one operand. */
import { mapUnary } from '../arrays';
import { batchElementwise, floating, requireDType, smooth } from '../factories';
import type { Emitter } from '../../program/emitter';
import type { Row } from '../../program/program';
import type { Primitive, PrimitiveTable } from '../primitive';
import { erf, erfc, erfInv } from './errorFunction';
import { digamma, lgamma, polygamma } from './gamma';

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** 2/√π exp(−x²) */
function gaussian(b: Emitter, x: Row): Row {
  return b.scale(b.exp(b.neg(b.square(x))), TWO_OVER_ROOT_PI);
}

// d ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁺¹⁾(x)
const polygammaRule: Primitive<'polygamma'> = {
  shape(operands) {
    requireDType('polygamma', floating, operands);
    return operands[0];
  },
  evaluate: ([x], { order }) => mapUnary(x, x.dtype, (v) => polygamma(order, v)),
  jvp: (b, { primals: [x], tangents: [t], params: { order } }) => [b.mul(t, b.polygamma(x, order + 1))],
  transpose: null,
  batch: batchElementwise('polygamma'),
};

export const specialFunctions = {
  // d erf x = 2/√π exp(−x²)
  erf: smooth('erf', erf, gaussian),
  // d erfc x = −2/√π exp(−x²)
  erfc: smooth('erfc', erfc, (b, x) => b.neg(gaussian(b, x))),
  // d erf⁻¹ x = √π/2 exp(y²)
  erfInv: smooth('erfInv', erfInv, (b, _x, y) => b.scale(b.exp(b.square(y)), 1 / TWO_OVER_ROOT_PI)),
  // d log Γ(x) = ψ(x)
  lgamma: smooth('lgamma', lgamma, (b, x) => b.digamma(x)),
  // d ψ(x) = ψ′(x)
  digamma: smooth('digamma', digamma, (b, x) => b.polygamma(x, 1)),
  polygamma: polygammaRule,
} satisfies Partial<PrimitiveTable>;
