/** A seeded point made from the types alone, for functions without an `@at` tag: the same after every key press. */
import { FLOAT_ARRAYS, type TypeShape } from './types';

/** Numbers in [0.1, 1): inside the domain of log, sqrt, asin … */
class Numbers {
  private state: number;

  constructor(seed: string) {
    let hash = 2166136261;
    for (const char of seed) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
    this.state = hash >>> 0;
  }

  next(): string {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return (0.1 + (0.9 * this.state) / 4294967296).toFixed(2);
  }
}

const ARRAY_LENGTH = 3;

/** An expression of the type; undefined where the type says too little. */
function expressionOf(type: TypeShape, numbers: Numbers, depth: number): string | undefined {
  if (depth > 8) return undefined;
  const list = (types: TypeShape[]): string | undefined => {
    const parts = types.map((element) => expressionOf(element, numbers, depth + 1));
    return parts.includes(undefined) ? undefined : parts.join(', ');
  };
  switch (type.kind) {
    case 'number':
      return numbers.next();
    case 'boolean':
      return 'true';
    case 'string':
      return "''";
    case 'bigint':
      return '1n';
    case 'void':
    case 'null':
      return 'undefined';
    case 'literal':
      return JSON.stringify(type.value);
    case 'typedArray': {
      const elements = FLOAT_ARRAYS.has(type.name)
        ? list(Array<TypeShape>(ARRAY_LENGTH).fill({ kind: 'number' }))
        : '0, 1, 2';
      return `new ${type.name}([${elements}])`;
    }
    case 'array': {
      const elements = list(Array<TypeShape>(ARRAY_LENGTH).fill(type.element));
      return elements === undefined ? undefined : `[${elements}]`;
    }
    case 'tuple': {
      const elements = list(type.elements);
      return elements === undefined ? undefined : `[${elements}]`;
    }
    case 'object': {
      const fields: string[] = [];
      for (const field of type.fields) {
        const value = expressionOf(field.type, numbers, depth + 1);
        if (value === undefined && !field.optional) return undefined;
        if (value !== undefined)
          fields.push(`${/^[\w$]+$/.test(field.name) ? field.name : JSON.stringify(field.name)}: ${value}`);
      }
      return `{ ${fields.join(', ')} }`;
    }
    case 'instance': {
      const given = type.parameters?.map((parameter) => {
        if (parameter.optional && !isNumeric(parameter.type)) return 'undefined';
        return expressionOf(parameter.type, numbers, depth + 1);
      });
      // What a class makes of text or of other objects is its own affair.
      if (!given || !type.parameters?.every((parameter) => parameter.optional || isNumeric(parameter.type)))
        return undefined;
      return given.includes(undefined) ? undefined : `new ${type.name}(${given.join(', ')})`;
    }
    case 'record': {
      const value = expressionOf(type.value, numbers, depth + 1);
      return value === undefined ? undefined : `{ a: ${value} }`;
    }
    case 'union':
      for (const option of type.options) {
        const value = expressionOf(option, numbers, depth + 1);
        if (value !== undefined) return value;
      }
      return undefined;
    default:
      return undefined;
  }
}

function isNumeric(type: TypeShape): boolean {
  return type.kind === 'number' || (type.kind === 'array' && isNumeric(type.element)) || type.kind === 'typedArray';
}

/** The argument list of a random point for parameters of these types; undefined where one cannot be made. */
export function randomArguments(
  seed: string,
  parameters: readonly { type: TypeShape; optional: boolean; initializer?: string; rest: boolean }[],
): string | undefined {
  const numbers = new Numbers(seed);
  const parts: string[] = [];
  for (const { type, optional, initializer, rest } of parameters) {
    let value = initializer ?? expressionOf(type, numbers, 0);
    if (value === undefined && optional) value = 'undefined';
    if (value === undefined) return undefined;
    parts.push(rest && value.startsWith('[') ? value.slice(1, -1) : value);
  }
  while (parts.length > 0 && parts[parts.length - 1] === 'undefined') parts.pop();
  return parts.join(', ');
}
