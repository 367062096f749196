/** A small neural network in plain loops, its parameters in one object. */

export interface Layer {
  W: number[][];
  b: number[];
}

export interface Params {
  hidden: Layer;
  output: Layer;
}

const params: Params = {
  hidden: {
    W: [
      [0.5, -0.3],
      [0.8, 0.2],
      [-0.6, 0.9],
    ],
    b: [0.1, -0.1, 0.05],
  },
  output: { W: [[0.7, -0.4, 0.6]], b: [0.2] },
};

/** XOR. */
const examples = [
  { input: [0, 0], target: 0 },
  { input: [0, 1], target: 1 },
  { input: [1, 0], target: 1 },
  { input: [1, 1], target: 0 },
];

function dense({ W, b }: Layer, input: number[], activation: (x: number) => number): number[] {
  const out: number[] = [];
  for (let i = 0; i < W.length; i++) {
    let sum = b[i];
    for (let j = 0; j < input.length; j++) sum += W[i][j] * input[j];
    out.push(activation(sum));
  }
  return out;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * What the network says.
 * @at params, [1, 0]
 */
export function forward({ hidden, output }: Params, input: number[]): number {
  return dense(output, dense(hidden, input, Math.tanh), sigmoid)[0];
}

/**
 * Cross-entropy over the examples; its gradient has the structure of the parameters.
 * @at params
 */
export function loss(network: Params): number {
  let sum = 0;
  for (const { input, target } of examples) {
    const p = forward(network, input);
    sum -= target * Math.log(p) + (1 - target) * Math.log(1 - p);
  }
  return sum / examples.length;
}
