/** The context keys by which the palette and the menus show commands only where they apply. */
import { commands, window, workspace } from 'vscode';
import { functionAt } from './commands/commandTarget';
import type { Configuration } from './configuration';
import { type Disposable, DisposableStore } from './lifecycle/disposables';
import { Soon } from './lifecycle/soon';
import { isSupported } from './session/documentFiles';
import type { SessionManager } from './session/sessionManager';

export class ContextKeys implements Disposable {
  private readonly store = new DisposableStore();
  private readonly set = new Map<string, boolean>();
  private readonly soon = this.store.add(new Soon(() => this.update(), 50));

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
  ) {
    const later = (): void => this.soon.ask();
    this.store.add(manager.onDidChangeFunctions(later));
    this.store.add(window.onDidChangeActiveTextEditor(later));
    this.store.add(window.onDidChangeTextEditorSelection(later));
    this.store.add(configuration.onDidChange(later));
    this.store.add(workspace.onDidGrantWorkspaceTrust(later));
    this.update();
  }

  private update(): void {
    const editor = window.activeTextEditor;
    const functions = editor ? this.manager.functions(editor.document.uri) : [];
    // With live derivatives off the functions are not known until a command asks: then any supported file will do.
    const unknown = editor !== undefined && isSupported(editor.document) && !this.manager.isListed(editor.document.uri);
    const has = workspace.isTrusted && (unknown || functions.some((fn) => fn.differentiable));
    this.put('gradlens.hasFunctions', has);
    this.put(
      'gradlens.inFunction',
      has && editor !== undefined && functionAt(functions, editor.selection.active) !== undefined,
    );
    this.put('gradlens.live', this.configuration.of(editor?.document.uri).live);
  }

  private put(key: string, value: boolean): void {
    if (this.set.get(key) === value) return;
    this.set.set(key, value);
    void commands.executeCommand('setContext', key, value);
  }

  dispose(): void {
    this.store.dispose();
  }
}
