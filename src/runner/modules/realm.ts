/** A `vm` context with the instances of modules in it: one realm for plain runs, one for recording. */
import vm from 'node:vm';
import { pathToFileURL } from 'node:url';
import { dirname, resolve as resolvePath } from 'node:path';
import * as engine from '../../engine';
import { RUNTIME_NAMES } from '../../source/rewrite/operatorNames';
import { lineAndColumn } from '../../source/positions';
import { installBuiltins } from '../recording/builtins';
import { runtimeFunctions } from '../recording/runtime';
import { builtinModule, builtinName, isAllowed, refusedModule } from './builtins';
import { RunnerError } from './errors';
import { isJson, isPackage, type FileStore } from './files';
import { Namespaces } from './namespaces';
import { notAllowed, notFound } from './importErrors';
import { PendingModule, onceLoaded } from './pending';
import type { Resolver } from './resolve';
import { userFrame, type Place } from './stack';
import { installSandbox, type ConsoleEntry } from './sandbox';

export interface ModuleInstance {
  file: string;
  exports: Record<string, unknown>;
  esm: boolean;
  /** Evaluates an expression in JavaScript over the module's scope. */
  evaluate: (text: string) => unknown;
  /** The same in TypeScript; what its functions compute is followed as in the module itself. */
  evaluateSource: (text: string) => unknown;
  /** Files that it imports directly. */
  imports: Set<string>;
  loaded: boolean;
  /** Set from when the module first awaits something itself until it has run to its end. */
  pending?: PendingModule;
}

interface CommonJs {
  exports: Record<string, unknown>;
  id: string;
  filename: string;
  loaded: boolean;
}

export interface RealmOptions {
  recording: boolean;
  files: FileStore;
  resolver: Resolver;
  allowedModules: () => readonly string[];
  console: (entry: ConsoleEntry) => void;
}

const RUNTIME = runtimeFunctions(RUNTIME_NAMES.slice(1));

export class Realm {
  private readonly context: vm.Context;
  private readonly globals: Record<string, unknown>;
  private readonly instances = new Map<string, ModuleInstance>();
  private readonly namespaces = new Namespaces(() => this.newObject());

  constructor(private readonly options: RealmOptions) {
    this.context = vm.createContext({}, { codeGeneration: { strings: true, wasm: true } });
    // The realm's own intrinsics: what user code makes is of one kind with what the runner makes for it.
    this.globals = vm.runInContext('globalThis', this.context) as Record<string, unknown>;
    installSandbox(this.globals, options.console);
    if (options.recording) {
      installBuiltins(this.globals);
      this.globals.Function = this.tracedFunctionConstructor(this.globals.Function as FunctionConstructor);
    }
  }

  /** A global of the realm (`Array`, `Float64Array`): user code's `instanceof` knows what it makes. */
  intrinsic<T>(name: string): T {
    return this.globals[name] as T;
  }

  get files(): string[] {
    return [...this.instances.keys()];
  }

  /** Drops the instances of `file` and of everything that imports it, directly or not. */
  invalidate(file: string): void {
    const doomed = new Set([file]);
    for (let grew = true; grew;) {
      grew = false;
      for (const [other, { imports }] of this.instances) {
        if (!doomed.has(other) && [...imports].some((imported) => doomed.has(imported))) {
          doomed.add(other);
          grew = true;
        }
      }
    }
    for (const each of doomed) this.instances.delete(each);
  }

  /** Drops all instances of the user's own files (their state may be spoilt), not of packages. */
  reset(packagesToo = false): void {
    for (const file of this.files) if (packagesToo || !isPackage(file)) this.instances.delete(file);
  }

  /** Files that an instance depends on, itself included. */
  dependencies(file: string): string[] {
    const seen = new Set<string>();
    const visit = (each: string): void => {
      if (seen.has(each)) return;
      seen.add(each);
      this.instances.get(each)?.imports.forEach(visit);
    };
    visit(file);
    return [...seen];
  }

  /**
   * The instance of a module, made (with what it imports) when first asked for.
   *
   * @throws PendingModule while a module awaits something itself: ask again once that has settled
   */
  load(file: string): ModuleInstance {
    const known = this.instances.get(file);
    if (known?.pending) throw known.pending;
    if (known) return known;
    const instance: ModuleInstance = {
      file,
      exports: this.newObject(),
      esm: false,
      evaluate: () => undefined,
      evaluateSource: (text) => instance.evaluate(this.options.files.expression(text, this.options.recording)),
      imports: new Set(),
      loaded: false,
    };
    this.instances.set(file, instance);
    try {
      if (isJson(file)) this.instantiateJson(instance);
      else this.instantiate(instance);
    } catch (error) {
      this.instances.delete(file);
      throw error;
    }
    if (instance.pending) throw instance.pending;
    instance.loaded = true;
    return instance;
  }

