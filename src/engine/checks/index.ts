/** Checks of derivatives: against differences, against each other, and by the order of what is left of a Taylor series. */
export {
  checkGrads,
  compareGrads,
  GradientCheckError,
  type CheckMode,
  type CheckOptions,
  type CheckResult,
} from './checkGrads';
export { dotProductTest, type DotProductResult } from './dotProduct';
export { taylorTest, type TaylorOptions, type TaylorResult } from './taylor';
export { differentiate, type DifferenceOptions, type NumericDerivative } from './differences';
