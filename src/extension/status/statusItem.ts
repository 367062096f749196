/** The status bar item and the entry in the language status: always there for TypeScript, always saying why. */
import {
  languages,
  LanguageStatusSeverity,
  MarkdownString,
  StatusBarAlignment,
  ThemeColor,
  window,
  workspace,
} from 'vscode';
import { COMMANDS } from '../commandIds';
import type { Configuration } from '../configuration';
import type { EngineHost } from '../engine/engineHost';
import { t } from '../format/l10n';
import { commandLink, escapeMarkdown } from '../hovers/markdown';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { Soon } from '../lifecycle/soon';
import { LANGUAGES } from '../session/documentFiles';
import type { SessionManager } from '../session/sessionManager';
import { readStatus } from './readStatus';
import { type StatusText, statusText } from './statusModel';

const SEVERITY = {
  information: LanguageStatusSeverity.Information,
  warning: LanguageStatusSeverity.Warning,
  error: LanguageStatusSeverity.Error,
};

export class StatusItem implements Disposable {
  private readonly store = new DisposableStore();
  private readonly bar = this.store.add(window.createStatusBarItem('gradlens.status', StatusBarAlignment.Right, 98));
  private readonly language = this.store.add(
    languages.createLanguageStatusItem(
      'gradlens.status',
      LANGUAGES.map((language) => ({ language })),
    ),
  );
  private shown: StatusText | undefined;
  private readonly soon = this.store.add(new Soon(() => this.update(), 100));

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
    private readonly engine: EngineHost,
  ) {
    this.bar.name = t('GradLens');
    this.language.name = t('GradLens');
    const later = (): void => this.soon.ask();
    const { store } = this;
    store.add(manager.onDidChange(later));
    store.add(manager.onDidChangeFunctions(later));
    store.add(manager.onDidChangeBusy(later));
    store.add(configuration.onDidChange(later));
    store.add(engine.onDidChangeState(later));
    store.add(window.onDidChangeActiveTextEditor(later));
    store.add(workspace.onDidGrantWorkspaceTrust(later));
    this.update();
  }

  /** What the item says now. */
  get current(): StatusText | undefined {
    return this.shown;
  }

  private update(): void {
    const document = window.activeTextEditor?.document;
    const status = statusText(
      readStatus(document, this.manager, this.configuration.of(document?.uri), this.engine.state),
    );
    this.shown = status;
    // How long something takes is told while it does.
    if (this.manager.busy) this.soon.ask(1000);
    const { bar, language } = this;
    if (status.kind === 'hidden' || !this.configuration.current.statusBar) bar.hide();
    else bar.show();
    bar.text = status.text;
    bar.command = { ...status.action };
    bar.accessibilityInformation = { label: `GradLens: ${status.detail}`, role: 'button' };
    bar.backgroundColor = status.severity === 'error' ? new ThemeColor('statusBarItem.errorBackground') : undefined;
    bar.tooltip = tooltip(status);
    language.text = status.text === '' ? '∂' : status.text;
    language.detail = status.detail;
    language.severity = SEVERITY[status.severity];
    language.command = { ...status.action };
  }

  dispose(): void {
    this.store.dispose();
  }
}

function tooltip({ detail, action }: StatusText): MarkdownString {
  const links = [
    commandLink(escapeMarkdown(action.title), action.command, ...(action.arguments ?? [])),
    ...(action.command === COMMANDS.showOutput ? [] : [commandLink(t('Show the output'), COMMANDS.showOutput)]),
    commandLink(t('Open the panel'), COMMANDS.openPanel),
  ];
  const markdown = new MarkdownString(`**GradLens** — ${escapeMarkdown(detail)}\n\n${links.join(' · ')}`);
  markdown.isTrusted = { enabledCommands: Object.values(COMMANDS) };
  return markdown;
}
