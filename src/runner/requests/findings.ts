/** What is remarkable about one evaluation: where NaN is born, where a derivative does not exist, which inputs do not matter. */
import type { RowDerivatives } from '../../engine/execute/adjoints';
import { OPCODES } from '../../engine/primitives/opcodes';
import type { Row } from '../../engine/program/program';
import type { Finding, FindingCode, Location } from '../protocol';
import type { Recorded } from '../record';
import { locationOf, shortNumber } from './common';

const MAX_OF_A_KIND = 20;

const SYMBOLS: Partial<Record<string, string>> = { add: '+', sub: '−', mul: '×', div: '/', rem: '%', pow: '**' };

/** A finding without a place stands at the function. */
export function findingsOf(
  recorded: Recorded,
  adjoints: RowDerivatives,
  fallback: Location,
  gradient: Float64Array | undefined,
): Finding[] {
  return [
    ...birthOf(recorded, fallback, 'nan-born'),
    ...birthOf(recorded, fallback, 'infinity-born'),
    ...adjointBirth(recorded, adjoints, fallback),
    ...kinks(recorded, adjoints, fallback),
    ...(gradient ? zeroDerivatives(recorded, gradient, fallback) : []),
  ];
}

/** Where the NaN and infinities of a value or of first derivatives come from: in the calculation itself, else in its reverse pass. */
export function nonFiniteFindings(recorded: Recorded, fallback: Location): Finding[] {
  const { linearized, outputs, outputValues } = recorded;
  const births = [...birthOf(recorded, fallback, 'nan-born'), ...birthOf(recorded, fallback, 'infinity-born')];
  if (!outputValues.every(Number.isFinite)) return births;
  const seeds = outputs.map(({ row, size }) => ({ row, values: new Array<number>(size).fill(1) }));
  return [...births, ...adjointBirth(recorded, linearized.reverse(seeds), fallback)];
}

function place(recorded: Recorded, row: Row, fallback: Location): Location {
  return locationOf(recorded.program.columns.positions[row]) ?? fallback;
}

/** The operation with its operands' values, as in `0 / 0`. */
function operation(recorded: Recorded, row: Row): string {
  const { program, linearized } = recorded;
  const name = program.name(row) as string;
  const operands = Array.from(program.operands(row), (operand) => shortNumber(linearized.scalarAt(operand)));
  const symbol = SYMBOLS[name];
  return symbol && operands.length === 2
    ? `${operands[0]} ${symbol} ${operands[1]}`
    : `${name}(${operands.join(', ')})`;
}

/** Asked before the rows are looked at one by one. */
function allFinite(values: Float64Array): boolean {
  for (let index = 0; index < values.length; index++) if (!Number.isFinite(values[index])) return false;
  return true;
}

/** Rows whose value is NaN (or infinite) though no operand's is: the first of each place. */
function birthOf(recorded: Recorded, fallback: Location, code: 'nan-born' | 'infinity-born'): Finding[] {
  const { program, linearized } = recorded;
  const { opcodes } = program.columns;
  if (allFinite(linearized.scalars)) return [];
  const bad = code === 'nan-born' ? Number.isNaN : (value: number) => value === Infinity || value === -Infinity;
  const seen = new Set<number>();
  const found: Finding[] = [];
  for (let row = 0; row < program.size && found.length < MAX_OF_A_KIND; row++) {
    if (!bad(linearized.scalarAt(row)) || opcodes[row] <= OPCODES.guard || !linearized.isScalar(row)) continue;
    if (
      Array.from(program.operands(row)).some(
        (operand) => linearized.isScalar(operand) && bad(linearized.scalarAt(operand)),
      )
    )
      continue;
    const site = program.columns.positions[row];
    if (seen.has(site)) continue;
    seen.add(site);
    const word = code === 'nan-born' ? 'NaN' : shortNumber(linearized.scalarAt(row));
    found.push({
      code,
      message: `${word} starts here: ${operation(recorded, row)}.`,
      location: place(recorded, row, fallback),
    });
  }
  return found;
}

