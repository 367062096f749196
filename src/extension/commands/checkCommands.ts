/** Checks a derivative on demand; the verdict stays on the lens, the tree and the squiggles. */
import { type CancellationToken, window } from 'vscode';
import type { CheckReport } from '../../runner/protocol';
import { COMMANDS } from '../commandIds';
import { t } from '../format/l10n';
import { runnerText } from '../format/runnerText';
import type { CommandContext } from './commandContext';
import { chooseTarget } from './commandTarget';
import type { Handlers } from './handlers';
import { withCancel } from './running';

/** The command, by name. */
export function checkCommands(context: CommandContext): Handlers {
  return [[COMMANDS.check, (target, token) => check(context, target, token)]];
}

async function check(
  { manager, panel }: CommandContext,
  argument: unknown,
  token: unknown,
): Promise<CheckReport | undefined> {
  const target = await chooseTarget(manager, argument);
  if (!target) return undefined;
  const report = await withCancel(
    t('checking {0} …', target.functionName),
    token as CancellationToken | undefined,
    (work) => manager.request(target, 'check', {}, { ...work, timeLimit: 30_000 }),
  );
  if (report.passed) window.setStatusBarMessage(`$(pass) ${target.functionName}: ${runnerText(report.verdict)}`, 6000);
  else {
    const show = t('Show the checks');
    void window.showWarningMessage(`${target.functionName}: ${runnerText(report.verdict)}`, show).then((choice) => {
      if (choice === show) void panel.show(target, { tab: 'checks' });
    });
  }
  return report;
}
