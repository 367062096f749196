/**
 * The operators of rewritten code. Each takes the way of plain numbers first; what is not traced behaves exactly as the language
 * says. `any` stands for the user's values.
 */
/* eslint-disable @typescript-eslint/no-explicit-any, eqeqeq */
import { OPCODES } from '../../engine/primitives/opcodes';
import { KNOWN_NUMBER, Tracer } from '../../engine/trace/tracer';
import { decide, isTraced, lose, pin, recorderOf, rowIn, state, valueOf } from './state';
import { tracedText } from './text';

/** A traced operand as a number; others as the language converts them. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof Tracer) return valueOf(value);
  return Number(value);
}

function operand(value: unknown): number | Tracer {
  return value instanceof Tracer ? value : Number(value);
}

/** Nearly every operand that is not plain: a traced number whose value is known to its recorder. Asked for before anything else. */
export const isKnown = (value: unknown): value is Tracer => value instanceof Tracer && value.form === KNOWN_NUMBER;

/** The value of such a one. */
export const known = ({ recorder, row }: Tracer): number => recorder.values[row];

// The short ways of `record2`. One for each kind of operands: what V8 makes of that takes half the time.

function bothTraced(opcode: number, a: Tracer, b: Tracer, value: number, site: number): Tracer {
  const { recorder } = a;
  if (b.recorder !== recorder) return record2(opcode, a, b, value, site);
  return recorder.number2(opcode, a.row, b.row, value, site);
}

function plainLeft(opcode: number, a: number, { recorder, row }: Tracer, value: number, site: number): Tracer {
  return recorder.number2(opcode, recorder.literalAt(a, site), row, value, site);
}

function plainRight(opcode: number, { recorder, row }: Tracer, b: number, value: number, site: number): Tracer {
  return recorder.number2(opcode, row, recorder.literalAt(b, site), value, site);
}

export function record1(opcode: number, x: Tracer, value: number, site: number): Tracer {
  const recorder = recorderOf(x);
  return recorder.number1(opcode, rowIn(recorder, x), value, site);
}

export function record2(opcode: number, a: unknown, b: unknown, value: number, site: number): Tracer {
  const recorder = recorderOf(a, b);
  recorder.position = site;
  const left = rowIn(recorder, isDirect(a) ? a : Number(a));
  const right = rowIn(recorder, isDirect(b) ? b : Number(b));
  recorder.position = 0;
  return recorder.number2(opcode, left, right, value, site);
}

const traced = (a: unknown, b: unknown): boolean => a instanceof Tracer || b instanceof Tracer;

/** What needs no conversion: asked before anything else, since nearly every operand that is not plain is this. */
const isDirect = (value: unknown): value is number | Tracer => typeof value === 'number' || value instanceof Tracer;

/**
 * What the language's conversion makes of an object (`valueOf`, `Symbol.toPrimitive`), with the right to answer with a traced number.
 * Everything else stays as it is.
 */
export function primitive(value: any, hint: 'default' | 'number'): any {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || value instanceof Tracer)
    return value;
  const exotic = value[Symbol.toPrimitive];
  const methods = exotic == null ? [value.valueOf, value.toString] : [exotic];
  for (const method of methods) {
    const result = typeof method === 'function' ? method.call(value, hint) : value;
    if (result === null || (typeof result !== 'object' && typeof result !== 'function') || result instanceof Tracer)
      return result;
  }
  throw new TypeError('Cannot convert object to primitive value');
}

/** The slow way of a two-operand operator: objects are converted first. */
function arithmetic(opcode: number, a: any, b: any, operation: (a: any, b: any) => any, site: number): unknown {
  const left = primitive(a, 'number');
  const right = primitive(b, 'number');
  if (!traced(left, right)) return operation(left, right);
  return record2(opcode, left, right, operation(numberOf(left), numberOf(right)), site);
}

export function add(a: any, b: any, site: number): unknown {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a + b;
    if (isKnown(b)) return plainLeft(OPCODES.add, a, b, a + known(b), site);
  } else if (isKnown(a)) {
    if (isKnown(b)) return bothTraced(OPCODES.add, a, b, known(a) + known(b), site);
    if (typeof b === 'number') return plainRight(OPCODES.add, a, b, known(a) + b, site);
  }
  const left = primitive(a, 'default');
  const right = primitive(b, 'default');
  if (!traced(left, right)) return left + right;
  if (typeof left === 'string') return left + tracedText(right as Tracer, site);
  if (typeof right === 'string') return tracedText(left as Tracer, site) + right;
  return record2(OPCODES.add, left, right, numberOf(left) + numberOf(right), site);
}

export function sub(a: any, b: any, site: number): unknown {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a - b;
    if (isKnown(b)) return plainLeft(OPCODES.sub, a, b, a - known(b), site);
  } else if (isKnown(a)) {
    if (isKnown(b)) return bothTraced(OPCODES.sub, a, b, known(a) - known(b), site);
    if (typeof b === 'number') return plainRight(OPCODES.sub, a, b, known(a) - b, site);
  }
  return arithmetic(OPCODES.sub, a, b, (p, q) => p - q, site);
}

