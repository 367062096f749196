/** Commands about GradLens itself: on and off, the engine, the output, help. */
import { commands, ConfigurationTarget, Uri, window, workspace } from 'vscode';
import { COMMANDS } from '../commandIds';
import { explanationFile } from '../diagnostics/explanations';
import type { CommandContext } from './commandContext';
import type { Handlers } from './handlers';

/** The commands, by name. */
export function engineCommands({ manager, engine, log, extensionUri }: CommandContext): Handlers {
  return [
    [COMMANDS.toggleLive, toggleLive],
    [COMMANDS.refresh, () => manager.invalidateAll()],
    [COMMANDS.stop, () => manager.stop()],
    [
      COMMANDS.restartEngine,
      () => {
        engine.restart();
        manager.invalidateAll();
      },
    ],
    [COMMANDS.showOutput, () => log.show(true)],
    [
      COMMANDS.openWalkthrough,
      () => commands.executeCommand('workbench.action.openWalkthrough', 'gradlens.gradlens#start', false),
    ],
    [COMMANDS.manageTrust, () => commands.executeCommand('workbench.trust.manage')],
    [
      COMMANDS.explain,
      (code) => {
        const file = Uri.joinPath(extensionUri, ...explanationFile());
        return commands.executeCommand(
          'markdown.showPreview',
          typeof code === 'string' ? file.with({ fragment: code }) : file,
        );
      },
    ],
  ];
}

/** Where the user has set it, it is set again; else for all windows. */
async function toggleLive(): Promise<boolean> {
  const section = workspace.getConfiguration('gradlens', window.activeTextEditor?.document.uri ?? null);
  const now = !section.get('live.enabled', true);
  const inspected = section.inspect<boolean>('live.enabled');
  const target =
    inspected?.workspaceFolderValue !== undefined
      ? ConfigurationTarget.WorkspaceFolder
      : inspected?.workspaceValue !== undefined
        ? ConfigurationTarget.Workspace
        : ConfigurationTarget.Global;
  await section.update('live.enabled', now, target);
  return now;
}
