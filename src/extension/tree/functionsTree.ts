/** The GradLens view. */
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
} from 'vscode';
import type { FunctionInfo } from '../../runner/protocol';
import { COMMANDS } from '../commandIds';
import type { Configuration } from '../configuration';
import { t } from '../format/l10n';
import type { InspectionTarget } from '../inspection';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import type { Session } from '../session/sessions';
import type { SessionManager } from '../session/sessionManager';
import { functionRow, pointRow, type RowText } from './treeModel';

export type TreeNode =
  | { kind: 'file'; session: Session }
  | { kind: 'function'; session: Session; fn: FunctionInfo }
  | { kind: 'point'; session: Session; fn: FunctionInfo; target: InspectionTarget };

export class FunctionsTree implements TreeDataProvider<TreeNode>, Disposable {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<TreeNode | undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  readonly view: TreeView<TreeNode>;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
  ) {
    const later = (): void => this.later();
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
    if (!this.configuration.current.live || !workspace.isTrusted) return [];
    if (!node) {
      return this.manager.sessions
        .all()
        .filter(({ live }) => live.functions.some((fn) => fn.differentiable))
        .map((session): TreeNode => ({ kind: 'file', session }))
        .sort((a, b) => a.session.document.uri.path.localeCompare(b.session.document.uri.path));
    }
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

  getTreeItem(node: TreeNode): TreeItem {
    switch (node.kind) {
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
    const { digits } = this.configuration.current;
    const row = pointRow(fn, target.pointIndex, this.manager.state(target), this.manager.checkState(target), digits);
    const item = itemOf(row, TreeItemCollapsibleState.None);
    item.id = `${session.live.file}#${fn.name}#${target.pointIndex}`;
    item.contextValue = 'gradlens.point';
    item.command = { title: t('Go to the function'), command: COMMANDS.revealFunction, arguments: [target] };
    return item;
  }

  /** The whole tree at once, soon: a row costs little, a flickering view much. */
  private later(): void {
    if (!this.view.visible) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changed.fire(undefined);
    }, 150);
  }

  dispose(): void {
    clearTimeout(this.timer);
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
  const path = workspace.asRelativePath(uri);
  const slash = path.lastIndexOf('/');
  return slash > 0 && uri.scheme === 'file' ? path.slice(0, slash) : '';
}
