/** All commands. An error of any of them becomes a message; its stack goes to the output channel. */
import { commands } from 'vscode';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { checkCommands } from './checkCommands';
import type { CommandContext } from './commandContext';
import { copyCommands } from './copyCommands';
import { engineCommands } from './engineCommands';
import type { Handler } from './handlers';
import { panelCommands } from './panelCommands';
import { pointCommands } from './pointCommands';
import { productCommands } from './productCommands';
import { showError } from './running';
import { selectionCommands } from './selectionCommands';

/** Registers every command of GradLens. */
export function registerCommands(context: CommandContext): Disposable {
  const store = new DisposableStore();
  const all = [
    ...panelCommands(context),
    ...productCommands(context),
    ...checkCommands(context),
    ...selectionCommands(context),
    ...pointCommands(context),
    ...copyCommands(context),
    ...engineCommands(context),
  ];
  for (const [id, handler] of all) store.add(commands.registerCommand(id, guarded(context, handler)));
  return store;
}

function guarded({ log }: CommandContext, handler: Handler): Handler {
  return async (...args) => {
    try {
      return await handler(...args);
    } catch (error) {
      showError(log, error);
      return undefined;
    }
  };
}
