/** What the user looks at, as the scheduler wants to know it. */
import { type TextDocument, window } from 'vscode';
import type { Attention } from '../live/order';

/** The visible editors' ranges by document, and the cursor. */
export function readAttention(idOf: (document: TextDocument) => number | undefined): Attention {
  const visible = new Map<number, { start: number; end: number }[]>();
  for (const editor of window.visibleTextEditors) {
    const id = idOf(editor.document);
    if (id === undefined) continue;
    const ranges = editor.visibleRanges.map(({ start, end }) => ({ start: start.line + 1, end: end.line + 1 }));
    visible.set(id, [...(visible.get(id) ?? []), ...ranges]);
  }
  const editor = window.activeTextEditor;
  const active = editor && idOf(editor.document);
  return active === undefined ? { visible } : { visible, active, cursor: (editor?.selection.active.line ?? 0) + 1 };
}
