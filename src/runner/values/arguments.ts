/** Arguments of a function: from an `@at` expression over the module's scope, or from data. */
import { array } from '../../engine/numpy/creation';
import type { FoundFunction } from '../../source/find/functions';
import { namedArgument, splitArguments } from '../../source/find/docTags';
import type { TypeShape } from '../../source/find/types';
import { FLOAT_ARRAYS, INTEGER_ARRAYS } from '../../source/find/types';
import { RunnerError } from '../modules/errors';
import type { ModuleInstance, Realm } from '../modules/realm';
import type { Data } from '../protocol';
import { isTypedArray } from '../recording/typedArrays';
import { buildFrom, describe, flatten, parseNumber } from './layout';
import { byNumbers, isMoreThanData, substitute, type Substituted } from './substitute';

/** The values of an argument list. What cannot hold types or functions, as a million numbers, needs no parser. */
function valuesOf(text: string, instance: ModuleInstance): unknown[] {
  const list = `[${text}]`;
  const source = /\b(as|satisfies|function|class)\b|[!<]|=>|\)\s*\{/.test(text);
  return (source ? instance.evaluateSource(list) : instance.evaluate(list)) as unknown[];
}

/** Evaluates an argument list (`[1, 2], 3` or `x = [1, 2], k = 3`) over the module's scope, in the realm of the instance. */
export function argumentsAt(fn: FoundFunction, expression: string, instance: ModuleInstance): unknown[] {
  const parts = splitArguments(expression);
  const named = parts.map(namedArgument);
  try {
    if (parts.length > 0 && named.every((part) => part !== undefined)) {
      const values: unknown[] = [];
      for (const part of named) {
        const index = fn.parameters.findIndex(({ name }) => name === part?.name);
        if (index < 0)
          throw new RunnerError(
            'bad-arguments',
            `\`${fn.name}\` has no parameter \`${part?.name}\`.`,
            place(fn, instance),
            `Its parameters are ${fn.parameters.map(({ name }) => name).join(', ')}.`,
          );
        while (values.length <= index) values.push(undefined);
        [values[index]] = valuesOf(part?.value ?? '', instance);
      }
      return values;
    }
    return valuesOf(expression, instance);
  } catch (error) {
    if (error instanceof RunnerError) throw error;
    throw new RunnerError(
      'bad-arguments',
      `The arguments \`${expression}\` cannot be evaluated: ${error instanceof Error || hasMessage(error) ? error.message : String(error)}.`.replace(
        /\.\.$/,
        '.',
      ),
      place(fn, instance),
      'Write them as in a call: `[1, 2], 3`. Names of the module may be used.',
    );
  }
}

function hasMessage(error: unknown): error is { message: string } {
  return typeof error === 'object' && error !== null && 'message' in error;
}

function place(fn: FoundFunction, instance: ModuleInstance): { file: string; line: number; column: number } {
  const range = fn.points[0]?.range ?? fn.nameRange;
  return { file: instance.file, line: range.line, column: range.column };
}

/**
 * Arguments given as data, in the kinds that the parameters' types ask for. Where data cannot say what an argument is (an instance of
 * a class, a function), it is the `own` one of the function's point with these numbers; `onRestore` is told how to put those back.
 *
 * @throws RunnerError where the data are no such argument with other numbers
 */
export function argumentsFrom(
  fn: FoundFunction,
  data: readonly Data[],
  realm: Realm,
  own: () => readonly unknown[],
  onRestore: (restore: () => void) => void,
): unknown[] {
  const owns = data.some(mayBeMore) ? own() : [];
  return data.map((item, index) => {
    if (isMoreThanData(owns[index])) {
      const { value, restore } = ownWith(owns[index], item, fn.parameters[index]?.name ?? String(index));
      onRestore(restore);
      return value;
    }
    const rest = fn.rest && index >= fn.types.length - 1;
    const type = rest ? elementOf(fn.types[fn.types.length - 1]) : fn.types[index];
    return convert(item, type ?? { kind: 'any' }, realm);
  });
}

/** Objects and text may stand for what is more than data; a million numbers do not. */
function mayBeMore(item: Data): boolean {
  if (typeof item === 'string') return item.startsWith('[function');
  if (typeof item !== 'object' || item === null || isTypedArray(item)) return false;
  return Array.isArray(item) ? item.some(mayBeMore) : true;
}

function ownWith(own: unknown, item: Data, name: string): Substituted {
  const { layout } = describe(own);
  const numbers = flatten(layout, item);
  if (!numbers || toText(buildFrom(layout, numbers)) !== toText(item))
    throw new RunnerError(
      'bad-arguments',
      `Only the numbers of \`${name}\` can be changed here: it holds functions or is an object of a class.`,
      {},
      'Change the rest in the `@at` of the function.',
    );
  let next = 0;
  return substitute(
    own,
    byNumbers(() => numbers[next++]),
  );
}

/** The same for numbers however they are kept; NaN and infinities are text in JSON. */
function toText(data: Data): string {
  return JSON.stringify(data, (_, value: unknown) => {
    if (isTypedArray(value)) return Array.from(value as ArrayLike<number>, String);
    return typeof value === 'number' ? String(value) : value;
  });
}

function elementOf(type: TypeShape): TypeShape {
  return type.kind === 'array' ? type.element : { kind: 'any' };
}

function convert(item: Data, type: TypeShape, realm: Realm): unknown {
  if (typeof item === 'string' && type.kind !== 'string' && type.kind !== 'literal' && type.kind !== 'union') {
    return parseNumber(item) ?? item;
  }
  if (typeof item !== 'object' || item === null) return item;
  if (type.kind === 'typedArray' && (FLOAT_ARRAYS.has(type.name) || INTEGER_ARRAYS.has(type.name))) {
    const list = Array.from(item as ArrayLike<Data>, (value) =>
      typeof value === 'string' ? (parseNumber(value) ?? NaN) : Number(value),
    );
    return new (realm.intrinsic<Float64ArrayConstructor>(type.name))(list);
  }
  if (type.kind === 'ndarray') return array(item as never);
  if (isTypedArray(item)) {
    if (type.kind === 'array') return convert(Array.from(item), type, realm);
    return new (realm.intrinsic<Float64ArrayConstructor>(Object.prototype.toString.call(item).slice(8, -1)))(
      Array.from(item),
    );
  }
  if (Array.isArray(item)) {
    const list = new (realm.intrinsic<ArrayConstructor>('Array'))() as unknown[];
    item.forEach((value, index) =>
      list.push(
        convert(value, type.kind === 'tuple' ? (type.elements[index] ?? { kind: 'any' }) : elementOf(type), realm),
      ),
    );
    return list;
  }
  const object = new (realm.intrinsic<ObjectConstructor>('Object'))() as Record<string, unknown>;
  for (const [name, value] of Object.entries(item)) {
    const field =
      type.kind === 'object' || type.kind === 'instance'
        ? type.fields.find((candidate) => candidate.name === name)?.type
        : type.kind === 'record'
          ? type.value
          : undefined;
    object[name] = convert(value, field ?? { kind: 'any' }, realm);
  }
  return object;
}
