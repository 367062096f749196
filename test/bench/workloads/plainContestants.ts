/** Contestants that take a plain function: GradLens by way of the extension's runner, the function itself, differences. */
import type { Executable } from '../../../src/engine/execute/run';
import type { Contender, Contestant } from '../harness';
import { gradientOf, hvpOf } from '../plainPrograms';

export type Scalar = (x: number[]) => number;

export const sines = (length: number, shift = 0): number[] =>
  Array.from({ length }, (_, index) => Math.sin(index + shift));

function running(executable: Executable, inputs: readonly number[]): Contender {
  const at = Float64Array.from(inputs);
  return {
    run: () => executable.runFlat(at),
    settle: () => executable.compile(),
    numbers: (result) => (result as Float64Array).slice(),
    memory: () => executable.info.memoryBytes,
    note() {
      const { tier, codeBytes, memoryBytes } = executable.info;
      const code = tier === 'wasm' ? `, ${codeBytes} bytes of code` : '';
      return `${tier}${code}, ${(memoryBytes / inputs.length).toFixed(0)} bytes an input`;
    },
  };
}

/** Gradient of a function of plain/functions.ts, from the source text on. */
export function ourGradient(name: string, point: readonly number[]): Contestant {
  return { name: 'GradLens gradient', prepare: async () => running(await gradientOf(name, point), point) };
}

/** The whole way of a first evaluation: rewriting is done, the function is recorded, differentiated and run. */
export function ourFirst(name: string, point: readonly number[]): Contestant {
  return {
    name: 'GradLens record + differentiate + run',
    most: 15,
    prepare: () => ({
      async run() {
        const executable = await gradientOf(name, point);
        return executable.runFlat(Float64Array.from(point)).slice();
      },
    }),
  };
}

export function ourHvp(name: string, point: readonly number[], direction: readonly number[]): Contestant {
  return {
    name: 'GradLens Hessian-vector product',
    unlike: true,
    prepare: async () => running(await hvpOf(name, point), [...point, ...direction]),
  };
}

export function itself(f: Scalar, point: readonly number[]): Contestant {
  const x = [...point];
  return {
    name: 'function itself',
    unlike: true,
    prepare: () => ({ run: () => f(x), numbers: (result) => [result as number] }),
  };
}

export function differences(f: Scalar, point: readonly number[]): Contestant {
  return {
    name: 'finite differences',
    prepare: () => ({
      run() {
        const x = [...point];
        return x.map((value, index) => {
          const step = 1e-6;
          x[index] = value + step;
          const above = f(x);
          x[index] = value - step;
          const below = f(x);
          x[index] = value;
          return (above - below) / (2 * step);
        });
      },
    }),
  };
}