export function mul(a: any, b: any, site: number): unknown {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a * b;
    if (isKnown(b)) return plainLeft(OPCODES.mul, a, b, a * known(b), site);
  } else if (isKnown(a)) {
    if (isKnown(b)) return bothTraced(OPCODES.mul, a, b, known(a) * known(b), site);
    if (typeof b === 'number') return plainRight(OPCODES.mul, a, b, known(a) * b, site);
  }
  return arithmetic(OPCODES.mul, a, b, (p, q) => p * q, site);
}

export function div(a: any, b: any, site: number): unknown {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a / b;
    if (isKnown(b)) return plainLeft(OPCODES.div, a, b, a / known(b), site);
  } else if (isKnown(a)) {
    if (isKnown(b)) return bothTraced(OPCODES.div, a, b, known(a) / known(b), site);
    if (typeof b === 'number') return plainRight(OPCODES.div, a, b, known(a) / b, site);
  }
  return arithmetic(OPCODES.div, a, b, (p, q) => p / q, site);
}

export function rem(a: any, b: any, site: number): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a % b;
  return arithmetic(OPCODES.rem, a, b, (p, q) => p % q, site);
}

export function pow(a: any, b: any, site: number): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a ** b;
  if (typeof b !== 'number' || !(a instanceof Tracer)) return arithmetic(OPCODES.pow, a, b, (p, q) => p ** q, site);
  // A square is a product: its derivatives of every order are exact at 0, and it costs less.
  if (b === 2) return record2(OPCODES.mul, a, a, valueOf(a) ** 2, site);
  return record2(OPCODES.pow, a, b, valueOf(a) ** b, site);
}

// ------------------------------------------------------------------------------------------ bits: steps, without a derivative

function bits(operation: (a: any, b: any) => any): (a: any, b: any, site: number) => unknown {
  return (a, b, site) => {
    const left = primitive(a, 'number');
    const right = primitive(b, 'number');
    return operation(
      left instanceof Tracer ? pin(left, site) : left,
      right instanceof Tracer ? pin(right, site) : right,
    );
  };
}

export const band = bits((a, b) => a & b);
export const bxor = bits((a, b) => a ^ b);
export const shl = bits((a, b) => a << b);
export const shr = bits((a, b) => a >> b);
export const ushr = bits((a, b) => a >>> b);
const plainOr = bits((a, b) => a | b);

export function bor(a: any, b: any, site: number): unknown {
  // `x | 0` is how JavaScript writes truncation.
  if (b === 0 && a instanceof Tracer && Math.abs(valueOf(a)) < 2 ** 31)
    return record1(OPCODES.trunc, a, valueOf(a) | 0, site);
  return plainOr(a, b, site);
}

export function bnot(a: any, site: number): unknown {
  const operand = primitive(a, 'number');
  return operand instanceof Tracer ? ~pin(operand, site) : ~operand;
}

// ------------------------------------------------------------------------------------------ comparisons

type Comparison = (a: any, b: any) => boolean;

function compare(opcode: number, operation: Comparison): (a: any, b: any, site: number) => boolean {
  return (a, b, site) => {
    if (typeof a === 'number' && typeof b === 'number') return operation(a, b);
    const left = isDirect(a) ? a : primitive(a, 'number');
    const right = isDirect(b) ? b : primitive(b, 'number');
    if (!traced(left, right)) return operation(left, right);
    const recorder = recorderOf(left, right);
    const outcome = operation(numberOf(left), numberOf(right));
    return decide(recorder, opcode, rowIn(recorder, operand(left)), rowIn(recorder, operand(right)), outcome, site);
  };
}

const below = compare(OPCODES.lt, (a, b) => a < b);
const notAbove = compare(OPCODES.le, (a, b) => a <= b);
const above = compare(OPCODES.gt, (a, b) => a > b);
const notBelow = compare(OPCODES.ge, (a, b) => a >= b);
// Plain numbers are compared right here, so that the call can be inlined.
export const lt = (a: any, b: any, site: number): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a < b : below(a, b, site);
export const le = (a: any, b: any, site: number): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a <= b : notAbove(a, b, site);
export const gt = (a: any, b: any, site: number): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a > b : above(a, b, site);
export const ge = (a: any, b: any, site: number): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a >= b : notBelow(a, b, site);

/** Can a number be equal to this? Nothing is recorded where it cannot. */
function comparable(value: unknown, loose: boolean): boolean {
  if (value instanceof Tracer || typeof value === 'number') return true;
  return loose && (typeof value === 'string' || typeof value === 'boolean');
}

const isPrimitive = (value: unknown): boolean =>
  value instanceof Tracer || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';