  /** `new Function(…)`: code that a library writes is rewritten as the code of its files is. */
  private tracedFunctionConstructor(native: FunctionConstructor): FunctionConstructor {
    const compile = (list: unknown[]): unknown => {
      const parts = list.map(String);
      const body = parts.pop() ?? '';
      // As the language says: an error in the text is one of the constructor.
      native(...parts, body);
      const text = `module.exports = function anonymous(${parts.join(',')}\n) {\n${body}\n};`;
      const { code } = this.options.files.generated(text);
      const run = this.compile(code.code);
      const module = { exports: undefined as unknown };
      const services = { scope: () => undefined };
      run({}, undefined, module, '', '', services, ...RUNTIME, ...code.globals.map((name) => this.globals[name]));
      return module.exports;
    };
    const proxy = new Proxy(native, {
      apply: (_, __, list) => compile(list),
      construct: (_, list) => compile(list) as object,
    });
    native.prototype.constructor = proxy;
    return proxy;
  }

  /**
   * What the body of a function returns. Compiled as one, not as a script: V8 keeps every script that it ever compiled, each
   * version of an edited module, until memory is short.
   */
  private compile(body: string, filename?: string): (...list: unknown[]) => unknown {
    const options = { parsingContext: this.context, ...(filename === undefined ? {} : { filename }) };
    return (vm.compileFunction(body, [], options) as () => (...list: unknown[]) => unknown)();
  }

  private newObject(): Record<string, unknown> {
    return new (this.intrinsic<ObjectConstructor>('Object'))() as Record<string, unknown>;
  }

  private instantiateJson(instance: ModuleInstance): void {
    const text = this.options.files.read(instance.file) ?? '';
    try {
      instance.exports = this.intrinsic<JSON>('JSON').parse(text) as Record<string, unknown>;
    } catch (error) {
      throw new RunnerError('syntax-error', `${(error as Error).message}.`, { file: instance.file });
    }
  }

  private instantiate(instance: ModuleInstance): void {
    const { file } = instance;
    const { recording, files } = this.options;
    const rewritten = files.rewritten(file);
    if (!rewritten) throw new RunnerError('no-such-file', `There is no file ${file}.`, { file }, 'Check the path.');
    const { module } = rewritten;
    const [syntaxError] = module.syntaxErrors;
    if (syntaxError) {
      const place = { file, ...lineAndColumn(module.sourceFile, syntaxError.start) };
      throw new RunnerError('syntax-error', syntaxError.message, place);
    }
    instance.esm = module.esm;
    // What calls GradLens itself traces in plain runs, too.
    const traces = recording || rewritten.analysis.imports.some(({ specifier }) => specifier === 'gradlens');
    const code = traces ? rewritten.recording : rewritten.plain;
    const run = this.compile(code.code, file);
    const commonJs: CommonJs = { exports: instance.exports, id: file, filename: file, loaded: false };
    Object.defineProperty(commonJs, 'exports', {
      get: () => instance.exports,
      set: (value: Record<string, unknown>) => (instance.exports = value),
      enumerable: true,
    });
    const settle: (() => void)[] = [];
    const before = instance.exports;
    const running = run(
      instance.exports,
      this.requireFor(instance),
      commonJs,
      file,
      dirname(file),
      this.services(instance, settle),
      ...(traces ? RUNTIME : []),
      ...code.globals.map((name) => this.globals[name]),
    );
    const finish = () => {
      commonJs.loaded = true;
      // `export =` puts an object of its own in place.
      instance.esm &&= instance.exports === before;
      settle.forEach((each) => each());
    };
    if (rewritten.analysis.awaits) instance.pending = this.pendingUntil(running as Promise<void>, instance, finish);
    else finish();
  }

  private pendingUntil(running: Promise<void>, instance: ModuleInstance, finish: () => void): PendingModule {
    const settled = running.then(
      () => {
        finish();
        instance.pending = undefined;
        instance.loaded = true;
      },
      (error: unknown) => {
        if (this.instances.get(instance.file) === instance) this.instances.delete(instance.file);
        throw error;
      },
    );
    // Whoever waits hears of a failure; a module that was edited meanwhile concerns nobody.
    settled.catch(() => undefined);
    return new PendingModule(instance.file, settled);
  }

