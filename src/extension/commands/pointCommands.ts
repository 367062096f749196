/** The points at which functions are looked at: set, taken back, written into the file, shown. */
import { Range, Selection, TextEditorRevealType, window, workspace, WorkspaceEdit } from 'vscode';
import { COMMANDS } from '../commandIds';
import { writeAtTag } from '../format/atTag';
import { shortReason, toErrorInfo } from '../format/errors';
import { t } from '../format/l10n';
import type { InspectionTarget } from '../inspection';
import { toRange } from '../session/convert';
import { RequestError } from '../session/requestError';
import type { CommandContext } from './commandContext';
import { chooseTarget, parseTarget } from './commandTarget';
import type { Handlers } from './handlers';

/** The commands, by name. */
export function pointCommands(context: CommandContext): Handlers {
  return [
    [COMMANDS.setPoint, (target, expression) => setPoint(context, target, expression)],
    [COMMANDS.resetPoint, (target) => resetPoint(context, target)],
    [COMMANDS.writePoint, (target) => writePoint(context, target)],
    [COMMANDS.showPoint, (target) => showPoint(context, target)],
    [COMMANDS.revealFunction, (target) => revealFunction(context, target)],
  ];
}

async function setPoint({ manager }: CommandContext, argument: unknown, given: unknown): Promise<string | undefined> {
  const target = await chooseTarget(manager, argument);
  if (!target) return undefined;
  const expression = typeof given === 'string' ? given : await askExpression({ manager }, target);
  if (expression === undefined) return undefined;
  void manager.setPoint(target, expression.trim() === '' ? undefined : { expression });
  return expression;
}

async function askExpression(
  { manager }: Pick<CommandContext, 'manager'>,
  target: InspectionTarget,
): Promise<string | undefined> {
  const { target: live } = await manager.resolve(target);
  const current =
    live.override?.expression ??
    (await presentPoint({ manager }, target)) ??
    live.fn.points[target.pointIndex]?.expression;
  const names = live.fn.parameters.map(({ name, type }) => `${name}: ${type}`).join(', ');
  return window.showInputBox({
    title: t('Inspection point of {0}', target.functionName),
    prompt: t('The arguments, as in a call: ({0}). Empty takes the file’s own point.', names),
    value: current ?? '',
    validateInput: async (input) => {
      if (input.trim() === '') return undefined;
      try {
        await manager.request(target, 'arguments', { at: input });
        return undefined;
      } catch (error) {
        return shortReason(toErrorInfo(error));
      }
    },
  });
}

/** Characters from which on nobody edits a point in a line of text. */
const MOST_CHARACTERS = 20_000;

/** The point of the last result, exact; undefined where there is none or its text is longer than a box holds. */
async function presentPoint(
  { manager }: Pick<CommandContext, 'manager'>,
  target: InspectionTarget,
): Promise<string | undefined> {
  const { target: live } = await manager.resolve(target);
  const point = live.inspection?.point;
  if (!point?.cut) return point?.expression;
  try {
    const { expression } = await manager.request(target, 'arguments', {});
    return expression.length > MOST_CHARACTERS ? undefined : expression;
  } catch {
    // It holds what has no text.
    return undefined;
  }
}

async function resetPoint({ manager }: CommandContext, argument: unknown): Promise<void> {
  const target = await chooseTarget(manager, argument);
  if (target) void manager.setPoint(target, undefined);
}

/** Writes the present point as `@at` into the doc comment. Returns the expression. */
async function writePoint({ manager }: CommandContext, argument: unknown): Promise<string | undefined> {
  const target = await chooseTarget(manager, argument);
  if (!target) return undefined;
  const { expression } = await manager.request(target, 'arguments', {});
  const { session, target: live } = await manager.resolve(target);
  const { document } = session;
  const tag = live.fn.points[target.pointIndex]?.range;
  const lines = document.getText().split(/\r?\n/);
  const edit = writeAtTag(lines, live.fn.range.line - 1, expression, tag && toRange(tag));
  const change = new WorkspaceEdit();
  const range = new Range(edit.start.line, edit.start.character, edit.end.line, edit.end.character);
  change.replace(document.uri, range, edit.text);
  if (!(await workspace.applyEdit(change))) {
    throw new RequestError({
      code: 'read-only',
      message: t('{0} cannot be changed.', workspace.asRelativePath(document.uri)),
    });
  }
  void manager.setPoint(target, undefined);
  return expression;
}

/** Shows the values of this point at the ends of the lines, and the panel where it is open. */
function showPoint({ manager, panel }: CommandContext, argument: unknown): void {
  const target = parseTarget(argument);
  if (!target) return;
  manager.setActivePoint(target);
  void panel.show(target);
}

async function revealFunction({ manager }: CommandContext, argument: unknown): Promise<void> {
  const target = parseTarget(argument);
  if (!target) return;
  manager.setActivePoint(target);
  const fn = (await manager.listFunctions(target.uri)).find(({ name }) => name === target.functionName);
  const editor = await window.showTextDocument(target.uri, { preserveFocus: false });
  if (!fn) return;
  const range = toRange(fn.nameRange);
  editor.selection = new Selection(range.start, range.start);
  editor.revealRange(toRange(fn.range), TextEditorRevealType.InCenterIfOutsideViewport);
}
