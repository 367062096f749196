/** The GradLens view: (folders of a workspace with several →) files → functions → points. */
import {
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  type Uri,
  window,
  workspace,
  type WorkspaceFolder,
} from 'vscode';
import type { FunctionInfo } from '../../runner/protocol';
import { COMMANDS } from '../commandIds';
import type { Configuration } from '../configuration';
import { t } from '../format/l10n';
import type { InspectionTarget } from '../inspection';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { Soon } from '../lifecycle/soon';
import type { Session } from '../session/sessions';
import type { SessionManager } from '../session/sessionManager';
import { functionRow, pointRow, type RowText } from './treeModel';

export type TreeNode =
  | { kind: 'folder'; folder: WorkspaceFolder }
  | { kind: 'file'; session: Session }
  | { kind: 'function'; session: Session; fn: FunctionInfo }
  | { kind: 'point'; session: Session; fn: FunctionInfo; target: InspectionTarget };

export class FunctionsTree implements TreeDataProvider<TreeNode>, Disposable {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<TreeNode | undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  readonly view: TreeView<TreeNode>;
  /** The whole tree at once: a row costs little, a flickering view much. */
  private readonly soon = this.store.add(new Soon(() => this.changed.fire(undefined), 150));

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
  ) {
    const later = (): void => {
      if (this.view.visible) this.soon.ask();
    };
    const { store } = this;
    this.view = store.add(
      window.createTreeView('gradlens.functions', { treeDataProvider: this, showCollapseAll: true }),
    );
    store.add(manager.onDidChange(later));
    store.add(manager.onDidChangeFunctions(later));
    store.add(configuration.onDidChange(later));
    store.add(workspace.onDidGrantWorkspaceTrust(later));
    store.add(this.view.onDidChangeVisibility(later));
  }

  getChildren(node?: TreeNode): TreeNode[] {
    if (!workspace.isTrusted) return [];
    if (!node) {
      const folders = workspace.workspaceFolders ?? [];
      if (folders.length < 2) return this.files();
      return [
        ...folders
          .filter((folder) => this.files(folder).length > 0)
          .map((folder): TreeNode => ({ kind: 'folder', folder })),
        ...this.files(undefined, true),
      ];
    }
    if (node.kind === 'folder') return this.files(node.folder);
    const { session } = node;
    switch (node.kind) {
      case 'file':
        return session.live.functions
          .filter((fn) => fn.differentiable)
          .map((fn) => (fn.points.length > 1 ? { kind: 'function', session, fn } : pointNode(session, fn, 0)));
      case 'function':
        return node.fn.points.map((_, index) => pointNode(session, node.fn, index));
      case 'point':
        return [];
    }
  }

  /** Files with differentiable functions: of one folder, of none, or all. */
  private files(folder?: WorkspaceFolder, outside = false): TreeNode[] {
    return this.manager.sessions
      .all()
      .filter(({ document: { uri }, live }) => {
        if (!this.configuration.of(uri).live || !live.functions.some((fn) => fn.differentiable)) return false;
        const own = workspace.getWorkspaceFolder(uri);
        return folder ? own?.uri.toString() === folder.uri.toString() : !outside || own === undefined;
      })
      .sort((a, b) => a.document.uri.path.localeCompare(b.document.uri.path))
      .map((session): TreeNode => ({ kind: 'file', session }));
  }

  getTreeItem(node: TreeNode): TreeItem {
    switch (node.kind) {
      case 'folder': {
        const item = new TreeItem(node.folder.name, TreeItemCollapsibleState.Expanded);
        item.id = node.folder.uri.toString();
        item.iconPath = new ThemeIcon('root-folder');
        item.tooltip = node.folder.uri.fsPath;
        return item;
      }
      case 'file': {
        const item = new TreeItem(node.session.document.uri, TreeItemCollapsibleState.Expanded);
        item.id = node.session.live.file;
        item.iconPath = ThemeIcon.File;
        item.description = folderName(node.session.document.uri);
        return item;
      }
      case 'function': {
        const item = itemOf(functionRow(node.fn), TreeItemCollapsibleState.Expanded);
        item.id = `${node.session.live.file}#${node.fn.name}`;
        return item;
      }
      case 'point':
        return this.pointItem(node);
    }
  }

  private pointItem({ session, fn, target }: TreeNode & { kind: 'point' }): TreeItem {
    const { digits } = this.configuration.of(target.uri);
    const row = pointRow(fn, target.pointIndex, this.manager.state(target), this.manager.checkState(target), digits);
    const item = itemOf(row, TreeItemCollapsibleState.None);
    item.id = `${session.live.file}#${fn.name}#${target.pointIndex}`;
    item.contextValue = 'gradlens.point';
    item.command = { title: t('Go to the function'), command: COMMANDS.revealFunction, arguments: [target] };
    return item;
  }

  dispose(): void {
    this.store.dispose();
  }
}

function pointNode(session: Session, fn: FunctionInfo, pointIndex: number): TreeNode {
  return { kind: 'point', session, fn, target: { uri: session.document.uri, functionName: fn.name, pointIndex } };
}

function itemOf({ label, description, tooltip, icon }: RowText, state: TreeItemCollapsibleState): TreeItem {
  const item = new TreeItem(label, state);
  item.description = description;
  item.tooltip = new MarkdownString().appendText(tooltip);
  item.iconPath = new ThemeIcon(icon.id, icon.color === undefined ? undefined : new ThemeColor(icon.color));
  return item;
}

function folderName(uri: Uri): string {
  // The folder of the workspace is a row of its own where there are several.
  const path = workspace.asRelativePath(uri, false);
  const slash = path.lastIndexOf('/');
  return slash > 0 && uri.scheme === 'file' ? path.slice(0, slash) : '';
}
