/** The rows that make a program a program: inputs, literals, constants, projections and guards. Executors know them. */
import { ShapeError } from '../../errors';
import type { PrimitiveTable } from '../primitive';
import { NONE } from '../../program/program';

function known(name: string): never {
  throw new Error(`${name} is a matter of the executors and transforms, not of a rule.`);
}

/** A row without operands: nothing to differentiate, to transpose or to batch. */
function source(name: 'input' | 'literal' | 'constant'): PrimitiveTable['literal'] {
  return {
    shape: () => known(name),
    evaluate: () => known(name),
    jvp: () => [NONE],
    transpose: null,
    batch: () => known(name),
  };
}

export const base: Pick<PrimitiveTable, 'input' | 'literal' | 'constant' | 'project' | 'guard'> = {
  input: source('input') as unknown as PrimitiveTable['input'],
  literal: source('literal'),
  constant: source('constant'),
  project: {
    shape: () => known('project'),
    evaluate: () => known('project'),
    jvp: () => known('project'),
    transpose: null,
    batch: () => known('project'),
  },
  guard: {
    shape([operand]) {
      if (operand.shape.some((extent) => extent !== 1)) throw new ShapeError('guard', 'needs one element', [operand]);
      return operand;
    },
    evaluate: ([operand]) => operand,
    jvp: () => [NONE],
    transpose: null,
    /** A guard on a batched value: all lanes must go the same way. */
    batch(b, { operands: [x], params: { expected } }) {
      const asExpected = Number.isNaN(expected) ? b.ne(x, x) : b.eq(x, b.fullLike(x, expected));
      const all = b.emit('reduceAnd', [asExpected], { axes: b.aval(x).shape.map((_, axis) => axis) });
      return { rows: [b.emit('guard', [all], { expected: 1 })], batched: [false] };
    },
  },
};
