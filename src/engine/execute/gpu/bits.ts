/** Bits in kernels: the halves of random words, as `halves.ts` writes them, and parts of integers that are not negative. */
import type { Program, Row } from '../../program/program';
import type { KernelContext } from './context';
import { flatten, type Index } from './indexing';
import { filledWith } from './integers';
import type { Atom } from './writer';

type Half = 'high' | 'low';

/** The random bits of which a row is a half. */
export function randomHalf(program: Program, row: Row): { readonly row: Row; readonly half: Half } | undefined {
  const name = program.name(row);
  if (name !== 'shiftRightLogical' && name !== 'and') return undefined;
  const bits = program.operand(row, 0);
  if (program.name(bits) !== 'randomBits') return undefined;
  return { row: bits, half: name === 'and' ? 'low' : 'high' };
}

/** The rows of the halves of the key of some random bits. */
export function keyHalves(program: Program, bits: Row): readonly [Row, Row] {
  const key = program.operand(bits, 0);
  return [program.operand(program.operand(key, 0), 0), program.operand(key, 1)];
}

/** One half of a random word, by one function of the key's halves and the element's number. */
export function randomBits(k: KernelContext, row: Row, index: Index, half: Half): Atom {
  const { shape, bitWidth } = k.program.params<'randomBits'>(row);
  const batch = index.slice(0, k.aval(k.program.operand(row, 0)).shape.length - 1);
  const counter = flatten(k.w, index.slice(batch.length, batch.length + shape.length), shape);
  const [high, low] = keyHalves(k.program, row);
  const key = ['0', '1'].flatMap((word) => [high, low].map((part) => k.value(part, [...batch, word])));
  k.w.use(['glThreefry']);
  const hash = (which: string) => k.w.define(`glThreefry(${[...key, counter, which].join(', ')})`);
  if (bitWidth === 32) return hash(half === 'high' ? '0' : '1');
  const first = half === 'high' ? 2 : 3;
  const word = index[index.length - 1];
  return hash(/^\d+$/.test(word) ? String(2 * Number(word) + first) : k.w.define(`${word} * 2 + ${first}`));
}

/** Bits above or below a place that the program names: by powers of two, whose products are exact. Undefined for other rows. */
export function partOfInteger(k: KernelContext, row: Row, index: Index): Atom | undefined {
  const { program, w } = k;
  const name = program.name(row);
  if (name !== 'shiftRightLogical' && name !== 'and') return undefined;
  const [x, y] = program.operands(row);
  const number = filledWith(program, y);
  if (number === undefined) return undefined;
  if (name === 'shiftRightLogical') return w.define(`Math.floor(${k.value(x, index)} * ${2 ** -number})`);
  const modulus = number + 1;
  if (!Number.isInteger(Math.log2(modulus))) return undefined;
  const value = k.value(x, index);
  return w.define(`${value} - ${w.define(`Math.floor(${value} * ${1 / modulus})`)} * ${modulus}`);
}
