/** `lax`: structured control flow under the names of `jax.lax`. */
export { cond, switchCase, switchCase as switch } from './branches';
export { stopGradient } from './checkpoint';
export { foriLoop, scan, whileLoop } from './loops';
