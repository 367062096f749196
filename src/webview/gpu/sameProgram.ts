/**
 * Whether a program that comes in is one that there are kernels of: found by a hash of its columns, and compared number by number before
 * it counts as the same. Where it stands in the user's code makes no difference to its kernels.
 */
import type { SerializedProgram } from '../../engine/program/serialize';

/** What does not tell two programs apart, in them and in programs that are parameters. */
const IGNORED: ReadonlySet<string> = new Set(['positions', 'sources']);

type Fields = Readonly<Record<string, unknown>>;

/** Equal for equal programs; hardly ever for others. */
export function hashOf(program: SerializedProgram): number {
  let hash = 0x811c9dc5;
  const mix = (word: number): void => {
    hash = Math.imul(hash ^ word, 0x01000193);
  };
  const text = (of: string): void => {
    for (let index = 0; index < of.length; index++) mix(of.charCodeAt(index));
  };
  const visit = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      const words = wordsOf(value);
      for (let index = 0; index < words.length; index++) mix(words[index]);
    } else if (Array.isArray(value)) {
      mix(value.length);
      value.forEach(visit);
    } else if (typeof value === 'object' && value !== null) {
      for (const key of keysOf(value as Fields)) {
        text(key);
        visit((value as Fields)[key]);
      }
    } else text(String(value));
  };
  visit(program);
  return hash >>> 0;
}

/** The same program, at whatever lines of whatever files. */
export function isSame(a: SerializedProgram, b: SerializedProgram): boolean {
  const same = (one: unknown, other: unknown): boolean => {
    if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
      return Object.is(one, other);
    if (ArrayBuffer.isView(one) || ArrayBuffer.isView(other)) {
      if (!ArrayBuffer.isView(one) || !ArrayBuffer.isView(other) || one.constructor !== other.constructor) return false;
      const [words, others] = [wordsOf(one), wordsOf(other)];
      if (words.length !== others.length) return false;
      for (let index = 0; index < words.length; index++) if (words[index] !== others[index]) return false;
      return true;
    }
    if (Array.isArray(one) !== Array.isArray(other)) return false;
    const keys = keysOf(one as Fields);
    if (keys.length !== keysOf(other as Fields).length) return false;
    return keys.every((key) => key in other && same((one as Fields)[key], (other as Fields)[key]));
  };
  return same(a, b);
}

function keysOf(value: Fields): string[] {
  const keys = Object.keys(value);
  return value.format === 'gradlens-program' ? keys.filter((key) => !IGNORED.has(key)) : keys;
}

/** The bits of a typed array, −0 and every NaN as they are. */
function wordsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Int32Array | Uint8Array {
  return byteOffset % 4 === 0 && byteLength % 4 === 0
    ? new Int32Array(buffer, byteOffset, byteLength / 4)
    : new Uint8Array(buffer, byteOffset, byteLength);
}
