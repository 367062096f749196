/** JSON copies keep their traced numbers: text that was made of them is recognised when it is parsed. */
import { Tracer } from '../../engine/trace/tracer';
import { valueOf } from './state';
import { elements, hasTraced, isTypedArray } from './typedArrays';

interface Json {
  stringify: (value: unknown, replacer?: unknown, space?: unknown) => string | undefined;
  parse: (text: string, reviver?: unknown) => unknown;
}

const MAX_TEXTS = 64;
/** Text → its numbers in order, traced ones as tracers. */
const made = new Map<string, Tracer[]>();
const MARK = '\u0001traced:';

export function forgetJson(): void {
  made.clear();
}

export function installJson(json: Json): void {
  const { stringify, parse } = json;
  json.stringify = (value, replacer, space) => {
    const tracers: Tracer[] = [];
    // The text with marks in place of traced numbers tells where they stand in it.
    const marking = function (this: unknown, name: string, item: unknown): unknown {
      const replaced =
        typeof replacer === 'function'
          ? (replacer as (this: unknown, n: string, i: unknown) => unknown).call(this, name, item)
          : item;
      if (isTypedArray(replaced) && hasTraced(replaced)) return { ...elements(replaced) };
      return replaced instanceof Tracer ? `${MARK}${tracers.push(replaced) - 1}` : replaced;
    };
    const keep = Array.isArray(replacer) ? only(marking, replacer) : marking;
    const marked = stringify(value, keep, space);
    if (marked === undefined || tracers.length === 0) return marked;
    const text = marked.replace(/"\\u0001traced:(\d+)"/g, (_, index: string) => {
      const number = valueOf(tracers[Number(index)]);
      return Number.isFinite(number) ? String(number) : 'null';
    });
    if (made.size >= MAX_TEXTS) made.clear();
    made.set(text, tracers);
    made.set(`${MARK}${text}`, tracers);
    markedTexts.set(text, marked);
    return text;
  };
  json.parse = (text, reviver) => {
    const marked = typeof text === 'string' ? markedTexts.get(text) : undefined;
    const tracers = made.get(text);
    if (marked === undefined || tracers === undefined) return parse(text, reviver);
    const restored = parse(marked, (_name: string, item: unknown) =>
      typeof item === 'string' && item.startsWith(MARK) ? tracers[Number(item.slice(MARK.length))] : item,
    );
    return typeof reviver === 'function' ? revive(restored, reviver as Reviver) : restored;
  };
}

const markedTexts = new Map<string, string>();

type Marking = (this: unknown, name: string, item: unknown) => unknown;

/** A list of names as the replacer: only these properties. */
function only(marking: Marking, names: readonly unknown[]): Marking {
  const allowed = new Set(names.map(String));
  return function (this: unknown, name, item) {
    if (name !== '' && !Array.isArray(this) && !allowed.has(name)) return undefined;
    return marking.call(this, name, item);
  };
}

type Reviver = (this: unknown, name: string, item: unknown) => unknown;

function revive(root: unknown, reviver: Reviver): unknown {
  const walk = (holder: Record<string, unknown>, name: string): unknown => {
    const value = holder[name];
    if (typeof value === 'object' && value !== null && !(value instanceof Tracer)) {
      for (const inner of Object.keys(value)) {
        const result = walk(value as Record<string, unknown>, inner);
        if (result === undefined) Reflect.deleteProperty(value, inner);
        else (value as Record<string, unknown>)[inner] = result;
      }
    }
    return reviver.call(holder, name, value);
  };
  return walk({ '': root }, '');
}
