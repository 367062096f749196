/**
 * Draws the values at the ends of the visible lines. Two decoration types, made once, since value and adjoint have colours of
 * their own; each update replaces all decorations of an editor, so that nothing is ever empty in between.
 */
import {
  type DecorationOptions,
  DecorationRangeBehavior,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  type Uri,
  window,
  workspace,
} from 'vscode';
import type { Configuration, Settings } from '../configuration';
import { PATIENCE, untilGathered, untilLate } from '../lenses/late';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { Soon } from '../lifecycle/soon';
import type { SessionManager } from '../session/sessionManager';
import { ALARM_COLOR, STALE_COLOR, TONE_COLORS, VALUE_COLOR } from './inlineColors';
import { type InlineText, inlineTexts } from './inlineModel';

/** Milliseconds that a new list of functions waits for the first of their results, which mostly comes in a moment. */
const LIST_PATIENCE = 40;

/** Lines around the screen that are decorated too, so that scrolling shows no gaps. */
const MARGIN_LINES = 10;

export class InlineDecorations implements Disposable {
  private readonly store = new DisposableStore();
  private readonly types = makeTypes().map((type) => this.store.add(type));
  private readonly outdated = new Set<TextEditor>();
  /** What each editor shows, so that the same is not drawn twice. */
  private readonly shown = new WeakMap<TextEditor, { key: string; lineCount: number }>();
  /** The function at the cursor comes first, and is drawn at once; those that follow within milliseconds, together. */
  private readonly soon = this.store.add(new Soon(() => this.drawAll(), 0, 16));

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
  ) {
    const all = (): void => this.outdate(window.visibleTextEditors);
    const { store } = this;
    store.add(
      manager.onDidChange((target) => {
        const state = manager.state(target);
        this.outdate(editorsOf(target.uri), untilLate(state) ?? untilGathered(state));
      }),
    );
    store.add(
      manager.onDidChangeFunctions((uri) => {
        // VS Code moves decorations along within their line; over the end of a line it takes them to the next one.
        const editors = editorsOf(uri);
        const isMoved = editors.some((editor) => this.shown.get(editor)?.lineCount !== editor.document.lineCount);
        this.outdate(editors, isMoved ? undefined : manager.isListing(uri) ? PATIENCE : LIST_PATIENCE);
      }),
    );
    store.add(configuration.onDidChange(all));
    store.add(workspace.onDidGrantWorkspaceTrust(all));
    store.add(window.onDidChangeVisibleTextEditors(all));
    store.add(window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.outdate([textEditor])));
    store.add(
      window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (configuration.of(textEditor.document.uri).inlineValues.activeLine === 'hide') this.outdate([textEditor]);
      }),
    );
    all();
  }

  /** Draws again soon, or after so many milliseconds. */
  private outdate(editors: readonly TextEditor[], delay?: number): void {
    if (editors.length === 0) return;
    for (const editor of editors) this.outdated.add(editor);
    this.soon.ask(delay);
  }

  /** True where something was drawn. */
  private drawAll(): boolean {
    const now = [...this.outdated];
    this.outdated.clear();
    return now.filter((editor) => this.draw(editor)).length > 0;
  }

  /** False where the editor shows what it should already. */
  private draw(editor: TextEditor): boolean {
    const decorations = this.decorationsOf(editor);
    // Most editors show no mathematics: they are left alone.
    const before = this.shown.get(editor);
    if (decorations.length === 0 && !before) return false;
    const { lineCount, version } = editor.document;
    const key = `${version}|${decorations.map(keyOf).join('|')}`;
    if (before?.key === key) return false;
    this.shown.set(editor, { key, lineCount });
    this.types.forEach((type, index) =>
      editor.setDecorations(
        type,
        decorations.flatMap((line) => line[index] ?? []),
      ),
    );
    return true;
  }

  /** What an editor shows now: for each line the value and, where there is one, the adjoint. */
  private decorationsOf(editor: TextEditor): DecorationOptions[][] {
    const settings = this.configuration.of(editor.document.uri);
    if (!settings.live || !settings.inlineValues.enabled || !workspace.isTrusted) return [];
    const session = this.manager.sessions.ofDocument(editor.document);
    if (!session) return [];
    const { uri } = editor.document;
    const hidden = hiddenLines(editor, settings);
    const decorations: DecorationOptions[][] = [];
    const { functions } = session.live;
    const visible = editor.visibleRanges;
    for (const fn of functions) {
      if (!fn.differentiable || !isVisible(visible, fn.range.line, fn.range.endLine)) continue;
      const target = { uri, functionName: fn.name, pointIndex: this.manager.activePoint(uri, fn.name) };
      const state = this.manager.state(target);
      const inspection = this.manager.inspection(target);
      if (!inspection) continue;
      const late = untilLate(state);
      if (late !== undefined && late > 0) this.outdate([editor], late);
      const stale = late === 0 || state.kind === 'failed';
      const options = { ...settings.inlineValues, digits: settings.digits };
      for (const text of inlineTexts(fn, inspection, session.live.file, functions, options)) {
        if (hidden.has(text.line) || !isVisible(visible, text.line, text.line)) continue;
        if (text.line > editor.document.lineCount) continue;
        decorations.push(decorate(editor, text, stale));
      }
    }
    return decorations;
  }

  dispose(): void {
    this.store.dispose();
  }
}

/**
 * The type of the values and that of the adjoints. Behind one character VS Code draws decorations in the order of the names of
 * their types, so the one that comes first in the alphabet takes the values.
 */
function makeTypes(): TextEditorDecorationType[] {
  const style = { fontStyle: 'normal', fontWeight: 'normal' };
  return [0, 1]
    .map(() => window.createTextEditorDecorationType({ rangeBehavior: DecorationRangeBehavior.OpenOpen, after: style }))
    .sort((a, b) => (`${a.key}-` < `${b.key}-` ? -1 : 1));
}

function decorate(editor: TextEditor, text: InlineText, stale: boolean): DecorationOptions[] {
  const line = text.line - 1;
  const { end } = editor.document.lineAt(line).range;
  const range = new Range(end, end);
  const part = (contentText: string, color: ThemeColor): DecorationOptions => ({
    range,
    renderOptions: { after: { contentText, color: stale ? STALE_COLOR : color, margin: '0 0 0 2ch' } },
  });
  const tail = [text.adjoint, text.count].filter((each) => each !== '').join(' ');
  const value = part(text.value, text.alarming ? ALARM_COLOR : VALUE_COLOR);
  return tail === '' ? [value] : [value, part(tail, TONE_COLORS[text.tone])];
}

function isVisible(visible: readonly Range[], line: number, endLine: number): boolean {
  return visible.some(
    ({ start, end }) => line - 1 <= end.line + MARGIN_LINES && endLine - 1 >= start.line - MARGIN_LINES,
  );
}

function editorsOf(uri: Uri): TextEditor[] {
  const name = uri.toString();
  return window.visibleTextEditors.filter(({ document }) => document.uri.toString() === name);
}

function keyOf(line: readonly DecorationOptions[]): string {
  return line
    .map(({ range, renderOptions }) => {
      const { contentText, color } = renderOptions?.after ?? {};
      return `${range.start.line}:${contentText}:${color instanceof ThemeColor ? color.id : color}`;
    })
    .join();
}

function hiddenLines(editor: TextEditor, { inlineValues }: Settings): Set<number> {
  if (inlineValues.activeLine === 'show') return new Set();
  return new Set(editor.selections.map(({ active }) => active.line + 1));
}
