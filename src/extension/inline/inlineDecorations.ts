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
  type ThemeColor,
  window,
  workspace,
} from 'vscode';
import type { Configuration, Settings } from '../configuration';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import type { SessionManager } from '../session/sessionManager';
import { ALARM_COLOR, STALE_COLOR, TONE_COLORS, VALUE_COLOR } from './inlineColors';
import { type InlineText, inlineTexts } from './inlineModel';

/** Lines around the screen that are decorated too, so that scrolling shows no gaps. */
const MARGIN_LINES = 10;

export class InlineDecorations implements Disposable {
  private readonly store = new DisposableStore();
  private readonly types = makeTypes().map((type) => this.store.add(type));
  private readonly outdated = new Set<TextEditor>();
  private readonly decorated = new WeakSet<TextEditor>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
  ) {
    const all = (): void => this.outdate(...window.visibleTextEditors);
    const { store } = this;
    store.add(manager.onDidChange(({ uri }) => this.outdateDocument(uri.toString())));
    store.add(manager.onDidChangeFunctions((uri) => this.outdateDocument(uri.toString())));
    store.add(configuration.onDidChange(all));
    store.add(workspace.onDidGrantWorkspaceTrust(all));
    store.add(window.onDidChangeVisibleTextEditors(all));
    store.add(window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.outdate(textEditor)));
    store.add(
      window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (configuration.of(textEditor.document.uri).inlineValues.activeLine === 'hide') this.outdate(textEditor);
      }),
    );
    all();
  }

  private outdateDocument(uri: string): void {
    this.outdate(...window.visibleTextEditors.filter(({ document }) => document.uri.toString() === uri));
  }

  /** Draws again soon: results of many functions arrive within the same milliseconds. */
  private outdate(...editors: readonly TextEditor[]): void {
    for (const editor of editors) this.outdated.add(editor);
    if (this.outdated.size === 0) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const now = [...this.outdated];
      this.outdated.clear();
      for (const editor of now) this.draw(editor);
    }, 16);
  }

  private draw(editor: TextEditor): void {
    const decorations = this.decorationsOf(editor);
    // Most editors show no mathematics: they are left alone.
    if (decorations.length === 0 && !this.decorated.has(editor)) return;
    this.decorated.add(editor);
    this.types.forEach((type, index) =>
      editor.setDecorations(
        type,
        decorations.flatMap((line) => line[index] ?? []),
      ),
    );
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
    for (const fn of functions) {
      if (!fn.differentiable || !isVisible(editor, fn.range.line, fn.range.endLine)) continue;
      const target = { uri, functionName: fn.name, pointIndex: this.manager.activePoint(uri, fn.name) };
      const state = this.manager.state(target);
      const inspection = this.manager.inspection(target);
      if (!inspection) continue;
      const stale = state.kind !== 'ready';
      const options = { ...settings.inlineValues, digits: settings.digits };
      for (const text of inlineTexts(fn, inspection, session.live.file, functions, options)) {
        if (hidden.has(text.line) || !isVisible(editor, text.line, text.line)) continue;
        if (text.line > editor.document.lineCount) continue;
        decorations.push(decorate(editor, text, stale));
      }
    }
    return decorations;
  }

  dispose(): void {
    clearTimeout(this.timer);
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

function isVisible(editor: TextEditor, line: number, endLine: number): boolean {
  return editor.visibleRanges.some(
    ({ start, end }) => line - 1 <= end.line + MARGIN_LINES && endLine - 1 >= start.line - MARGIN_LINES,
  );
}

function hiddenLines(editor: TextEditor, { inlineValues }: Settings): Set<number> {
  if (inlineValues.activeLine === 'show') return new Set();
  return new Set(editor.selections.map(({ active }) => active.line + 1));
}
