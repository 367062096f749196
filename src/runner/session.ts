/** What the runner holds between requests: files, modules, the two realms and the configuration. */
import { findFunctions, wholeParameters, type FoundFunction } from '../source/find/functions';
import type { ModuleHost } from '../source/find/resolveTypes';
import { lineAndColumn, rangeOf } from '../source/positions';
import { RunnerError } from './modules/errors';
import { FileStore } from './modules/files';
import { onceLoaded } from './modules/pending';
import { Realm, type ModuleInstance } from './modules/realm';
import { Resolver } from './modules/resolve';
import type { ConsoleEntry } from './modules/sandbox';
import { useFiles } from './modules/stack';
import type { Location, PointInfo, RunnerConfiguration, Target } from './protocol';
import { expectArrays, type HandedOn, type UserFunction } from './record';
import { installTracerConversions } from './recording/builtins';
import { argumentsAt, argumentsFrom } from './values/arguments';
import { readablePoint } from './values/expression';

const MAX_CONSOLE = 1000;

const DEFAULT_CONFIGURATION: RunnerConfiguration = {
  timeLimit: 2000,
  memoryLimit: 2048,
  allowedModules: [],
  backend: 'auto',
  gpuTolerance: 1e-3,
  clientGpu: false,
};

/** A function in one realm, with its arguments there. */
export interface Prepared {
  found: FoundFunction;
  fn: UserFunction;
  args: unknown[];
  /** Some arguments are those of the function's own point, with other numbers in them. */
  moved: boolean;
  instance: ModuleInstance;
  realm: Realm;
}

export class Session {
  readonly configuration: RunnerConfiguration = { ...DEFAULT_CONFIGURATION };
  readonly files = new FileStore();
  private readonly resolver = new Resolver(this.files);
  private readonly functions = new Map<string, { text: string; list: FoundFunction[] }>();
  private readonly realms = new Map<boolean, Realm>();
  /** What puts back the numbers of objects of modules that the last arguments moved. */
  private readonly moved = new WeakMap<Realm, (() => void)[]>();
  private readonly whole = new WeakMap<FoundFunction, HandedOn>();
  console: ConsoleEntry[] = [];

  constructor() {
    useFiles(this.files);
    installTracerConversions();
  }

  // ------------------------------------------------------------------------------------------ changes

  overlay(file: string, text: string | null): void {
    const isNew = this.files.read(file) === undefined;
    if (this.files.setOverlay(file, text)) this.invalidate(file, isNew || text === null);
  }

  /** The file changed on disk: it, or everything when it says how modules are found. */
  changed(file: string): void {
    this.files.forget(file);
    this.invalidate(
      file,
      /(package|tsconfig[^/\\]*|jsconfig)\.json$/.test(file) || this.files.read(file) === undefined,
    );
    // A new file may be what an import looked for in vain.
    this.resolver.clear();
  }

  private invalidate(file: string, structure: boolean): void {
    if (structure) this.resolver.clear();
    this.functions.clear();
    for (const realm of this.realms.values()) realm.invalidate(file);
  }

  /** For clients that do not watch files: looks whether what was loaded is still what stands on disk. */
  refresh(): void {
    const loaded = new Set([...this.realms.values()].flatMap((realm) => realm.files));
    for (const file of loaded)
      if (!file.includes('node_modules') && this.files.refresh(file)) this.invalidate(file, true);
  }

  // ------------------------------------------------------------------------------------------ modules

  realm(recording: boolean): Realm {
    let realm = this.realms.get(recording);
    if (!realm) {
      realm = new Realm({
        recording,
        files: this.files,
        resolver: this.resolver,
        allowedModules: () => this.configuration.allowedModules,
        console: (entry) => {
          if (recording && this.console.length < MAX_CONSOLE) this.console.push(entry);
        },
      });
      this.realms.set(recording, realm);
    }
    return realm;
  }

  /** After a time-out or another way out of the middle of user code, instances may be in any state. */
  resetInstances(): void {
    for (const realm of this.realms.values()) realm.reset(true);
  }

  /** Waits until the module, and what it imports, is there in both realms, where something in it is awaited. */
  async settle(file: string): Promise<void> {
    for (const recording of [true, false]) await onceLoaded(() => this.realm(recording).load(file));
  }

  private readonly host: ModuleHost = {
    module: (file) => this.files.parsed(file),
    resolve: (specifier, from) => {
      const file = this.resolver.resolve(specifier, from, true);
      if (file === undefined || !/\.[mc]?jsx?$/.test(file)) return file;
      const declarations = file.replace(/\.([mc]?)jsx?$/, '.d.$1ts');
      return this.files.read(declarations) === undefined ? file : declarations;
    },
    declarations: (specifier, from) => this.resolver.declarations(specifier, from),
  };

