/** From the specifier of an import to the file: relative paths, tsconfig `paths`, packages with `exports`. */
import { readlinkSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileStore } from './files';
import { TYPES, conditionsOf, exported, matchTarget } from './packageExports';
import { TsConfigs } from './tsconfigs';

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx', '.json'];
/** TypeScript writes the name of the output in an import. */
const OUTPUT_TO_SOURCE: Record<string, string[]> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

const MOST_LINKS = 8;

export class Resolver {
  private readonly configs: TsConfigs;
  private readonly packages = new Map<string, Record<string, unknown> | undefined>();
  private readonly known = new Map<string, string | undefined>();

  constructor(private readonly files: FileStore) {
    this.configs = new TsConfigs(
      (path) => this.isFile(path),
      (path) => this.files.read(path),
      (specifier, from) =>
        isAbsolute(specifier) || specifier.startsWith('.')
          ? this.file(resolve(dirname(from), specifier))
          : this.inPackages(specifier, from, false),
    );
  }

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
        const found = this.declarationsIn(linkTarget(join(directory, 'node_modules', root)), rest);
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
    if (specifier.startsWith('file:')) return this.file(fileURLToPath(specifier));
    for (const candidate of this.configs.candidates(specifier, from)) {
      const mapped = this.file(candidate);
      if (mapped && !mapped.endsWith('.d.ts')) return mapped;
    }
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
      const root = linkTarget(join(directory, 'node_modules', name));
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

/** The package of a specifier, and what is asked of it. */
export function packageOf(specifier: string): { name: string; rest: string } {
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
  return { name, rest: specifier.slice(name.length + 1) };
}

/**
 * Where a link leads: package managers link the packages of a workspace, and some every package, beside which alone its own
 * dependencies stand. Only the package's folder is followed, so that a workspace that stands behind a link keeps its name.
 */
function linkTarget(path: string): string {
  for (let depth = 0; depth < MOST_LINKS; depth++) {
    try {
      path = resolve(dirname(path), readlinkSync(path));
    } catch {
      return path;
    }
  }
  return path;
}
