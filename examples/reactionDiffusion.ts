/** One implicit step of a reaction–diffusion equation on a line. Its Jacobian has three bands: most of the matrix is zero. */

const POINTS = 40;
const start = Float64Array.from({ length: POINTS }, (_, i) => 0.5 + 0.4 * Math.sin((3 * Math.PI * i) / (POINTS - 1)));

/**
 * The residual that Newton's method brings to zero: (u − u₀)/Δt = D u″ + u (1 − u) (u − ¼), no flow through the ends.
 * @at start
 * @wrt u
 */
export function residual(u: Float64Array, before = start, dt = 0.1, diffusion = 1e-2): Float64Array {
  const n = u.length;
  const dx = 1 / (n - 1);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const left = i === 0 ? u[1] : u[i - 1];
    const right = i === n - 1 ? u[n - 2] : u[i + 1];
    const laplacian = (left - 2 * u[i] + right) / (dx * dx);
    const reaction = u[i] * (1 - u[i]) * (u[i] - 0.25);
    out[i] = (u[i] - before[i]) / dt - diffusion * laplacian - reaction;
  }
  return out;
}
