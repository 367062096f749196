/** The lens rows. Providing finds places only; what a lens says is worked out when VS Code resolves it for the screen. */
import {
  type CancellationToken,
  CodeLens,
  type CodeLensProvider,
  EventEmitter,
  languages,
  Range,
  type TextDocument,
  workspace,
} from 'vscode';
import type { FunctionInfo } from '../../runner/protocol';
import type { Configuration } from '../configuration';
import type { InspectionTarget } from '../inspection';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { Soon } from '../lifecycle/soon';
import { toRange } from '../session/convert';
import { LANGUAGES } from '../session/documentFiles';
import type { SessionManager } from '../session/sessionManager';
import { firstFunctionLine } from './firstFunction';
import { type LensKind, lastInspection, lensKinds, lensText, untrustedLens } from './lensModel';
import { PATIENCE, untilGathered, untilLate } from './late';

/** A lens that knows what it is about. */
class FunctionLens extends CodeLens {
  constructor(
    range: Range,
    readonly fn: FunctionInfo,
    readonly target: InspectionTarget,
    readonly kind: LensKind,
  ) {
    super(range);
  }
}

export class LensProvider implements CodeLensProvider, Disposable {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.changed.event;
  /** Tells VS Code once for many changes: it asks for every lens again. */
  private readonly refresh = this.store.add(new Soon(() => this.changed.fire(), 20, 60));

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
  ) {
    const refresh = (): void => this.refresh.ask();
    this.store.add(manager.onDidChange((target) => this.refresh.ask(untilGathered(manager.state(target)))));
    // After an edit VS Code asks by itself, and the results come in a moment.
    this.store.add(
      manager.onDidChangeFunctions((uri) => this.refresh.ask(manager.isListing(uri) ? PATIENCE : undefined)),
    );
    this.store.add(configuration.onDidChange(refresh));
    this.store.add(workspace.onDidGrantWorkspaceTrust(refresh));
    this.store.add(
      languages.registerCodeLensProvider(
        LANGUAGES.map((language) => ({ language })),
        this,
      ),
    );
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    const { live, lenses } = this.configuration.of(document.uri);
    if (!live || !lenses.enabled) return [];
    if (!workspace.isTrusted) return untrustedRow(document);
    if (this.manager.sessions.ofDocument(document) === undefined) return [];
    const { uri } = document;
    return this.manager.functions(uri).flatMap((fn) => this.rowsOf(fn, document));
  }

  resolveCodeLens(lens: CodeLens, _token: CancellationToken): CodeLens {
    if (!(lens instanceof FunctionLens)) return lens;
    const { fn, target, kind } = lens;
    const state = this.manager.state(target);
    const late = untilLate(state);
    if (late !== undefined && late > 0) this.refresh.ask(late);
    const text = lensText(kind, {
      fn,
      pointIndex: target.pointIndex,
      state,
      check: this.manager.checkState(target),
      late: late === 0,
      digits: this.configuration.of(target.uri).digits,
    });
    lens.command = { ...text, arguments: [target] };
    return lens;
  }

  private rowsOf(fn: FunctionInfo, { uri }: TextDocument): CodeLens[] {
    const marked = fn.points.some(({ source }) => source === '@at') || fn.checked;
    if (!fn.differentiable) {
      // Silence is right for the many functions that are not mathematics; whoever wrote a tag wants to know why.
      if (!marked) return [];
      return [new FunctionLens(topOf(fn), fn, { uri, functionName: fn.name, pointIndex: 0 }, 'value')];
    }
    const count = Math.max(1, fn.points.length);
    const lenses: CodeLens[] = [];
    for (let pointIndex = 0; pointIndex < count; pointIndex++) {
      const target = { uri, functionName: fn.name, pointIndex };
      const kinds = lensKinds(
        fn,
        lastInspection(this.manager.state(target)),
        this.configuration.of(uri).lenses.operations,
      );
      const range = this.placeOf(fn, pointIndex);
      lenses.push(...kinds.map((kind) => new FunctionLens(range, fn, target, kind)));
    }
    return lenses;
  }

  /** Above the function; where it has several points, each group above its tag. */
  private placeOf(fn: FunctionInfo, pointIndex: number): Range {
    const tag = fn.points.length > 1 ? fn.points[pointIndex]?.range : undefined;
    return tag ? toRange(tag) : topOf(fn);
  }

  dispose(): void {
    this.store.dispose();
  }
}

function topOf(fn: FunctionInfo): Range {
  const { start } = toRange(fn.range);
  return new Range(start, start);
}

function untrustedRow(document: TextDocument): CodeLens[] {
  const line = firstFunctionLine(document.getText());
  if (line === undefined) return [];
  return [new CodeLens(new Range(line, 0, line, 0), { ...untrustedLens() })];
}
