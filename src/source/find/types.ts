/** What a parameter's type looks like to differentiation: a small tree, made without a type checker. */

export type TypeShape =
  | { kind: 'number' | 'boolean' | 'string' | 'bigint' | 'function' | 'void' | 'null' | 'any' }
  | { kind: 'unknown'; text: string }
  | { kind: 'literal'; value: number | string | boolean }
  | { kind: 'typedArray'; name: string }
  | { kind: 'ndarray' }
  | { kind: 'array'; element: TypeShape }
  | { kind: 'tuple'; elements: TypeShape[] }
  | { kind: 'object'; fields: Field[] }
  /** Of a class, by the name that it has where the type is written; without `parameters` it cannot be constructed there. */
  | { kind: 'instance'; name: string; fields: Field[]; parameters?: { type: TypeShape; optional: boolean }[] }
  | { kind: 'map'; value: TypeShape }
  | { kind: 'record'; value: TypeShape }
  | { kind: 'promise'; value: TypeShape }
  | { kind: 'union'; options: TypeShape[] };

export interface Field {
  name: string;
  type: TypeShape;
  optional: boolean;
}

export const FLOAT_ARRAYS: ReadonlySet<string> = new Set(['Float64Array', 'Float32Array']);
export const INTEGER_ARRAYS: ReadonlySet<string> = new Set([
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
]);

/** The type as a user would write it. */
export function printType(type: TypeShape, depth = 0): string {
  switch (type.kind) {
    case 'unknown':
      return type.text;
    case 'literal':
      return JSON.stringify(type.value);
    case 'typedArray':
      return type.name;
    case 'ndarray':
      return 'NdArray';
    case 'array': {
      const element = printType(type.element, depth);
      return type.element.kind === 'union' || type.element.kind === 'function' ? `(${element})[]` : `${element}[]`;
    }
    case 'tuple':
      return `[${type.elements.map((element) => printType(element, depth)).join(', ')}]`;
    case 'object': {
      if (depth > 2) return '{ … }';
      const fields = type.fields.map(
        ({ name, type: of, optional }) => `${name}${optional ? '?' : ''}: ${printType(of, depth + 1)}`,
      );
      return fields.length === 0 ? '{}' : `{ ${fields.join('; ')} }`;
    }
    case 'record':
      return `Record<string, ${printType(type.value, depth)}>`;
    case 'map':
      return `Map<…, ${printType(type.value, depth)}>`;
    case 'instance':
      return type.name;
    case 'promise':
      return `Promise<${printType(type.value, depth)}>`;
    case 'union':
      return type.options.map((option) => printType(option, depth)).join(' | ');
    case 'function':
      return 'function';
    default:
      return type.kind;
  }
}

/** True where the type holds floating-point numbers to differentiate by. */
export function hasNumbers(type: TypeShape): boolean {
  return holds(
    type,
    (part) =>
      part.kind === 'number' || part.kind === 'ndarray' || (part.kind === 'typedArray' && FLOAT_ARRAYS.has(part.name)),
  );
}

/** The type says too little: with a point, what the arguments are shows when it runs. */
export function mayHoldNumbers(type: TypeShape): boolean {
  return holds(type, ({ kind }) => kind === 'unknown' || kind === 'any' || kind === 'instance');
}

/** Does the type, or one of those in it, pass the test? */
function holds(type: TypeShape, test: (part: TypeShape) => boolean): boolean {
  if (test(type)) return true;
  const within = (part: TypeShape): boolean => holds(part, test);
  switch (type.kind) {
    case 'array':
      return within(type.element);
    case 'record':
    case 'map':
    case 'promise':
      return within(type.value);
    case 'tuple':
      return type.elements.some(within);
    case 'object':
    case 'instance':
      return type.fields.some((field) => within(field.type));
    case 'union':
      return type.options.some(within);
    default:
      return false;
  }
}

/** Why a type cannot be differentiated by, in one short sentence. */
export function whyNot(type: TypeShape): string {
  switch (type.kind) {
    case 'typedArray':
      return `${type.name} holds integers.`;
    case 'unknown':
      return type.text === '' ? 'It has no type.' : `Its type \`${type.text}\` is not known to hold numbers.`;
    case 'any':
      return 'Its type is `any`.';
    case 'union':
    case 'literal':
      return 'It has a fixed set of values.';
    case 'function':
      return 'It is a function.';
    default:
      return `\`${printType(type)}\` has no floating-point numbers in it.`;
  }
}
