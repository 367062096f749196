/** Quick fixes: what the runner proposes for a finding, and how to silence its kind. */
import {
  CodeAction,
  type CodeActionContext,
  CodeActionKind,
  type CodeActionProvider,
  languages,
  type Range,
  type TextDocument,
  WorkspaceEdit,
} from 'vscode';
import { COMMANDS } from '../commandIds';
import { t } from '../format/l10n';
import { runnerText } from '../format/runnerText';
import { type Disposable } from '../lifecycle/disposables';
import { toRange } from '../session/convert';
import { LANGUAGES } from '../session/documentFiles';
import type { Diagnostics, FindingDiagnostic } from './diagnostics';

export class QuickFixes implements CodeActionProvider, Disposable {
  private readonly registration: Disposable;

  constructor(private readonly diagnostics: Diagnostics) {
    this.registration = languages.registerCodeActionsProvider(
      LANGUAGES.map((language) => ({ language })),
      this,
      { providedCodeActionKinds: [CodeActionKind.QuickFix] },
    );
  }

  provideCodeActions(document: TextDocument, range: Range, context: CodeActionContext): CodeAction[] {
    if (context.only && !context.only.contains(CodeActionKind.QuickFix)) return [];
    // VS Code hands out copies of diagnostics: the originals, which know their findings, are found by place.
    const concerned = this.diagnostics.of(document).filter((entry) => entry.range.intersection(range) !== undefined);
    return concerned.flatMap((diagnostic) => this.actionsFor(document, diagnostic));
  }

  private actionsFor(document: TextDocument, diagnostic: FindingDiagnostic): CodeAction[] {
    const { fix, code } = diagnostic.finding;
    const actions: CodeAction[] = [];
    if (fix) {
      const action = new CodeAction(runnerText(fix.title), CodeActionKind.QuickFix);
      action.edit = new WorkspaceEdit();
      for (const { range, newText } of fix.edits) action.edit.replace(document.uri, toRange(range), newText);
      action.diagnostics = [diagnostic];
      action.isPreferred = true;
      actions.push(action);
    }
    const explain = new CodeAction(t('Explain “{0}”', code), CodeActionKind.QuickFix);
    explain.command = { title: explain.title, command: COMMANDS.explain, arguments: [code] };
    explain.diagnostics = [diagnostic];
    actions.push(explain);
    return actions;
  }

  dispose(): void {
    this.registration.dispose();
  }
}
