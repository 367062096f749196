/**
 * `random`: `jax.random` with threefry2x32. A key (uint32[2]) always gives the same numbers, those of JAX (0.5 and later): bit for
 * bit for keys, bits, integers and uniform numbers, to rounding for the others. float32 unless asked for float64.
 */
export { foldIn, key, PRNGKey, split } from './keys';
export {
  bernoulli,
  bits,
  randint,
  uniform,
  type FloatOptions,
  type RandintOptions,
  type UniformOptions,
} from './uniform';
export {
  cauchy,
  exponential,
  gumbel,
  laplace,
  logistic,
  normal,
  pareto,
  rademacher,
  truncatedNormal,
} from './distributions';
export {
  categorical,
  choice,
  multivariateNormal,
  permutation,
  type ChoiceOptions,
  type MultivariateOptions,
  type PermutationOptions,
} from './choices';
