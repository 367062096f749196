/** One function at one of its points, under live inspection: its state, its point, its verdict. */
import type { Data, FunctionInfo, InspectParams, Inspection, Target } from '../../runner/protocol';
import type { InspectionState } from '../inspection';
import { type CheckState, unchecked } from './checkState';
import { type Edit, shiftInspection } from './shift';

/** A point that was set by hand instead of the file's own. */
export interface PointOverride {
  expression?: string;
  args?: Data[];
}

export class LiveTarget {
  state: InspectionState = { kind: 'idle' };
  check: CheckState = unchecked;
  override: PointOverride | undefined;
  output = 0;
  /** Counts the changes of what the result depends on: text, imports, point, output component. */
  revision = 1;
  /** The revision that the last result or error belongs to. */
  answered = 0;
  /** A surface asked for it although its document is not visible. */
  wanted = false;
  /** The file asks for a check that has not been done for this text. */
  checkDue: boolean;
  /** The text of its point was edited: what it says now is known with the next list of functions. */
  pointEdited = false;
  /** Files that the last result came from. */
  dependencies: ReadonlySet<string> = new Set();

  constructor(
    readonly key: string,
    public fn: FunctionInfo,
    readonly pointIndex: number,
  ) {
    this.checkDue = fn.checked;
  }

  /** True until a result of the newest revision has arrived. */
  get dirty(): boolean {
    return this.answered < this.revision;
  }

  /** The last result, also where a newer one is on its way or failed. */
  get inspection(): Inspection | undefined {
    switch (this.state.kind) {
      case 'ready':
      case 'stale':
        return this.state.inspection;
      case 'failed':
        return this.state.last;
      default:
        return undefined;
    }
  }

  /** The text or something it depends on is new: the result stays on show as a stale one, the verdict goes. */
  invalidate(): void {
    this.revision++;
    this.check = unchecked;
    this.checkDue = this.fn.checked;
    if (this.state.kind === 'ready') this.state = { ...this.state, kind: 'stale', since: performance.now() };
  }

  /** Moves what is on show with the text. */
  shift(fn: FunctionInfo, file: string, edits: readonly Edit[]): void {
    const moved = fn !== this.fn;
    const at = this.fn.points[this.pointIndex]?.range;
    if (at && edits.some(({ range }) => range.line <= at.endLine && range.endLine >= at.line)) this.pointEdited = true;
    this.fn = fn;
    if (this.state.kind === 'ready' || this.state.kind === 'stale') {
      const inspection = shiftInspection(this.state.inspection, file, edits);
      if (moved || inspection !== this.state.inspection) this.state = { ...this.state, fn, inspection };
    } else if (this.state.kind === 'failed' && this.state.fn) {
      const last = this.state.last && shiftInspection(this.state.last, file, edits);
      this.state = { ...this.state, fn, last };
    }
  }

  /** Sets or takes back the point; true where something changed. */
  setPoint(point: PointOverride | undefined): boolean {
    if (this.override === undefined && point === undefined) return false;
    this.override = point;
    this.invalidate();
    return true;
  }

  /** The target of a request, its point filled in. */
  address(file: string): Target {
    const target: Target = { file, fn: this.fn.name };
    if (this.override?.args) target.args = this.override.args;
    const at = this.override?.expression ?? this.fn.points[this.pointIndex]?.expression;
    if (at !== undefined) target.at = at;
    return target;
  }

  /** The parameters of an inspection of this target. */
  inspectParams(file: string, maxEntries: number): InspectParams {
    return { ...this.address(file), maxEntries, ...(this.output > 0 ? { output: this.output } : {}) };
  }
}
