/** From the specifier of an import to the file: relative paths, tsconfig `paths`, packages with `exports`. */
import { statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import ts from 'typescript';
import type { FileStore } from './files';

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx', '.json'];
/** TypeScript writes the name of the output in an import. */
const OUTPUT_TO_SOURCE: Record<string, string[]> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

interface TsConfig {
  baseUrl?: string;
  paths: { pattern: string; targets: string[]; base: string }[];
}

export class Resolver {
  private readonly configs = new Map<string, TsConfig | undefined>();
  private readonly packages = new Map<string, Record<string, unknown> | undefined>();
  private readonly known = new Map<string, string | undefined>();

  constructor(private readonly files: FileStore) {}

  /** Forgets everything: files came, went or changed their configuration. */
  clear(): void {
    this.configs.clear();
    this.packages.clear();
    this.known.clear();
  }

  /** The file of an import; undefined where there is none. `esm`: an `import`, not a `require`. */
  resolve(specifier: string, from: string, esm: boolean): string | undefined {
    const key = `${esm ? 'i' : 'r'}\0${specifier}\0${specifier.startsWith('.') ? from : dirname(from)}`;
    if (this.known.has(key)) return this.known.get(key);
    const found = this.find(specifier, from, esm);
    this.known.set(key, found);
    return found;
  }

  /** The file of declarations of an import: those that the package or `@types` gives, or of a declaration file beside it. */
  declarations(specifier: string, from: string): string | undefined {
    const key = `d\0${specifier}\0${specifier.startsWith('.') ? from : dirname(from)}`;
    if (this.known.has(key)) return this.known.get(key);
    const found = specifier.startsWith('.')
      ? this.declarationFile(resolve(dirname(from), specifier))
      : this.declarationsInPackages(specifier, from);
    this.known.set(key, found);
    return found;
  }

  private declarationFile(path: string): string | undefined {
    const candidates = [path, path.replace(/\.([mc]?)jsx?$/, '.d.$1ts'), `${path}.d.ts`, join(path, 'index.d.ts')];
    return candidates.find((candidate) => /\.d\.[mc]?ts$/.test(candidate) && this.isFile(candidate));
  }

  private declarationsInPackages(specifier: string, from: string): string | undefined {
    const { name, rest } = packageOf(specifier);
    for (let directory = dirname(from); ; directory = dirname(directory)) {
      for (const root of [name, `@types/${name.replace(/^@/, '').replace('/', '__')}`]) {
        const found = this.declarationsIn(join(directory, 'node_modules', root), rest);
        if (found) return found;
      }
      if (dirname(directory) === directory) return undefined;
    }
  }

  private declarationsIn(root: string, rest: string): string | undefined {
    const content = this.packageAt(root);
    if (!content) return undefined;
    const target = content.exports === undefined ? undefined : exported(content.exports, rest, TYPES);
    const exact = target === undefined ? undefined : this.declarationFile(join(root, target));
    if (exact) return exact;
    if (rest !== '') return this.declarationFile(join(root, rest));
    const entry = content.types ?? content.typings;
    const given = typeof entry === 'string' ? this.declarationFile(join(root, entry)) : undefined;
    return given ?? this.declarationFile(root);
  }

  private find(specifier: string, from: string, esm: boolean): string | undefined {
    if (specifier.startsWith('.') || isAbsolute(specifier)) return this.file(resolve(dirname(from), specifier));
    if (specifier.startsWith('file:')) return this.file(new URL(specifier).pathname);
    const mapped = this.byPaths(specifier, from);
    if (mapped) return mapped;
    if (specifier.startsWith('#')) return this.byImports(specifier, from, esm);
    return this.inPackages(specifier, from, esm);
  }

  // ------------------------------------------------------------------------------------------ files

  private isFile(path: string): boolean {
    if (this.files.hasOverlay(path)) return true;
    try {
      return statSync(path).isFile();
    } catch {
      return false;
    }
  }

  private isDirectory(path: string): boolean {
    try {
      return statSync(path).isDirectory();
    } catch {
      return false;
    }
  }

  /** A path as it stands, as TypeScript's output, with an extension, or as a folder. */
  private file(path: string): string | undefined {
    if (this.isFile(path) && EXTENSIONS.some((extension) => path.endsWith(extension))) return path;
    for (const [output, sources] of Object.entries(OUTPUT_TO_SOURCE)) {
      if (!path.endsWith(output)) continue;
      for (const source of sources) {
        const candidate = path.slice(0, -output.length) + source;
        if (this.isFile(candidate)) return candidate;
      }
    }
    for (const extension of EXTENSIONS) if (this.isFile(path + extension)) return path + extension;
    if (this.isDirectory(path)) {
      const main = this.packageAt(path)?.main;
      if (typeof main === 'string') {
        const found = this.file(join(path, main));
        if (found) return found;
      }
      for (const extension of EXTENSIONS)
        if (this.isFile(join(path, `index${extension}`))) return join(path, `index${extension}`);
    }
    return this.isFile(path) ? path : undefined;
  }

  // ------------------------------------------------------------------------------------------ tsconfig

  private byPaths(specifier: string, from: string): string | undefined {
    const config = this.configFor(dirname(from));
    if (!config) return undefined;
    for (const { pattern, targets, base } of config.paths) {
      const star = pattern.indexOf('*');
      let rest = '';
      if (star < 0) {
        if (pattern !== specifier) continue;
      } else {
        const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
        if (!specifier.startsWith(head) || !specifier.endsWith(tail)) continue;
        rest = specifier.slice(head.length, specifier.length - tail.length);
      }
      for (const target of targets) {
        const found = this.file(resolve(base, target.replace('*', rest)));
        if (found && !found.endsWith('.d.ts')) return found;
      }
    }
    return config.baseUrl ? this.file(resolve(config.baseUrl, specifier)) : undefined;
  }

  private configFor(directory: string): TsConfig | undefined {
    if (directory.includes('node_modules')) return undefined;
    if (this.configs.has(directory)) return this.configs.get(directory);
    const file = ['tsconfig.json', 'jsconfig.json']
      .map((name) => join(directory, name))
      .find((path) => this.isFile(path));
    const parent = dirname(directory);
    const config = file ? this.readConfig(file, 0) : parent === directory ? undefined : this.configFor(parent);
    this.configs.set(directory, config);
    return config;
  }

  private readConfig(file: string, depth: number): TsConfig {
    const { config } = ts.parseConfigFileTextToJson(file, this.files.read(file) ?? '{}') as {
      config?: {
        extends?: string | string[];
        compilerOptions?: { baseUrl?: string; paths?: Record<string, string[]> };
      };
    };
    const directory = dirname(file);
    let result: TsConfig = { paths: [] };
    for (const base of [config?.extends ?? []].flat()) {
      const path = base.startsWith('.') ? this.file(resolve(directory, base)) : this.inPackages(base, file, false);
      if (path && depth < 8) result = this.readConfig(path, depth + 1);
    }
    const { baseUrl, paths } = config?.compilerOptions ?? {};
    if (baseUrl !== undefined) result.baseUrl = resolve(directory, baseUrl);
    if (paths) {
      const base = result.baseUrl ?? directory;
      result.paths = Object.entries(paths).map(([pattern, targets]) => ({ pattern, targets, base }));
      // The longest prefix wins.
      result.paths.sort((a, b) => b.pattern.indexOf('*') - a.pattern.indexOf('*'));
    }
    return result;
  }

  // ------------------------------------------------------------------------------------------ packages

  private packageAt(directory: string): Record<string, unknown> | undefined {
    if (this.packages.has(directory)) return this.packages.get(directory);
    let content: Record<string, unknown> | undefined;
    const text = this.files.read(join(directory, 'package.json'));
    if (text !== undefined) {
      try {
        content = JSON.parse(text) as Record<string, unknown>;
      } catch {
        content = undefined;
      }
    }
    this.packages.set(directory, content);
    return content;
  }

  private inPackages(specifier: string, from: string, esm: boolean): string | undefined {
    const { name, rest } = packageOf(specifier);
    for (let directory = dirname(from); ; directory = dirname(directory)) {
      const root = join(directory, 'node_modules', name);
      if (this.isDirectory(root)) {
        const found = this.inPackage(root, rest, esm);
        if (found) return found;
      }
      const self = this.packageAt(directory);
      if (self?.name === name && self.exports !== undefined) {
        const found = this.byExports(directory, self.exports, rest, esm);
        if (found) return found;
      }
      if (dirname(directory) === directory) return undefined;
    }
  }

  private inPackage(root: string, rest: string, esm: boolean): string | undefined {
    const content = this.packageAt(root);
    if (content?.exports !== undefined) {
      const found = this.byExports(root, content.exports, rest, esm);
      if (found) return found;
    }
    if (rest !== '') return this.file(join(root, rest));
    const { module: esmEntry, main } = content ?? {};
    const entries = esm ? [main, esmEntry] : [main];
    for (const entry of entries) {
      const found = typeof entry === 'string' ? this.file(join(root, entry)) : undefined;
      if (found) return found;
    }
    return this.file(join(root, 'index'));
  }

  private byImports(specifier: string, from: string, esm: boolean): string | undefined {
    for (let directory = dirname(from); ; directory = dirname(directory)) {
      const imports = this.packageAt(directory)?.imports;
      if (imports !== undefined) {
        const target = matchTarget(imports as Record<string, unknown>, specifier, conditionsOf(esm));
        return target?.startsWith('.')
          ? this.file(join(directory, target))
          : target && this.inPackages(target, from, esm);
      }
      if (dirname(directory) === directory) return undefined;
    }
  }

  private byExports(root: string, exports: unknown, rest: string, esm: boolean): string | undefined {
    const target = exported(exports, rest, conditionsOf(esm));
    return target === undefined ? undefined : this.file(join(root, target));
  }
}

function packageOf(specifier: string): { name: string; rest: string } {
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
  return { name, rest: specifier.slice(name.length + 1) };
}

/** Conditions of `exports` that hold, the package's first that does counting. */
const IMPORT: ReadonlySet<string> = new Set(['default', 'node', 'import', 'module-sync']);
const REQUIRE: ReadonlySet<string> = new Set(['default', 'node', 'require', 'module-sync']);
const TYPES: ReadonlySet<string> = new Set([...IMPORT, 'types']);

function conditionsOf(esm: boolean): ReadonlySet<string> {
  return esm ? IMPORT : REQUIRE;
}

function exported(exports: unknown, rest: string, conditions: ReadonlySet<string>): string | undefined {
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

function matchTarget(
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
