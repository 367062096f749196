/** The types that every file knows. */
import { FLOAT_ARRAYS, INTEGER_ARRAYS, type TypeShape } from './types';

/** The shape of one of the language's own types, or of the engine's; undefined for any other name. */
export function standardType(name: string, typeArguments: () => TypeShape[]): TypeShape | undefined {
  if (FLOAT_ARRAYS.has(name) || INTEGER_ARRAYS.has(name)) return { kind: 'typedArray', name };
  switch (name) {
    case 'Array':
    case 'ReadonlyArray':
    case 'Iterable':
    case 'ArrayLike':
      return { kind: 'array', element: typeArguments()[0] ?? { kind: 'any' } };
    case 'Readonly':
    case 'Required':
    case 'NonNullable':
      return typeArguments()[0];
    case 'Partial': {
      const [of] = typeArguments();
      return of?.kind === 'object' ? { ...of, fields: of.fields.map((field) => ({ ...field, optional: true })) } : of;
    }
    case 'Pick':
    case 'Omit': {
      const [of, keys] = typeArguments();
      if (of?.kind !== 'object') return undefined;
      const names = new Set(
        (keys?.kind === 'union' ? keys.options : [keys]).map((key) => (key?.kind === 'literal' ? key.value : '')),
      );
      return { ...of, fields: of.fields.filter((field) => names.has(field.name) === (name === 'Pick')) };
    }
    case 'Record': {
      const [keys, value] = typeArguments();
      const names = keys?.kind === 'union' ? keys.options : keys ? [keys] : [];
      if (names.length === 0 || names.some((key) => key.kind !== 'literal')) return { kind: 'record', value };
      const fields = names.map((key) => ({
        name: String((key as { value: string }).value),
        type: value,
        optional: false,
      }));
      return { kind: 'object', fields };
    }
    case 'Map':
    case 'ReadonlyMap':
      return { kind: 'map', value: typeArguments()[1] ?? { kind: 'any' } };
    case 'Promise':
      return { kind: 'promise', value: typeArguments()[0] ?? { kind: 'any' } };
    case 'Number':
      return { kind: 'number' };
    case 'Function':
      return { kind: 'function' };
    case 'NdArray':
    case 'ArrayLikeNd':
      return { kind: 'ndarray' };
    default:
      return undefined;
  }
}
