/**
 * Links between the matrix and the editor: a chosen row or column highlights the lines that carry it, a chosen line in the
 * editor highlights its entries in the panel.
 */
import { OverviewRulerLane, Range, Selection, TextEditorRevealType, ThemeColor, Uri, ViewColumn, window } from 'vscode';
import type { HostChannel } from '../../webview/protocol';
import type { InspectionService, InspectionTarget } from '../inspection';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { toRange } from '../session/convert';

/** A cursor that rests so long has chosen its line. */
const REST = 150;

export class EditorLinks implements Disposable {
  private readonly store = new DisposableStore();
  private readonly carried = this.store.add(
    window.createTextEditorDecorationType({
      isWholeLine: true,
      backgroundColor: new ThemeColor('editor.wordHighlightBackground'),
      overviewRulerColor: new ThemeColor('editorOverviewRuler.wordHighlightForeground'),
      overviewRulerLane: OverviewRulerLane.Center,
    }),
  );
  private lines: { file: string; line: number }[] = [];
  private request: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private said = '';

  constructor(
    private readonly service: InspectionService,
    private readonly channel: HostChannel,
    private readonly target: () => InspectionTarget | undefined,
  ) {
    this.store.add(window.onDidChangeVisibleTextEditors(() => this.decorate()));
    this.store.add(
      window.onDidChangeTextEditorSelection(({ textEditor, selections }) =>
        this.rest(textEditor.document.uri, selections[0]),
      ),
    );
    channel.on('select', ({ row, column }) => void this.select(row, column));
    channel.on('reveal', ({ file, range }) => void this.reveal(file, toRange(range)));
  }

  /** Another function: nothing is chosen any more. */
  clear(): void {
    this.request?.abort();
    this.lines = [];
    this.said = '';
    this.decorate();
  }

  private async select(row: number | null, column: number | null): Promise<void> {
    const target = this.target();
    this.request?.abort();
    this.request = undefined;
    if (target === undefined || (row === null && column === null)) {
      this.lines = [];
      this.decorate();
      return;
    }
    const request = (this.request = new AbortController());
    try {
      const { lines } = await this.service.request(
        target,
        'links',
        { rows: row === null ? [] : [row], columns: column === null ? [] : [column] },
        { signal: request.signal },
      );
      if (request.signal.aborted) return;
      this.lines = lines;
      this.decorate();
    } catch {
      // Cancelled, or the function fails just now: the state says so already.
    }
  }

  private rest(uri: Uri, selection: Selection | undefined): void {
    clearTimeout(this.timer);
    if (selection === undefined) return;
    this.timer = setTimeout(() => void this.chooseLine(uri.fsPath, selection.active.line + 1), REST);
  }

  private async chooseLine(file: string, line: number): Promise<void> {
    const target = this.target();
    if (target === undefined) return;
    const state = this.service.state(target);
    const inside =
      state.kind === 'ready' && state.inspection.lines.some((each) => each.file === file && each.line === line);
    const key = inside ? `${file}:${line}` : '';
    if (key === this.said) return;
    this.said = key;
    if (!inside) {
      this.channel.emit('highlight', null);
      return;
    }
    try {
      const { rows, columns } = await this.service.request(target, 'links', {
        rows: [],
        columns: [],
        line: { file, line },
      });
      if (this.said === key) this.channel.emit('highlight', { file, line, rows, columns });
    } catch {
      this.said = '';
    }
  }

  private decorate(): void {
    for (const editor of window.visibleTextEditors) {
      const { fsPath } = editor.document.uri;
      const ranges = this.lines
        .filter(({ file }) => file === fsPath)
        .map(({ line }) => new Range(line - 1, 0, line - 1, 0));
      editor.setDecorations(this.carried, ranges);
    }
  }

  private async reveal(file: string, range: Range): Promise<void> {
    const open = window.visibleTextEditors.find((editor) => editor.document.uri.fsPath === file);
    const uri = open?.document.uri ?? Uri.file(file);
    const editor = await window.showTextDocument(uri, { viewColumn: open?.viewColumn ?? ViewColumn.One });
    editor.selection = new Selection(range.start, range.start);
    editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.request?.abort();
    this.store.dispose();
  }
}
