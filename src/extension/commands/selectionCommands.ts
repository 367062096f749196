/** Inspects a selected expression: its value and adjoint stand behind it until the selection or the text changes. */
import { type TextEditor, window } from 'vscode';
import type { RunnerRequests } from '../../runner/protocol';
import { COMMANDS } from '../commandIds';
import { t } from '../format/l10n';
import { shortNumber } from '../format/number';
import { componentName } from '../hovers/functionHover';
import { escapeMarkdown, inlineCode, table } from '../hovers/markdown';
import { TONE_COLORS } from '../inline/inlineColors';
import { toneOf } from '../inline/inlineModel';
import { DisposableStore } from '../lifecycle/disposables';
import { fromRange } from '../session/convert';
import { RequestError } from '../session/requestError';
import type { CommandContext } from './commandContext';
import { chooseTarget } from './commandTarget';
import type { Handlers } from './handlers';

type Selected = RunnerRequests['inspectSelection']['result'];

/** The command, by name. */
export function selectionCommands(context: CommandContext): Handlers {
  return [[COMMANDS.inspectSelection, () => inspectSelection(context)]];
}

async function inspectSelection({ manager, panel, configuration }: CommandContext): Promise<Selected | undefined> {
  const editor = window.activeTextEditor;
  const target = await chooseTarget(manager);
  if (!target || !editor) return undefined;
  const { document, selection } = editor;
  if (selection.isEmpty) {
    throw new RequestError({
      code: 'no-selection',
      message: t('Select an expression inside {0}, or the name of a function.', target.functionName),
    });
  }
  // A selected function name means the function.
  const named = manager
    .functions(document.uri)
    .find(({ name, differentiable }) => differentiable && name === document.getText(selection));
  if (named) {
    await panel.show({ ...target, functionName: named.name, pointIndex: 0 });
    return undefined;
  }
  const { version } = document;
  const result = await manager.request(target, 'inspectSelection', { range: fromRange(selection) });
  if (document.version === version) showBeside(editor, result, configuration.of(document.uri).digits);
  return result;
}

function showBeside(editor: TextEditor, result: Selected, digits: number): void {
  const { selection } = editor;
  const { value, adjoint, hasAdjoint, count } = result;
  const words = [`= ${shortNumber(value, digits)}`];
  if (hasAdjoint) words.push(`∂ ${shortNumber(adjoint, digits)}`);
  if (count > 1) words.push(`×${count}`);
  const shown = new DisposableStore();
  const type = shown.add(
    window.createTextEditorDecorationType({
      after: {
        contentText: ` ${words.join('  ')} `,
        color: TONE_COLORS[hasAdjoint ? toneOf(adjoint, Math.abs(adjoint)) : 'none'],
        margin: '0 1ch',
        border: '1px solid',
      },
    }),
  );
  editor.setDecorations(type, [{ range: selection, hoverMessage: hover(result, digits) }]);
  shown.add(window.onDidChangeTextEditorSelection(({ textEditor }) => textEditor === editor && shown.dispose()));
  shown.add(window.onDidChangeVisibleTextEditors((editors) => !editors.includes(editor) && shown.dispose()));
}

function hover({ text, value, adjoint, hasAdjoint, gradient, inputs }: Selected, digits: number): string {
  const rows = [[t('value'), inlineCode(shortNumber(value, digits + 4))]];
  if (hasAdjoint) rows.push([t('adjoint'), inlineCode(shortNumber(adjoint, digits + 4))]);
  const derivatives = Array.from(gradient.subarray(0, 8), (component, index) => [
    `∂/∂${escapeMarkdown(componentName(inputs, index))}`,
    inlineCode(shortNumber(component, digits)),
  ]);
  return `${inlineCode(text)}\n\n${table([' ', ' '], [...rows, ...derivatives])}`;
}
