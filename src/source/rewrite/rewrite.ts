/** Text in, text out: a module as the function that the runner instantiates, for plain runs or for recording. */
import type { ParsedModule } from '../parse';
import { ModuleSites } from '../positions';
import { analyze, type Analysis } from './analysis';
import { ModuleEmitter } from './emitter';
import { RUNTIME_NAMES } from './operatorNames';
import { RecordingEmitter } from './recordingEmitter';

/** The language's own names that modules get as parameters: looking them up in a `vm` context costs up to 100 times more. */
const GLOBALS: readonly string[] = [
  ...[
    'Array',
    'ArrayBuffer',
    'BigInt',
    'Boolean',
    'DataView',
    'Date',
    'Error',
    'Float32Array',
    'Float64Array',
    'Function',
  ],
  ...[
    'Infinity',
    'Int16Array',
    'Int32Array',
    'Int8Array',
    'JSON',
    'Map',
    'Math',
    'NaN',
    'Number',
    'Object',
    'Promise',
    'Proxy',
  ],
  ...[
    'RangeError',
    'Reflect',
    'RegExp',
    'Set',
    'String',
    'Symbol',
    'TypeError',
    'Uint16Array',
    'Uint32Array',
    'Uint8Array',
  ],
  ...[
    'Uint8ClampedArray',
    'WeakMap',
    'WeakSet',
    'isFinite',
    'isNaN',
    'parseFloat',
    'parseInt',
    'console',
    'structuredClone',
  ],
];

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

export interface ModuleCode {
  /** The body of a function: it returns a function, an async one where the module awaits something itself. */
  code: string;
  /** Names of the globals that it takes after `RUNTIME_NAMES` or `$$`. */
  globals: string[];
}

/** One version of one module and its rewritten forms, made when first asked for. */
export class RewrittenModule {
  readonly analysis: Analysis;
  readonly sites: ModuleSites;
  private plainCode?: ModuleCode;
  private recordingCode?: ModuleCode;

  constructor(
    readonly module: ParsedModule,
    siteBase: number,
    private readonly lines: boolean,
  ) {
    this.analysis = analyze(module);
    this.sites = new ModuleSites(siteBase, module.sourceFile);
  }

  /** Types removed, nothing else changed. */
  get plain(): ModuleCode {
    this.plainCode ??= this.wrap(['$$'], new ModuleEmitter(this.module, this.analysis).emitModule());
    return this.plainCode;
  }

  /** Operators as calls of the runtime; fills in `sites`. */
  get recording(): ModuleCode {
    this.recordingCode ??= this.wrap(
      RUNTIME_NAMES,
      new RecordingEmitter(this.module, this.analysis, this.sites, this.lines).emitModule(),
    );
    return this.recordingCode;
  }

  /** The first statement alone, for the scope of a module that is rewritten in the same way. */
  statement(recording: boolean): string {
    const { module, analysis, sites, lines } = this;
    const emitter = recording
      ? new RecordingEmitter(module, analysis, sites, lines)
      : new ModuleEmitter(module, analysis);
    return emitter.emit(module.sourceFile.statements[0]);
  }

  private wrap(runtime: readonly string[], body: string): ModuleCode {
    const declared = this.analysis.scopes.get(this.module.sourceFile);
    const { identifiers } = this.analysis;
    const free = (name: string) => !declared?.has(name);
    const globals = GLOBALS.filter(
      (name) => free(name) && identifiers.has(name) && !['NaN', 'Infinity'].includes(name),
    );
    const parameters = this.module.esm ? PARAMETERS.filter(free) : PARAMETERS;
    const own = PARAMETERS.map((name, index) => (parameters.includes(name) ? name : `$$p${index}`));
    const list = [...own, ...runtime, ...globals].join(', ');
    return { code: `return (${this.analysis.awaits ? 'async ' : ''}function (${list}) {${body}\n})`, globals };
  }
}
