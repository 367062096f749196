/** The commands that show something in the panel. */
import type { MatrixKind, PanelTab } from '../../webview/protocol';
import { COMMANDS } from '../commandIds';
import type { CommandContext } from './commandContext';
import { chooseTarget } from './commandTarget';
import type { Handlers } from './handlers';

const TABS: [string, { tab: PanelTab; matrix?: MatrixKind } | undefined][] = [
  [COMMANDS.openPanel, undefined],
  [COMMANDS.showGradient, { tab: 'matrix', matrix: 'derivative' }],
  [COMMANDS.showJacobian, { tab: 'matrix', matrix: 'derivative' }],
  [COMMANDS.showHessian, { tab: 'matrix', matrix: 'hessian' }],
  [COMMANDS.profile, { tab: 'timing' }],
  [COMMANDS.showProgram, { tab: 'program' }],
];

/** Each opens the panel at the target with a tab in front. */
export function panelCommands({ manager, panel }: CommandContext): Handlers {
  return TABS.map(([id, options]) => [
    id,
    async (argument?: unknown) => {
      const target = await chooseTarget(manager, argument);
      if (!target) return undefined;
      manager.setActivePoint(target);
      await panel.show(target, options);
      return target;
    },
  ]);
}
