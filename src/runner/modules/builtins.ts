/** Which of Node's modules user code may import: those that only compute. */
import { builtinModules } from 'node:module';

const PURE = new Set([
  'assert',
  'assert/strict',
  'buffer',
  'constants',
  'events',
  'path',
  'path/posix',
  'path/win32',
  'perf_hooks',
  'punycode',
  'querystring',
  'string_decoder',
  'timers',
  'url',
  'util',
  'util/types',
]);

const ALL = new Set(builtinModules);

/** The name without `node:`; undefined for what is not built in. */
export function builtinName(specifier: string): string | undefined {
  const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  return ALL.has(name) || specifier.startsWith('node:') ? name : undefined;
}

export function isAllowed(name: string, allowed: readonly string[]): boolean {
  return PURE.has(name) || allowed.includes(name) || allowed.includes(`node:${name}`);
}