  /** What `$$` is in a module. */
  private services(instance: ModuleInstance, settle: (() => void)[]): Record<string, unknown> {
    const { exports } = instance;
    const evaluate = (scope: (text: string) => unknown) => {
      instance.evaluate = (text) => scope(this.withImports(text, instance));
    };
    return {
      scope: evaluate,
      imported: (names: string[]) => this.importedValues(names, instance),
      meta: { url: pathToFileURL(instance.file).href, filename: instance.file, dirname: dirname(instance.file) },
      load: (specifier: string) => this.namespace(specifier, instance, true),
      dynamic: (specifier: unknown) => {
        const NativePromise = this.intrinsic<PromiseConstructor>('Promise');
        return new NativePromise((resolve) =>
          resolve(onceLoaded(() => this.namespace(String(specifier), instance, false))),
        );
      },
      exports: (list: [name: string, get: () => unknown, constant: boolean][]) => {
        Object.defineProperty(exports, '__esModule', { value: true });
        for (const [name, get] of list)
          Object.defineProperty(exports, name, { get, enumerable: true, configurable: true });
        // Once the module ran, what never changes needs no getter.
        settle.push(() => {
          for (const [name, get, constant] of list) {
            if (constant)
              Object.defineProperty(exports, name, {
                value: get(),
                enumerable: true,
                configurable: true,
                writable: true,
              });
          }
        });
      },
      star: (from: Record<string, unknown>) => {
        const copy = () => {
          for (const name of Object.keys(from)) {
            if (name === 'default' || Object.hasOwn(exports, name)) continue;
            Object.defineProperty(exports, name, { get: () => from[name], enumerable: true, configurable: true });
          }
        };
        copy();
        settle.push(copy);
      },
    };
  }

  /** An expression over the module's scope: imported names are no variables there, and unused imports are not even loaded. */
  private withImports(text: string, instance: ModuleInstance): string {
    const bindings = this.options.files.rewritten(instance.file)?.analysis.bindings;
    const names = new Set(text.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu)?.filter((name) => bindings?.has(name)));
    if (names.size === 0) return text;
    return `(({ ${[...names].join(', ')} }) => (${text}))($$.imported(${JSON.stringify([...names])}))`;
  }

  private importedValues(names: readonly string[], instance: ModuleInstance): Record<string, unknown> {
    const analysis = this.options.files.rewritten(instance.file)?.analysis;
    return Object.fromEntries(
      names.flatMap((local) => {
        const binding = analysis?.bindings.get(local);
        const specifier = binding && analysis?.imports[binding.index]?.specifier;
        if (!binding || specifier === undefined) return [];
        const namespace = this.namespace(specifier, instance, true);
        return [[local, binding.name === '*' ? namespace : namespace[binding.name]]];
      }),
    );
  }

  /** What `import * as` would give. */
  private namespace(specifier: string, importer: ModuleInstance, declared: boolean): Record<string, unknown> {
    const found = this.imported(specifier, importer, { esm: true, declared });
    if ('host' in found) return found.host;
    return this.namespaces.of(found.instance);
  }

  private requireFor(instance: ModuleInstance): (specifier: string) => unknown {
    const require = (specifier: string) => {
      const declared = this.options.files.rewritten(instance.file)?.analysis.required.has(specifier) ?? false;
      const found = this.imported(specifier, instance, { esm: false, declared });
      return 'host' in found ? found.host : found.instance.exports;
    };
    return Object.assign(require, {
      resolve: (specifier: string) => this.options.resolver.resolve(specifier, instance.file, false) ?? specifier,
      cache: {},
      extensions: {},
    });
  }

  /** @param declared the import is a declaration of the module: nothing is refused before it is used */
  private imported(
    specifier: string,
    importer: ModuleInstance,
    { esm, declared }: { esm: boolean; declared: boolean },
  ): { instance: ModuleInstance } | { host: Record<string, unknown> } {
    if (specifier === 'gradlens') return { host: engine as unknown as Record<string, unknown> };
    const builtin = builtinName(specifier);
    if (builtin !== undefined) {
      const host = this.builtin(builtin, specifier, importer, declared);
      if (!esm) return { host };
      const properties = { ...Object.getOwnPropertyDescriptors(host), default: { value: host, enumerable: true } };
      return { host: Object.defineProperties({}, properties) };
    }
    const text = this.rawText(specifier, importer);
    if (text !== undefined) return { host: { default: text } };
    const file = this.options.resolver.resolve(specifier, importer.file, esm);
    if (file === undefined) notFound(specifier, importer.file, this.options.files);
    importer.imports.add(file);
    if (/\.node$/.test(file)) notAllowed(specifier, importer.file, this.options.files);
    return { instance: this.load(file) };
  }

  /** The text of a file that is imported as bundlers let one: `./shader.glsl?raw`. */
  private rawText(specifier: string, importer: ModuleInstance): string | undefined {
    if (!specifier.endsWith('?raw') || !specifier.startsWith('.')) return undefined;
    const file = resolvePath(dirname(importer.file), specifier.slice(0, -'?raw'.length));
    importer.imports.add(file);
    return this.options.files.read(file);
  }

  private builtin(
    name: string,
    specifier: string,
    importer: ModuleInstance,
    declared: boolean,
  ): Record<string, unknown> {
    const { files, allowedModules } = this.options;
    if (isAllowed(name, allowedModules())) return builtinModule(name);
    if (name === 'process') return this.globals.process as Record<string, unknown>;
    if (name === 'module') return { createRequire: () => this.requireFor(importer) };
    const refuse = (use?: Place): never => notAllowed(specifier, importer.file, files, use);
    if (!declared) refuse();
    return refusedModule(name, () => refuse(userFrame(new Error('here').stack)));
  }
}
