/** Runs a tape row by row: the tier for the first runs, which needs no compilation. */
import { OPCODES } from '../../primitives/opcodes';
import { scalarFunction } from './operations';
import type { Tape } from './tape';

/** The values of a tape: inputs (left to the caller), rows, literals. */
export function allocateValues(tape: Tape): Float64Array {
  const values = new Float64Array(tape.valueCount);
  values.set(tape.literals, tape.firstLiteral);
  return values;
}

/**
 * Computes all rows over `values`, whose inputs and literals are filled in. Returns −1, or the row of the first guard that does
 * not hold. A switch over dense opcodes: 5–10 ns a row warm, and it is warm after the first few thousand rows of any program.
 */
export function interpretTape(tape: Tape, values: Float64Array): number {
  const { ops, a, b, c, inputCount } = tape;
  const size = ops.length;
  for (let row = 0, out = inputCount; row < size; row++, out++) {
    const x = values[a[row]];
    switch (ops[row]) {
      case OPCODES.add:
        values[out] = x + values[b[row]];
        break;
      case OPCODES.sub:
        values[out] = x - values[b[row]];
        break;
      case OPCODES.mul:
        values[out] = x * values[b[row]];
        break;
      case OPCODES.div:
        values[out] = x / values[b[row]];
        break;
      case OPCODES.neg:
        values[out] = -x;
        break;
      case OPCODES.sqrt:
        values[out] = Math.sqrt(x);
        break;
      case OPCODES.exp:
        values[out] = Math.exp(x);
        break;
      case OPCODES.log:
        values[out] = Math.log(x);
        break;
      case OPCODES.sin:
        values[out] = Math.sin(x);
        break;
      case OPCODES.cos:
        values[out] = Math.cos(x);
        break;
      case OPCODES.tanh:
        values[out] = Math.tanh(x);
        break;
      case OPCODES.lt:
        values[out] = x < values[b[row]] ? 1 : 0;
        break;
      case OPCODES.le:
        values[out] = x <= values[b[row]] ? 1 : 0;
        break;
      case OPCODES.gt:
        values[out] = x > values[b[row]] ? 1 : 0;
        break;
      case OPCODES.ge:
        values[out] = x >= values[b[row]] ? 1 : 0;
        break;
      case OPCODES.select:
        values[out] = x !== 0 ? values[b[row]] : values[c[row]];
        break;
      case OPCODES.guard: {
        const expected = values[b[row]];
        if (x !== expected && (x === x || expected === expected)) return row;
        values[out] = x;
        break;
      }
      default: {
        // Unused operands are −1, which reads undefined: NaN, that the function ignores.
        const y = b[row];
        const z = c.length > 0 ? c[row] : -1;
        values[out] = scalarFunction(ops[row])(x, y < 0 ? NaN : values[y], z < 0 ? NaN : values[z]);
      }
    }
  }
  return -1;
}