function equal(a: any, b: any, loose: boolean, site: number): boolean {
  // An object is converted to meet a number or a text, never to meet another object, null or undefined.
  if (loose && isPrimitive(a) !== isPrimitive(b)) {
    if (isPrimitive(a)) b = primitive(b, 'default');
    else a = primitive(a, 'default');
  }
  if (!traced(a, b)) return loose ? a == b : a === b;
  if (!comparable(a, loose) || !comparable(b, loose)) return false;
  const recorder = recorderOf(a, b);
  const outcome = numberOf(a) === numberOf(b);
  return decide(recorder, OPCODES.eq, rowIn(recorder, operand(a)), rowIn(recorder, operand(b)), outcome, site);
}

export const seq = (a: any, b: any, site: number): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a === b : equal(a, b, false, site);
export const sne = (a: any, b: any, site: number): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a !== b : !equal(a, b, false, site);
export const eq = (a: any, b: any, site: number): boolean => equal(a, b, true, site);
export const ne = (a: any, b: any, site: number): boolean => !equal(a, b, true, site);

// ------------------------------------------------------------------------------------------ one operand

export function neg(a: any, site: number): unknown {
  if (typeof a === 'number') return -a;
  if (isKnown(a)) return a.recorder.number1(OPCODES.neg, a.row, -known(a), site);
  const operand = primitive(a, 'number');
  return operand instanceof Tracer ? record1(OPCODES.neg, operand, -valueOf(operand), site) : -operand;
}

/** Unary plus: a traced number stays what it is. */
export function num(a: any, site: number): unknown {
  if (typeof a === 'number' || a instanceof Tracer) return a;
  const operand = primitive(a, 'number');
  return operand instanceof Tracer ? operand : convertText(operand, site);
}

/** A string that was made of a traced number and becomes a number again has lost its derivative. */
export function convertText(a: any, site: number): number {
  if (typeof a === 'string') checkText(a, site);
  return +a;
}

let checkText: (text: string, site: number) => void = () => undefined;
export function onTextToNumber(check: (text: string, site: number) => void): void {
  checkText = check;
}

export const inc = (a: any, site: number): unknown => {
  if (typeof a === 'bigint') return a + 1n;
  return add(num(a, site), 1, site);
};

export const dec = (a: any, site: number): unknown => {
  if (typeof a === 'bigint') return a - 1n;
  return sub(num(a, site), 1, site);
};

/** `i++`: the old value, after the assignment. */
export function post(old: any, _assigned: unknown): unknown {
  return typeof old === 'number' || typeof old === 'bigint' || old instanceof Tracer ? old : Number(old);
}

export function typeOf(value: unknown): string {
  return isTraced(value) && value.aval.shape.length === 0 ? 'number' : typeof value;
}

// ------------------------------------------------------------------------------------------ truth

export function truthy(value: any, site: number): boolean {
  if (!(value instanceof Tracer)) return value ? true : false;
  const recorder = recorderOf(value);
  const number = valueOf(value);
  if (Number.isNaN(number)) {
    pin(value, site);
    return false;
  }
  return decide(recorder, OPCODES.ne, rowIn(recorder, value), recorder.literal(0), number !== 0, site);
}

/** For `||`: the operand where it is true, else nothing. */
export function or(value: any, site: number): unknown {
  return truthy(value, site) ? value : undefined;
}

let fallen: Tracer | undefined;

/** For `&&`: a traced zero ends the expression as a plain one, and `andEnd` puts it back. */
export function and(value: any, site: number): unknown {
  if (!(value instanceof Tracer) || truthy(value, site)) return value;
  fallen = value;
  return 0;
}

export function andEnd(value: unknown): unknown {
  if (fallen === undefined) return value;
  const result = fallen;
  fallen = undefined;
  return result;
}

/** Where only a plain number will do and the value is a decision: `switch`, array lengths. */
export function plain(value: any, site: number): unknown {
  return value instanceof Tracer ? pin(value, site) : value;
}

/** A key of an object, an array or a map. */
export function key(value: any, site: number): any {
  return value instanceof Tracer
    ? lose(
        value,
        site,
        'a traced number is used as a key',
        'Round it (Math.floor) where steps are meant, or interpolate.',
      )
    : value;
}

export function stringOf(value: any, site: number): unknown {
  return value instanceof Tracer ? tracedText(value, site) : value;
}

// ------------------------------------------------------------------------------------------ marks

export function value(result: unknown, site: number): unknown {
  const { recorder, lines } = state;
  if (recorder === undefined) return result;
  if (typeof result === 'number') lines.at(site).add(result, -1);
  else if (isKnown(result)) lines.at(site).add(known(result), result.recorder === recorder ? result.row : -1);
  else if (result instanceof Tracer) lines.tracer(site, result, recorder);
  return result;
}

/** After a call: what the engine's functions recorded inside gets the call's position. */
export function called(result: unknown, site: number): unknown {
  const { recorder } = state;
  if (recorder !== undefined && recorder.size !== state.placed) {
    recorder.placeRows(state.placed, site);
    state.placed = recorder.size;
  }
  return result;
}

export function loop(_site: number): void {
  // The recorder rolls loops up by their form; entry and exit need no mark of their own yet.
}

export function iterate(site: number): void {
  state.site = site;
}

export function done(_site: number): void {
  state.site = 0;
}
