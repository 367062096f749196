/** The squared error of a network with one hidden layer, as a user writes it with `np`: weights in typed arrays. */
export const MLP = (
  batch: number,
  inputs: number,
  hidden: number,
  outputs: number,
) => `import { np, type NdArray } from 'gradlens';
const numbers = (count: number, seed: number) =>
  Float64Array.from({ length: count }, (_, i) => 0.05 * Math.sin(seed + 12.9898 * i));
const first = numbers(${inputs * hidden}, 1);
const second = numbers(${hidden * outputs}, 2);
const x = np.reshape(np.array(numbers(${batch * inputs}, 3)), [${batch}, ${inputs}]);
const y = np.reshape(np.array(numbers(${batch * outputs}, 4)), [${batch}, ${outputs}]);
/** @at first, second */
export function loss(a: Float64Array, b: Float64Array): NdArray {
  const h = np.tanh(np.matmul(x, np.reshape(np.array(a), [${inputs}, ${hidden}])));
  return np.mean(np.square(np.subtract(np.matmul(h, np.reshape(np.array(b), [${hidden}, ${outputs}])), y)));
}
`;
