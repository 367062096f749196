/** Which of Node's modules user code may use: those that only compute. */
import { builtinModules, createRequire } from 'node:module';

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
const hostRequire = createRequire(__filename);

/** The name without `node:`; undefined for what is not built in. */
export function builtinName(specifier: string): string | undefined {
  const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  return ALL.has(name) || specifier.startsWith('node:') ? name : undefined;
}

export function isAllowed(name: string, allowed: readonly string[]): boolean {
  return PURE.has(name) || allowed.includes(name) || allowed.includes(`node:${name}`);
}

/** What a module of Node exports. */
export function builtinModule(name: string): Record<string, unknown> {
  return hostRequire(`node:${name}`) as Record<string, unknown>;
}

/**
 * What stands for a module that is not allowed, so that a file which imports it can be loaded: its constants, and functions that
 * call `refuse`.
 */
export function refusedModule(name: string, refuse: () => never): Record<string, unknown> {
  return refusedObject(builtinModule(name), refuse);
}

function refusedObject(host: Record<string, unknown>, refuse: () => never): Record<string, unknown> {
  const standIn: Record<string, unknown> = {};
  const known = new Map<string, unknown>();
  for (const name of Object.keys(host)) {
    const get = (): unknown => {
      if (!known.has(name)) known.set(name, refusedValue(host[name], refuse));
      return known.get(name);
    };
    Object.defineProperty(standIn, name, { get, enumerable: true, configurable: true });
  }
  return standIn;
}

function refusedValue(value: unknown, refuse: () => never): unknown {
  // Classes may be extended; what is constructed is refused as what is called is.
  if (typeof value === 'function')
    return function () {
      refuse();
    };
  return typeof value === 'object' && value !== null ? refusedObject(value as Record<string, unknown>, refuse) : value;
}