  list(file: string): FoundFunction[] {
    const parsed = this.files.parsed(file);
    if (!parsed) throw new RunnerError('no-such-file', `There is no file ${file}.`, { file }, 'Check the path.');
    const known = this.functions.get(file);
    if (known?.text === parsed.text) return known.list;
    const list = findFunctions(parsed, this.host);
    this.functions.set(file, { text: parsed.text, list });
    return list;
  }

  syntaxErrors(file: string): { message: string; location: Location }[] {
    const parsed = this.files.parsed(file);
    if (!parsed) return [];
    return parsed.syntaxErrors.map(({ message, start, length }) => ({
      message,
      location: { file, ...rangeOf(parsed.sourceFile, start, start + Math.max(1, length)) },
    }));
  }

  find(file: string, name: string): FoundFunction {
    const list = this.list(file);
    const found = list.find((candidate) => candidate.name === name);
    if (found) return found;
    const parsed = this.files.parsed(file);
    if (parsed && parsed.syntaxErrors.length > 0) {
      const [{ message, start }] = parsed.syntaxErrors;
      throw new RunnerError('syntax-error', message, { file, ...lineAndColumn(parsed.sourceFile, start) });
    }
    const near = nearest(
      name,
      list.map((candidate) => candidate.name),
    );
    const names = list.map((candidate) => candidate.name).join(', ');
    throw new RunnerError(
      'no-such-function',
      `There is no function \`${name}\` in ${file}.`,
      { file },
      near ? `Did you mean \`${near}\`?` : names === '' ? 'The file has no functions.' : `It has: ${names}.`,
    );
  }

  // ------------------------------------------------------------------------------------------ points

  /** Where the target looks at the function, for reading: what is long is cut. */
  pointOf(found: FoundFunction, target: Target): PointInfo {
    if (target.args) return { source: 'panel', ...readablePoint(target.args) };
    return this.ownPointOf(found, target);
  }

  private ownPointOf(found: FoundFunction, target: Target): PointInfo {
    const { at } = target;
    // The file's own points are asked for by their text.
    const point = at === undefined ? found.points[0] : found.points.find(({ expression }) => expression === at);
    if (point) return point;
    if (at !== undefined) return { source: 'panel', expression: at };
    throw new RunnerError(
      'no-point',
      `There is no point to evaluate \`${found.name}\` at${found.reason ? `: ${found.reason}` : '.'}`,
      { file: target.file, line: found.nameRange.line, column: found.nameRange.column },
      'Write `@at` with its arguments in the doc comment, or give --args or --at.',
    );
  }

  /** The function and its arguments in one realm. */
  prepare(target: Target, recording: boolean): Prepared {
    const found = this.find(target.file, target.fn);
    const realm = this.realm(recording);
    const instance = realm.load(target.file);
    const fn = instance.evaluate(found.expression) as UserFunction;
    const restores: (() => void)[] = [];
    this.moved.get(realm)?.forEach((restore) => restore());
    this.moved.set(realm, restores);
    const own = (): unknown[] => argumentsAt(found, this.ownPointOf(found, target).expression, instance);
    const args = target.args
      ? argumentsFrom(found, target.args, realm, own, (restore) => restores.unshift(restore))
      : own();
    this.checkArguments(found, args, target);
    if (recording && this.usesEngine(realm, target.file)) expectArrays(fn, this.handedOn(found));
    return { found, fn, args, moved: restores.length > 0, instance, realm };
  }

  private handedOn(found: FoundFunction): HandedOn {
    let expected = this.whole.get(found);
    if (!expected) this.whole.set(found, (expected = { indices: wholeParameters(found) }));
    return expected;
  }

  /** Does a module that the file reaches, of the user's own, import the engine? */
  private usesEngine(realm: Realm, file: string): boolean {
    return realm
      .dependencies(file)
      .some(
        (each) =>
          !each.includes('node_modules') &&
          this.files.rewritten(each)?.analysis.imports.some(({ specifier }) => specifier === 'gradlens'),
      );
  }

  private checkArguments(found: FoundFunction, args: readonly unknown[], target: Target): void {
    const { parameters } = found;
    const required = parameters.filter(({ optional }) => !optional).length;
    const most = found.rest ? Infinity : parameters.length;
    if (args.length >= required && args.length <= most) return;
    const wanted =
      required === most ? `${required}` : most === Infinity ? `at least ${required}` : `${required}–${most}`;
    throw new RunnerError(
      'bad-arguments',
      `\`${found.name}\` takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${args.length}.`,
      { file: target.file, line: found.nameRange.line, column: found.nameRange.column },
      `Its parameters are ${parameters.map(({ name, type }) => `${name}: ${type}`).join(', ')}.`,
    );
  }
}

/** The name that differs least, if it differs little. */
function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of names) {
    const distance = Math.min(editDistance(name, candidate), editDistance(name, candidate.split('.').pop() as string));
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1].toLowerCase() === b[j - 1].toLowerCase() ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + changed));
    }
    row = next;
  }
  return row[b.length];
}