/** The first rows whose adjoint is not finite though those of the rows that use them are. */
function adjointBirth(recorded: Recorded, adjoints: RowDerivatives, fallback: Location): Finding[] {
  const { program, linearized } = recorded;
  const { opcodes } = program.columns;
  const found: Finding[] = [];
  if (allFinite(adjoints.scalars)) return found;
  const seen = new Set<number>();
  for (let row = program.size - 1; row >= 0 && found.length < MAX_OF_A_KIND; row--) {
    if (opcodes[row] <= OPCODES.guard || adjoints.reached[row] === 0 || !Number.isFinite(adjoints.scalars[row]))
      continue;
    if (!Number.isFinite(linearized.scalarAt(row))) continue;
    for (const operand of program.operands(row)) {
      const adjoint = adjoints.scalars[operand];
      if (adjoints.reached[operand] === 0 || Number.isFinite(adjoint) || !linearized.isScalar(operand)) continue;
      const site = program.columns.positions[row];
      if (seen.has(site)) break;
      seen.add(site);
      const code: FindingCode = Number.isNaN(adjoint) ? 'nan-born' : 'infinity-born';
      found.push({
        code,
        message: `The derivative of ${operation(recorded, row)} is ${Number.isNaN(adjoint) ? 'NaN' : 'infinite'} here.`,
        location: place(recorded, row, fallback),
        hint: 'Move the point, or give this case a branch of its own.',
      });
      break;
    }
  }
  return found;
}

const HAS_KINK = new Uint8Array(256);
for (const opcode of [
  OPCODES.abs,
  OPCODES.max,
  OPCODES.min,
  OPCODES.floor,
  OPCODES.ceil,
  OPCODES.trunc,
  OPCODES.roundHalfUp,
  OPCODES.sign,
  OPCODES.sqrt,
  OPCODES.cbrt,
]) {
  HAS_KINK[opcode] = 1;
}

/** abs at 0, ties of max and min, steps of floor and the like exactly at a jump. */
function kinks(recorded: Recorded, adjoints: RowDerivatives, fallback: Location): Finding[] {
  const { program, linearized } = recorded;
  const { opcodes } = program.columns;
  const seen = new Set<number>();
  const found: Finding[] = [];
  for (let row = 0; row < program.size && found.length < MAX_OF_A_KIND; row++) {
    const opcode = opcodes[row];
    if (HAS_KINK[opcode] === 0) continue;
    const message = kinkOf(opcode, row);
    if (message === undefined || seen.has(program.columns.positions[row])) continue;
    seen.add(program.columns.positions[row]);
    found.push({ code: 'non-differentiable', message, location: place(recorded, row, fallback) });
  }
  return found;

  function kinkOf(opcode: number, row: Row): string | undefined {
    const x = () => linearized.scalarAt(program.operand(row, 0));
    const depends = () => linearized.isScalar(row) && linearized.isActive(program.operand(row, 0));
    switch (opcode) {
      case OPCODES.abs:
        return depends() && x() === 0 && adjoints.reached[row] ? 'abs has no derivative at 0; 0 is taken.' : undefined;
      case OPCODES.max:
      case OPCODES.min: {
        if (!linearized.isScalar(row) || adjoints.reached[row] === 0) return undefined;
        const y = program.operand(row, 1);
        if (x() !== linearized.scalarAt(y) || program.operand(row, 0) === y) return undefined;
        if (!linearized.isActive(program.operand(row, 0)) && !linearized.isActive(y)) return undefined;
        return `${program.name(row) as string} of equal operands (${shortNumber(x())}): each gets half of the derivative.`;
      }
      case OPCODES.floor:
      case OPCODES.ceil:
      case OPCODES.trunc:
        return depends() && Number.isInteger(x())
          ? `${program.name(row) as string} jumps at ${shortNumber(x())}; its derivative is taken as 0.`
          : undefined;
      case OPCODES.roundHalfUp:
        return depends() && Math.abs(x() % 1) === 0.5
          ? `round jumps at ${shortNumber(x())}; its derivative is taken as 0.`
          : undefined;
      case OPCODES.sign:
        return depends() && x() === 0 ? 'sign jumps at 0; its derivative is taken as 0.' : undefined;
      case OPCODES.sqrt:
      case OPCODES.cbrt:
        return depends() && x() === 0 && adjoints.reached[row]
          ? `The slope of ${program.name(row) as string} is infinite at 0.`
          : undefined;
      default:
        return undefined;
    }
  }
}

/** Inputs whose derivative is zero: the result does not depend on them here. */
function zeroDerivatives(recorded: Recorded, gradient: Float64Array, fallback: Location): Finding[] {
  const zero: string[] = [];
  for (const { path, offset, size } of recorded.inputLeaves) {
    let all = size > 0;
    for (let index = offset; all && index < offset + size; index++) all = gradient[index] === 0;
    if (all) zero.push(path);
  }
  if (zero.length === 0) return [];
  const names = zero.length > 5 ? `${zero.slice(0, 5).join(', ')} and ${zero.length - 5} more` : zero.join(', ');
  return [{ code: 'zero-derivative', message: `The derivative by ${names} is zero here.`, location: fallback }];
}
