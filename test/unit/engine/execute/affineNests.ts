/** Random nests of regular loops over arrays with an axis for some of the loops: what gathers sums in arrays and writes over them. */
import { OPCODES } from '../../../../src/engine/primitives/opcodes';
import { SCALAR } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Row } from '../../../../src/engine/program/program';
import { randomNumbers, type Nest } from './nests';

/** Loops that an array has an axis for. */
const AXES = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2], [1], [2], []];

/** An array's element at the loops' indices, `back` iterations of one loop before. */
interface Place {
  readonly array: number;
  readonly loop: number;
  readonly back: number;
}

interface Statement {
  readonly opcode: number;
  readonly operands: readonly Place[];
  readonly target: Place;
}

interface Level {
  readonly before: readonly Statement[];
  readonly after: readonly Statement[];
}

/** Two or three nests of the same loops one after another; a few of the arrays are the results. */
export function affineNest(seed: number): Nest {
  const random = randomNumbers(seed * 7919);
  const pick = (count: number) => Math.floor(random() * count);
  const depth = 2 + pick(2);
  const counts = [3 + pick(3), depth === 2 ? 20 + pick(20) : 3 + pick(4), 14 + pick(12)];
  const b = new Emitter();
  const inputs: number[] = [];
  const arrays: Row[][] = AXES.map((axes) =>
    Array.from({ length: axes.reduce((product, axis) => product * counts[axis], 1) }, () => {
      inputs.push(random() * 2 - 1);
      return b.input(SCALAR);
    }),
  );
  const place = (level: number, most: number): Place => {
    let array = pick(AXES.length);
    while (AXES[array].some((axis) => axis > level || axis >= depth)) array = pick(AXES.length);
    return { array, loop: pick(level + 1), back: random() < 0.25 ? pick(most + 1) : 0 };
  };
  const statements = (level: number, count: number): Statement[] =>
    Array.from({ length: count }, () => {
      const target = place(level, 0);
      const gathers = random() < 0.6;
      return {
        target,
        opcode: [OPCODES.add, OPCODES.mul, OPCODES.sub, OPCODES.max][gathers ? 2 * pick(2) : pick(4)],
        operands: [gathers ? target : place(level, 2), place(level, 2)],
      };
    });
  const element = ({ array, loop, back }: Place, indices: readonly number[]): number =>
    AXES[array].reduce((at, axis) => at * counts[axis] + Math.max(indices[axis] - (axis === loop ? back : 0), 0), 0);
  const run = (list: readonly Statement[], indices: readonly number[]) => {
    for (const { opcode, operands, target } of list) {
      const [x, y] = operands.map((operand) => arrays[operand.array][element(operand, indices)]);
      arrays[target.array][element(target, indices)] = b.emitScalar2(opcode, x, y);
    }
  };
  const nest = (levels: readonly Level[], indices: readonly number[]) => {
    const level = indices.length;
    if (level === depth) return;
    for (let index = 0; index < counts[level]; index++) {
      const here = [...indices, index];
      run(levels[level].before, here);
      nest(levels, here);
      run(levels[level].after, here);
    }
  };
  for (let times = 1 + pick(3); times > 0; times--) {
    const levels = Array.from({ length: depth }, (_, level) => ({
      before: statements(level, level === depth - 1 ? 4 + pick(4) : pick(3)),
      after: statements(level, pick(2)),
    }));
    nest(levels, []);
  }
  const results = arrays.filter((rows, array) => rows.length < 60 && !AXES[array].includes(0) && random() < 0.7);
  return { program: b.finish(results.length > 0 ? results.flat() : arrays[1]), inputs: Float64Array.from(inputs) };
}
