/** Runs a command's work: errors become messages, long work shows its progress and can be stopped. */
import {
  type CancellationToken,
  commands,
  type LogOutputChannel,
  type Progress,
  ProgressLocation,
  window,
} from 'vscode';
import { COMMANDS } from '../commandIds';
import { fullReason, isCancelled, toErrorInfo } from '../format/errors';
import { t } from '../format/l10n';
import { runnerText } from '../format/runnerText';

/** Milliseconds before a progress notification appears: most work is done by then. */
const PATIENCE = 400;

export interface Work {
  signal: AbortSignal;
  onProgress: (done: number, total: number, message: string) => void;
}

/** Says what went wrong in one sentence; the details go to the output channel. */
export function showError(log: LogOutputChannel, error: unknown): void {
  if (isCancelled(error)) return;
  const info = toErrorInfo(error);
  log.error(`${info.code}: ${fullReason(info, info.file)}${info.stack ? `\n${info.stack}` : ''}`);
  const output = t('Show the output');
  void window.showErrorMessage(`GradLens: ${fullReason(info)}`, output).then((choice) => {
    if (choice === output) void commands.executeCommand(COMMANDS.showOutput);
  });
}

/** Runs `work` with a notification that can stop it, once it takes longer than a glance. `token` stops it too. */
export async function withCancel<T>(
  title: string,
  token: CancellationToken | undefined,
  work: (work: Work) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = token?.onCancellationRequested(() => controller.abort());
  if (token?.isCancellationRequested) controller.abort();
  let report: Progress<{ message?: string; increment?: number }> | undefined;
  let before = 0;
  const onProgress: Work['onProgress'] = (done, total, message) => {
    const share = total > 0 ? (100 * done) / total : 0;
    report?.report({ message: runnerText(message), increment: Math.max(0, share - before) });
    before = Math.max(before, share);
  };
  const result = work({ signal: controller.signal, onProgress });
  const settled = result.then(
    () => undefined,
    () => undefined,
  );
  const timer = setTimeout(() => {
    void window.withProgress(
      { location: ProgressLocation.Notification, title: `GradLens: ${title}`, cancellable: true },
      (progress, button) => {
        report = progress;
        button.onCancellationRequested(() => controller.abort());
        return settled;
      },
    );
  }, PATIENCE);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
    stop?.dispose();
  }
}
