/**
 * What the editor surfaces (lenses, inline values, hovers, tree, status) and the panel know about functions under live
 * inspection: one whole state per function and point, never patched.
 */
import type { Disposable, Event, Uri } from 'vscode';
import type {
  Data,
  ErrorInfo,
  FunctionInfo,
  Inspection,
  ProfileRow,
  RunnerMethod,
  RunnerRequests,
} from '../runner/protocol';
import type { MatrixKind, PanelTab } from '../webview/protocol';

/** One function at one of its points. */
export interface InspectionTarget {
  readonly uri: Uri;
  readonly functionName: string;
  /** Index into `FunctionInfo.points`. */
  readonly pointIndex: number;
}

/**
 * `stale` keeps the last result while a newer one is computed: nothing is cleared on a key press. `since` is the time of
 * `performance.now` at which the result went out of date.
 */
export type InspectionState =
  | { kind: 'idle' }
  | { kind: 'running' }
  | { kind: 'ready'; fn: FunctionInfo; inspection: Inspection; version: number }
  | { kind: 'stale'; fn: FunctionInfo; inspection: Inspection; version: number; since: number }
  | { kind: 'failed'; fn?: FunctionInfo; error: ErrorInfo; last?: Inspection; version: number }
  | { kind: 'untrusted' }
  | { kind: 'unavailable'; reason: string };

/** The live side of the extension, as the panel and the other surfaces use it. */
export interface InspectionService {
  /** Fires with the target whose state is new. */
  readonly onDidChange: Event<InspectionTarget>;
  /** Fires when the functions of a document, or the states of all of them, are new. */
  readonly onDidChangeFunctions: Event<Uri>;
  functions(uri: Uri): readonly FunctionInfo[];
  state(target: InspectionTarget): InspectionState;
  /** Asks for an inspection now (visible surfaces first); the state changes when it arrives. */
  refresh(target: InspectionTarget): void;
  /**
   * The point set in the panel or by command; `undefined` goes back to the file's own. Resolves when the surfaces have been
   * told the result (or the error) at this point or a later one, or when the document is closed.
   */
  setPoint(target: InspectionTarget, point: { expression?: string; args?: Data[] } | undefined): Promise<void>;
  /** Which output component the lines' adjoints are of. */
  setOutput(target: InspectionTarget, output: number): void;
  /** Any other request to the runner about the target, with its point filled in and the unsaved text in place. */
  request<M extends Exclude<RunnerMethod, 'list'>>(
    target: InspectionTarget,
    method: M,
    params: Omit<RunnerRequests[M]['params'], 'file' | 'fn'>,
    options?: {
      signal?: AbortSignal;
      timeLimit?: number;
      onProgress?: (done: number, total: number, message: string, rows?: ProfileRow[]) => void;
    },
  ): Promise<RunnerRequests[M]['result']>;
}

/**
 * The panel as the rest of the extension uses it. `main.ts` calls `createPanelFeature(context, service)` of
 * `panel/panelFeature.ts`, which gives this; the commands `gradlens.showGradient`, `gradlens.profile` … call `show`.
 */
export interface PanelFeature extends Disposable {
  /** Opens or reveals the panel at a function, with a tab in front. */
  show(target: InspectionTarget, options?: { tab?: PanelTab; matrix?: MatrixKind }): void | Promise<void>;
}
