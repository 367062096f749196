/** `nn`: activation functions and what goes with them, as `jax.nn`. */
export * from './activations';
export { glu, logsumexp, logSoftmax, oneHot, softmax, standardize, type LogSumExpOptions } from './normalized';
