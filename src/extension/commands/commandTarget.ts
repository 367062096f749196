/** Which function a command is about: the one it was given, the one at the cursor, or the one that the user picks. */
import { type Position, type TextDocument, Uri, window } from 'vscode';
import type { FunctionInfo } from '../../runner/protocol';
import { callText } from '../lenses/lensModel';
import { t } from '../format/l10n';
import type { InspectionTarget } from '../inspection';
import { toRange } from '../session/convert';
import { isSupported } from '../session/documentFiles';
import { RequestError } from '../session/requestError';
import type { SessionManager } from '../session/sessionManager';

/** A target out of a lens, a link in a hover, a row of the tree or another extension's call. */
export function parseTarget(argument: unknown): InspectionTarget | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  if ('target' in argument) return parseTarget(argument.target);
  const { uri, functionName, pointIndex } = argument as Record<string, unknown>;
  if (typeof functionName !== 'string') return undefined;
  const place = typeof uri === 'string' ? Uri.parse(uri) : uri instanceof Uri ? uri : undefined;
  if (!place) return undefined;
  return { uri: place, functionName, pointIndex: typeof pointIndex === 'number' ? pointIndex : 0 };
}

/** The innermost differentiable function around a position. */
export function functionAt(functions: readonly FunctionInfo[], position: Position): FunctionInfo | undefined {
  return functions
    .filter((fn) => fn.differentiable && toRange(fn.range).contains(position))
    .sort((a, b) => a.range.endLine - a.range.line - (b.range.endLine - b.range.line))[0];
}

/** The target of a command; undefined where the user picked none. */
export async function chooseTarget(manager: SessionManager, argument?: unknown): Promise<InspectionTarget | undefined> {
  const given = parseTarget(argument);
  if (given) return given;
  const editor = window.activeTextEditor;
  if (!editor || !isSupported(editor.document)) {
    throw new RequestError({
      code: 'no-editor',
      message: t('Open a TypeScript or JavaScript file and put the cursor into a function.'),
    });
  }
  const { document, selection } = editor;
  const functions = await manager.listFunctions(document.uri);
  const differentiable = functions.filter((fn) => fn.differentiable);
  const fn = functionAt(functions, selection.active) ?? (differentiable.length === 1 ? differentiable[0] : undefined);
  if (fn) return targetOf(manager, document, fn);
  if (differentiable.length === 0) throw nothingHere(functions);
  return pick(manager, document, differentiable);
}

function targetOf(manager: SessionManager, { uri }: TextDocument, fn: FunctionInfo): InspectionTarget {
  return { uri, functionName: fn.name, pointIndex: manager.activePoint(uri, fn.name) };
}

async function pick(
  manager: SessionManager,
  document: TextDocument,
  functions: readonly FunctionInfo[],
): Promise<InspectionTarget | undefined> {
  const items = functions.map((fn) => ({
    label: callText({ ...fn, points: [] }, 0),
    description: t('line {0}', fn.range.line),
    fn,
  }));
  const chosen = await window.showQuickPick(items, { placeHolder: t('Which function?') });
  return chosen && targetOf(manager, document, chosen.fn);
}

function nothingHere(functions: readonly FunctionInfo[]): RequestError {
  const reason = functions.find((fn) => fn.reason !== undefined)?.reason;
  return new RequestError({
    code: 'no-function',
    message: t('There is no differentiable function in this file.'),
    ...(reason === undefined ? {} : { hint: reason }),
  });
}
