/** The panels: opening beside the editor, following the cursor, pinning, and coming back after a reload. */
import {
  type ExtensionContext,
  type LogOutputChannel,
  type Position,
  type TextEditor,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
} from 'vscode';
import type { PanelTarget } from '../../webview/protocol';
import { functionAt } from '../commands/commandTarget';
import type { InspectionService, InspectionTarget, PanelFeature } from '../inspection';
import { DisposableStore } from '../lifecycle/disposables';
import type { GpuBridge } from './gpuBridge';
import { Panel, PANEL_TYPE } from './panel';

/** What `setState` of the webview has kept. */
interface Restored {
  target?: PanelTarget;
  pinned?: boolean;
  point?: string;
}

export function createPanelFeature(
  context: Pick<ExtensionContext, 'extensionUri'>,
  service: InspectionService,
  log?: LogOutputChannel,
  gpu?: GpuBridge,
): PanelFeature {
  const store = new DisposableStore();
  const panels = new Set<Panel>();

  const adopt = (view: WebviewPanel): Panel => {
    const panel = new Panel(context, view, service, log, () => follow(window.activeTextEditor));
    panels.add(panel);
    view.onDidDispose(() => {
      panels.delete(panel);
      panel.dispose();
    });
    return panel;
  };

  const follow = (editor: TextEditor | undefined, position: Position | undefined = editor?.selection.active): void => {
    if (editor === undefined || position === undefined) return;
    const { uri } = editor.document;
    const fn = functionAt(service.functions(uri), position);
    if (fn === undefined) return;
    for (const panel of panels) {
      if (panel.pinned) continue;
      const same = panel.target?.functionName === fn.name && panel.target.uri.toString() === uri.toString();
      if (!same) panel.setTarget({ uri, functionName: fn.name, pointIndex: 0 });
    }
  };

  store.add(
    window.onDidChangeTextEditorSelection(({ textEditor, selections }) => follow(textEditor, selections[0]?.active)),
  );
  store.add(window.onDidChangeActiveTextEditor((editor) => follow(editor)));
  store.add(
    service.onDidChangeFunctions((uri) => {
      // A file just opened: the cursor was in its function before the function was known.
      const editor = window.activeTextEditor;
      if (editor?.document.uri.toString() !== uri.toString()) return;
      if ([...panels].every(({ pinned, target }) => pinned || target?.uri.toString() === uri.toString())) return;
      follow(editor);
    }),
  );
  store.add(
    window.registerWebviewPanelSerializer(PANEL_TYPE, {
      deserializeWebviewPanel: (view, state) => {
        const { target, pinned, point } = (state ?? {}) as Restored;
        const panel = adopt(view);
        panel.pinned = pinned ?? false;
        panel.setTarget(target && restoredTarget(target));
        if (target && point !== undefined) void restorePoint(service, restoredTarget(target), point);
        return Promise.resolve();
      },
    }),
  );
  store.add({ dispose: () => [...panels].forEach((panel) => panel.view.dispose()) });

  const show: PanelFeature['show'] = (target, options) => {
    const own = [...panels].find((panel) => sameFunction(panel.target, target));
    const panel =
      own ??
      [...panels].find(({ pinned }) => !pinned) ??
      adopt(window.createWebviewPanel(PANEL_TYPE, 'GradLens', { viewColumn: ViewColumn.Beside, preserveFocus: true }));
    panel.setTarget(target);
    if (options?.tab !== undefined)
      panel.showTab({ tab: options.tab, ...(options.matrix === undefined ? {} : { matrix: options.matrix }) });
    panel.view.reveal(undefined, true);
  };
  gpu?.use({ all: () => panels, open: (target) => void show(target) });

  return {
    show,
    dispose: () => store.dispose(),
  };
}

function sameFunction(a: InspectionTarget | undefined, b: InspectionTarget): boolean {
  return a?.functionName === b.functionName && a.uri.toString() === b.uri.toString();
}

/** The arguments that were set in the panel before the window was reloaded, if the function still takes them. */
async function restorePoint(service: InspectionService, target: InspectionTarget, point: string): Promise<void> {
  try {
    await service.request(target, 'arguments', { at: point });
  } catch {
    return;
  }
  await service.setPoint(target, { expression: point });
}

function restoredTarget({ uri, functionName, pointIndex }: PanelTarget): InspectionTarget {
  return { uri: Uri.parse(uri), functionName, pointIndex };
}
