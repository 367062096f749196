/** Copies derivatives in other notations, saves them for NumPy, and copies the derivative itself as source. */
import { type CancellationToken, env, Uri, window, workspace } from 'vscode';
import { COMMANDS } from '../commandIds';
import { type ExportFormat, exportText, toNpy } from '../format/exportFormats';
import { t } from '../format/l10n';
import type { CommandContext } from './commandContext';
import { chooseTarget } from './commandTarget';
import { derivativeOf } from './derivativeOf';
import type { Handlers } from './handlers';
import { withCancel } from './running';

const FORMATS: [string, ExportFormat, string][] = [
  [COMMANDS.copyJson, 'json', 'JSON'],
  [COMMANDS.copyCsv, 'csv', 'CSV'],
  [COMMANDS.copyNumpy, 'numpy', 'NumPy'],
  [COMMANDS.copyLatex, 'latex', 'LaTeX'],
  [COMMANDS.copyTypeScript, 'typescript', 'TypeScript'],
];

/** The commands, by name. */
export function copyCommands(context: CommandContext): Handlers {
  return [
    ...FORMATS.map(([id, format, label]): Handlers[number] => [
      id,
      (target, token) => copyAs(context, format, label, target, token),
    ]),
    [COMMANDS.exportNpy, (target, file, token) => exportNpy(context, target, file, token)],
    [COMMANDS.copyDerivative, (target, op) => copyDerivative(context, target, op)],
  ];
}

async function copyAs(
  { manager }: CommandContext,
  format: ExportFormat,
  label: string,
  argument: unknown,
  token: unknown,
): Promise<string | undefined> {
  const target = await chooseTarget(manager, argument);
  if (!target) return undefined;
  const { text, float32 } = await withCancel(
    t('computing the derivative …'),
    token as CancellationToken | undefined,
    async (work) => {
      const derivative = await derivativeOf(manager, target, work);
      return { text: await exportText(derivative, format), float32: derivative.float32 };
    },
  );
  await env.clipboard.writeText(text);
  tell(t('Derivative of {0} copied as {1}.', target.functionName, label), float32);
  return text;
}

/** Saves the derivative as .npy; asks for the place unless the caller names one. */
async function exportNpy(
  { manager }: CommandContext,
  argument: unknown,
  file: unknown,
  token: unknown,
): Promise<Uri | undefined> {
  const target = await chooseTarget(manager, argument);
  if (!target) return undefined;
  const { matrix, vector, float32 } = await withCancel(
    t('computing the derivative …'),
    token as CancellationToken | undefined,
    (work) => derivativeOf(manager, target, work),
  );
  const place = file instanceof Uri ? file : await askPlace(target.uri, target.functionName, vector);
  if (!place) return undefined;
  await workspace.fs.writeFile(place, toNpy(matrix, vector, float32 !== undefined));
  tell(t('Saved {0}.', workspace.asRelativePath(place)), float32);
  return place;
}

/** What was done, and in which precision. */
function tell(message: string, float32: string | undefined): void {
  window.setStatusBarMessage(float32 === undefined ? message : `${message} (${float32})`, 4000);
}

async function askPlace(source: Uri, name: string, vector: boolean): Promise<Uri | undefined> {
  const folder = workspace.getWorkspaceFolder(source)?.uri ?? workspace.workspaceFolders?.[0]?.uri;
  const base = `${name.replace(/[^\w.-]+/g, '_')}-${vector ? 'gradient' : 'jacobian'}.npy`;
  return window.showSaveDialog({
    ...(folder ? { defaultUri: Uri.joinPath(folder, base) } : {}),
    filters: { NumPy: ['npy'] },
  });
}

async function copyDerivative(
  { manager }: CommandContext,
  argument: unknown,
  given: unknown,
): Promise<string | undefined> {
  const target = await chooseTarget(manager, argument);
  if (!target) return undefined;
  const op = given === 'grad' || given === 'jvp' ? given : await askOperation();
  if (!op) return undefined;
  const { text, name } = await manager.request(target, 'derivativeSource', { op });
  await env.clipboard.writeText(text);
  const open = t('Open');
  void window.showInformationMessage(t('The function {0} is on the clipboard.', name), open).then(async (choice) => {
    if (choice !== open) return;
    await window.showTextDocument(await workspace.openTextDocument({ language: 'typescript', content: text }));
  });
  return text;
}

async function askOperation(): Promise<'grad' | 'jvp' | undefined> {
  const chosen = await window.showQuickPick(
    [
      { label: t('Gradient'), description: t('all partial derivatives, by the reverse mode'), op: 'grad' as const },
      { label: t('JVP'), description: t('the derivative in one direction, by the forward mode'), op: 'jvp' as const },
    ],
    { placeHolder: t('Which derivative should become a function?') },
  );
  return chosen?.op;
}
