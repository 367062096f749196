/** `paths` and `baseUrl` of the tsconfig.json (or jsconfig.json) that a file belongs to, through `extends` and `references`. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import ts from 'typescript';

interface Mapping {
  readonly pattern: string;
  readonly targets: readonly string[];
}

interface TsConfig {
  readonly baseUrl?: string;
  readonly paths: readonly Mapping[];
  /** Folders whose files belong to the project: none where it only refers to others. */
  readonly folders: readonly string[];
  readonly references: readonly string[];
}

interface ConfigText {
  extends?: string | string[];
  files?: string[];
  include?: string[];
  references?: { path?: string }[];
  compilerOptions?: { baseUrl?: string; paths?: Record<string, string[]> };
}

const NAMES = ['tsconfig.json', 'jsconfig.json'];
const DEEPEST = 8;

export class TsConfigs {
  private readonly nearest = new Map<string, string | undefined>();
  private readonly configs = new Map<string, TsConfig>();

  /**
   * `configDirectory` below is the folder of the file that is not extended: what `${configDir}` stands for.
   *
   * @param has whether there is such a file
   * @param read its text
   * @param find the file that an `extends` names
   */
  constructor(
    private readonly has: (path: string) => boolean,
    private readonly read: (path: string) => string | undefined,
    private readonly find: (specifier: string, from: string) => string | undefined,
  ) {}

  clear(): void {
    this.nearest.clear();
    this.configs.clear();
  }

  /** Paths that the mappings give for a specifier, in the order to try them, without extensions. */
  candidates(specifier: string, from: string): string[] {
    if (from.includes('node_modules')) return [];
    const file = this.nearestTo(dirname(from));
    return file === undefined ? [] : this.projectsOf(file, from).flatMap((config) => mapped(config, specifier));
  }

  private nearestTo(directory: string): string | undefined {
    if (this.nearest.has(directory)) return this.nearest.get(directory);
    const parent = dirname(directory);
    const own = NAMES.map((name) => join(directory, name)).find(this.has);
    const found = own ?? (parent === directory ? undefined : this.nearestTo(parent));
    this.nearest.set(directory, found);
    return found;
  }

  /** The project itself and those that it refers to, those that the file belongs to first. */
  private projectsOf(file: string, from: string): TsConfig[] {
    const config = this.config(file, 0);
    const referred = config.references
      .map((path) => (path.endsWith('.json') ? path : join(path, 'tsconfig.json')))
      .filter((path) => path !== file && this.has(path))
      .map((path) => this.config(path, 0));
    const all = [config, ...referred];
    const holds = ({ folders }: TsConfig) => folders.some((folder) => isInside(from, folder));
    return [...all.filter(holds), ...all.filter((each) => !holds(each))];
  }

  private config(file: string, depth: number, configDirectory = dirname(file)): TsConfig {
    const key = `${configDirectory}\0${file}`;
    let config = this.configs.get(key);
    if (!config) this.configs.set(key, (config = this.parse(file, depth, configDirectory)));
    return config;
  }

  private parse(file: string, depth: number, configDirectory: string): TsConfig {
    const { config } = ts.parseConfigFileTextToJson(file, this.read(file) ?? '{}') as { config?: ConfigText };
    const directory = dirname(file);
    const absolute = (path: string) => resolve(directory, path.replace('${configDir}', configDirectory));
    let base: Pick<TsConfig, 'baseUrl' | 'paths'> & { folders?: readonly string[] } = { paths: [] };
    for (const specifier of [config?.extends ?? []].flat()) {
      const path = this.find(specifier, file);
      if (path === undefined || depth >= DEEPEST) continue;
      const { baseUrl, paths, folders } = this.config(path, depth + 1, configDirectory);
      base = { baseUrl: baseUrl ?? base.baseUrl, paths: paths.length > 0 ? paths : base.paths, folders };
    }
    const { baseUrl: ownBase, paths: ownPaths } = config?.compilerOptions ?? {};
    const baseUrl = ownBase === undefined ? base.baseUrl : absolute(ownBase);
    const root = baseUrl ?? directory;
    const paths = ownPaths
      ? Object.entries(ownPaths).map(([pattern, targets]) => ({
          pattern,
          targets: targets.map((target) => resolve(root, target.replace('${configDir}', configDirectory))),
        }))
      : base.paths;
    const given = config?.include ?? (config?.files ? config.files.map((path) => dirname(path)) : undefined);
    return {
      baseUrl,
      // The longest prefix wins.
      paths: [...paths].sort((a, b) => b.pattern.indexOf('*') - a.pattern.indexOf('*')),
      folders: given?.map((pattern) => absolute(fixedPart(pattern))) ?? base.folders ?? [directory],
      references: (config?.references ?? []).flatMap(({ path }) => (path === undefined ? [] : [absolute(path)])),
    };
  }
}

/** The folders of an `include` pattern before its first wildcard. */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => /[*?]/.test(part));
  return wild < 0 ? pattern : parts.slice(0, wild).join('/') || '.';
}

function isInside(file: string, folder: string): boolean {
  const path = relative(folder, file);
  return path === '' || (!path.startsWith('..') && !isAbsolute(path));
}

function mapped({ paths, baseUrl }: TsConfig, specifier: string): string[] {
  const found = paths.flatMap(({ pattern, targets }) => {
    const star = pattern.indexOf('*');
    if (star < 0) return pattern === specifier ? targets : [];
    const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
    if (!specifier.startsWith(head) || !specifier.endsWith(tail)) return [];
    const rest = specifier.slice(head.length, specifier.length - tail.length);
    return targets.map((target) => target.replace('*', rest));
  });
  return baseUrl === undefined ? found : [...found, resolve(baseUrl, specifier)];
}
