/** The tables `exports` and `imports` of a package.json, read as Node reads them. */

/** Conditions of `exports` that hold, the package's first that does counting. */
const IMPORT: ReadonlySet<string> = new Set(['default', 'node', 'import', 'module-sync']);
const REQUIRE: ReadonlySet<string> = new Set(['default', 'node', 'require', 'module-sync']);
export const TYPES: ReadonlySet<string> = new Set([...IMPORT, 'types']);

/** The conditions of an `import`, or of a `require`. */
export function conditionsOf(esm: boolean): ReadonlySet<string> {
  return esm ? IMPORT : REQUIRE;
}

/** What a package's `exports` give for a subpath (`` for the package itself); undefined where they hide it. */
export function exported(exports: unknown, rest: string, conditions: ReadonlySet<string>): string | undefined {
  const table = isSubpaths(exports) ? (exports as Record<string, unknown>) : { '.': exports };
  return matchTarget(table, rest === '' ? '.' : `./${rest}`, conditions);
}

function isSubpaths(exports: unknown): boolean {
  return (
    typeof exports === 'object' &&
    exports !== null &&
    !Array.isArray(exports) &&
    Object.keys(exports).some((key) => key.startsWith('.'))
  );
}

/** The target of a subpath in a table of `exports` or `imports`, patterns included. */
export function matchTarget(
  table: Record<string, unknown>,
  subpath: string,
  conditions: ReadonlySet<string>,
): string | undefined {
  if (subpath in table) return condition(table[subpath], conditions);
  for (const [pattern, target] of Object.entries(table).sort((a, b) => b[0].length - a[0].length)) {
    const star = pattern.indexOf('*');
    if (star < 0) {
      if (pattern.endsWith('/') && subpath.startsWith(pattern)) {
        const found = condition(target, conditions);
        if (found) return found + subpath.slice(pattern.length);
      }
      continue;
    }
    const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
    if (subpath.length >= head.length + tail.length && subpath.startsWith(head) && subpath.endsWith(tail)) {
      const rest = subpath.slice(head.length, subpath.length - tail.length);
      return condition(target, conditions)?.replaceAll('*', rest);
    }
  }
  return undefined;
}

/** The target of the first condition that holds. */
function condition(target: unknown, conditions: ReadonlySet<string>): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) {
    for (const item of target) {
      const found = condition(item, conditions);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [name, value] of Object.entries(target)) {
    if (!conditions.has(name)) continue;
    const found = condition(value, conditions);
    if (found) return found;
  }
  return undefined;
}
