/** One open document: its functions, their targets, and what of it is out of date. */
import type { ErrorInfo, FunctionInfo, RunnerRequests } from '../../runner/protocol';
import { LiveTarget } from './liveTarget';
import { type Edit, shiftFunction } from './shift';

/** The key of a function at one of its points. */
export function targetKey(functionName: string, pointIndex: number): string {
  return `${functionName}#${pointIndex}`;
}

export class LiveDocument {
  functions: readonly FunctionInfo[] = [];
  syntaxErrors: RunnerRequests['list']['result']['syntaxErrors'] = [];
  /** Why the functions could not be listed. */
  error: ErrorInfo | undefined;
  /** True until the functions of the newest text are known. */
  listDue = true;
  listed = false;
  /** The runner has been given this document's text. */
  overlaid = false;
  /** Somebody asked for the functions although the document is not visible. */
  wanted = false;
  readonly targets = new Map<string, LiveTarget>();
  /** The point whose values the lines show, by function. */
  readonly activePoints = new Map<string, number>();

  constructor(
    /** Unique for ever: a later document of the same name is another one. */
    readonly id: number,
    /** The name under which the runner knows it. */
    readonly file: string,
    private readonly text: () => string,
    public version: number,
    /** False where the text on disk is the same. */
    public overlayDue: boolean,
  ) {}

  currentText(): string {
    return this.text();
  }

  /** The text changed: ranges move along, results become stale. */
  edit(edits: readonly Edit[], version: number): void {
    this.version = version;
    this.overlayDue = true;
    this.listDue = true;
    this.functions = this.functions.map((fn) => shiftFunction(fn, edits));
    const byName = new Map(this.functions.map((fn) => [fn.name, fn]));
    for (const target of this.targets.values()) {
      target.shift(byName.get(target.fn.name) ?? target.fn, this.file, edits);
      target.invalidate();
    }
  }

  /** Takes a new list of functions; targets that go on keep what they show. Returns true where a target came or went. */
  list({ functions, syntaxErrors }: RunnerRequests['list']['result']): void {
    this.listDue = false;
    this.listed = true;
    this.error = undefined;
    this.syntaxErrors = syntaxErrors;
    // While a syntax error hides functions that were there, they stay on show: half a word must not empty the screen.
    this.functions = syntaxErrors.length > 0 ? mergeHidden(functions, this.functions) : functions;
    const gone = new Set(this.targets.keys());
    for (const fn of this.functions) {
      if (!fn.differentiable) continue;
      for (let index = 0; index < Math.max(1, fn.points.length); index++) {
        const key = targetKey(fn.name, index);
        gone.delete(key);
        const target = this.targets.get(key);
        if (target) refreshFunction(target, fn);
        else this.targets.set(key, new LiveTarget(key, fn, index));
      }
    }
    for (const key of gone) this.targets.delete(key);
  }

  /** The functions could not be listed; what was known stays. */
  listFailed(error: ErrorInfo): void {
    this.listDue = false;
    this.listed = true;
    this.error = error;
  }

  /** Something outside the text changed (a setting, the engine): everything is asked for again. */
  invalidate(): void {
    this.listDue = true;
    for (const target of this.targets.values()) target.invalidate();
  }
}

function refreshFunction(target: LiveTarget, fn: FunctionInfo): void {
  const wasChecked = target.fn.checked;
  target.fn = fn;
  target.pointEdited = false;
  if (target.state.kind === 'ready' || target.state.kind === 'stale') target.state = { ...target.state, fn };
  if (fn.checked && !wasChecked) target.checkDue = true;
  if (!fn.checked) target.checkDue = false;
}

function mergeHidden(now: readonly FunctionInfo[], before: readonly FunctionInfo[]): FunctionInfo[] {
  const names = new Set(now.map((fn) => fn.name));
  const hidden = before.filter((fn) => !names.has(fn.name));
  return [...now, ...hidden].sort((a, b) => a.range.line - b.range.line || a.range.column - b.range.column);
}
