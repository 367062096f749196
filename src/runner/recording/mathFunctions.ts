/** `Math` on traced numbers: each function with its site in front, and without one for uses that the rewriter cannot see. */
import { OPCODES } from '../../engine/primitives/opcodes';
import { Tracer } from '../../engine/trace/tracer';
import { isKnown, known, numberOf, pow, primitive, record1, record2 } from './operators';
import { pin, state, valueOf } from './state';
import { rounded } from './typedArrays';

type SitedFunction = (site: number, ...operands: unknown[]) => unknown;
type PlainFunction = (...operands: number[]) => number;

const UNARY: Record<string, number> = {
  abs: OPCODES.abs,
  acos: OPCODES.acos,
  acosh: OPCODES.acosh,
  asin: OPCODES.asin,
  asinh: OPCODES.asinh,
  atan: OPCODES.atan,
  atanh: OPCODES.atanh,
  cbrt: OPCODES.cbrt,
  ceil: OPCODES.ceil,
  cos: OPCODES.cos,
  cosh: OPCODES.cosh,
  exp: OPCODES.exp,
  expm1: OPCODES.expm1,
  floor: OPCODES.floor,
  log: OPCODES.log,
  log10: OPCODES.log10,
  log1p: OPCODES.log1p,
  log2: OPCODES.log2,
  round: OPCODES.roundHalfUp,
  sign: OPCODES.sign,
  sin: OPCODES.sin,
  sinh: OPCODES.sinh,
  sqrt: OPCODES.sqrt,
  tan: OPCODES.tan,
  tanh: OPCODES.tanh,
  trunc: OPCODES.trunc,
};

const native = Math as unknown as Record<string, PlainFunction>;

/** An operand as `Math` takes it: objects are converted, traced numbers stay. */
const operandOf = (given: unknown): unknown => primitive(given, 'number');

function unary(name: string): SitedFunction {
  const opcode = UNARY[name];
  const plain = native[name];
  return (site, x) => {
    if (typeof x === 'number') return plain(x);
    if (isKnown(x)) return x.recorder.number1(opcode, x.row, plain(known(x)), site);
    const operand = operandOf(x);
    return operand instanceof Tracer
      ? record1(opcode, operand, plain(valueOf(operand)), site)
      : plain(operand as number);
  };
}

/** max, min and hypot of any number of operands, two at a time. */
function folded(name: string, opcode: number): SitedFunction {
  const plain = native[name];
  return (site, ...given) => {
    const operands = given.map(operandOf);
    if (!operands.some((operand) => operand instanceof Tracer)) return plain(...(operands as number[]));
    if (operands.length === 1) return name === 'hypot' ? math.abs(site, operands[0]) : operands[0];
    return operands.reduce((a, b) => {
      if (!(a instanceof Tracer) && !(b instanceof Tracer)) return plain(numberOf(a), numberOf(b));
      return record2(opcode, a, b, plain(numberOf(a), numberOf(b)), site);
    });
  };
}

/** Functions of integers: steps. */
function stepwise(name: string): SitedFunction {
  const plain = native[name];
  return (site, ...operands) =>
    plain(
      ...operands
        .map(operandOf)
        .map((operand) => (operand instanceof Tracer ? pin(operand, site) : (operand as number))),
    );
}

/** The functions of `Math` by name. */
export const math: Record<string, SitedFunction> = {
  ...Object.fromEntries(Object.keys(UNARY).map((name) => [name, unary(name)])),
  max: folded('max', OPCODES.max),
  min: folded('min', OPCODES.min),
  hypot: folded('hypot', OPCODES.hypot),
  atan2: (site, ...operands) => {
    const [y, x] = operands.map(operandOf);
    const value = Math.atan2(numberOf(y), numberOf(x));
    return y instanceof Tracer || x instanceof Tracer ? record2(OPCODES.atan2, y, x, value, site) : value;
  },
  pow: (site, ...operands) => {
    const [x, y] = operands.map(operandOf).map((operand) => (operand instanceof Tracer ? operand : Number(operand)));
    return pow(x, y, site);
  },
  fround: (site, x) => {
    const operand = operandOf(x);
    return operand instanceof Tracer ? rounded(operand, site) : Math.fround(operand as number);
  },
  clz32: stepwise('clz32'),
  imul: stepwise('imul'),
};

/** Puts traced functions in the place of a realm's own. */
export function installMath(target: Record<string, unknown>): void {
  for (const [name, sited] of Object.entries(math)) {
    const replaced = (...operands: unknown[]) => sited(0, ...operands);
    Object.defineProperty(replaced, 'name', { value: name });
    Object.defineProperty(replaced, 'length', { value: (native[name] as unknown as () => void).length });
    target[name] = replaced;
  }
  const random = target.random as () => number;
  target.random = () => {
    state.randomCalls++;
    return random();
  };
}
