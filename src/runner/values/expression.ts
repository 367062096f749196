/** Arguments as a person would write them in a call: what `@at` and the panel say of a point that was set by hand. */
import type { Data, PointInfo } from '../protocol';

/** Characters from which on a point that is only read is cut. */
const READABLE = 2000;

/** How many characters may follow. */
interface Room {
  left: number;
}

/** One value as a TypeScript expression. Numbers of every kind and typed arrays survive, which JSON would lose. */
export function expressionOf(value: Data): string {
  return print(value, { left: Infinity });
}

/** Arguments where they are only read: a million numbers are neither printed nor sent, and `cut` says so. */
export function readablePoint(args: readonly Data[]): Pick<PointInfo, 'expression' | 'cut'> {
  const room = { left: READABLE };
  const expression = list(args.length, (index) => args[index], room);
  return room.left > 0 ? { expression } : { expression, cut: true };
}

function print(value: Data, room: Room): string {
  if (Array.isArray(value)) return `[${list(value.length, (index) => value[index], room)}]`;
  if (ArrayBuffer.isView(value)) {
    const numbers = value as ArrayLike<number>;
    return `new ${value.constructor.name}([${list(numbers.length, (index) => numbers[index], room)}])`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    const text = joined(
      entries.length,
      (index) => `${keyOf(entries[index][0])}: ${print(entries[index][1], room)}`,
      room,
    );
    return text === '' ? '{}' : `{ ${text} }`;
  }
  const text = typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value);
  room.left -= text.length + 2;
  return text;
}

function list(length: number, at: (index: number) => Data, room: Room): string {
  return joined(length, (index) => print(at(index), room), room);
}

function joined(length: number, textOf: (index: number) => string, room: Room): string {
  const parts: string[] = [];
  for (let index = 0; index < length; index++) {
    if (room.left <= 0) {
      parts.push('…');
      break;
    }
    parts.push(textOf(index));
  }
  return parts.join(', ');
}

const keyOf = (key: string): string => (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : JSON.stringify(key));
