import { type TextDocument, workspace } from 'vscode';
import type { Settings } from '../configuration';
import type { EngineState } from '../engine/engineHost';
import { runnerText } from '../format/runnerText';
import { isSupported } from '../session/documentFiles';
import type { SessionManager } from '../session/sessionManager';
import type { StatusInput } from './statusModel';

/** Gathers what the status item has to know about a document. */
export function readStatus(
  document: TextDocument | undefined,
  manager: SessionManager,
  settings: Settings,
  engine: EngineState,
): StatusInput {
  const live = document && manager.sessions.ofDocument(document)?.live;
  const targets = live ? [...live.targets.values()] : [];
  const failed = targets.flatMap(({ state }) => (state.kind === 'failed' ? [state.error] : []));
  const functions = live?.functions ?? [];
  const overBudget = targets.map(({ inspection }) => inspection?.matrixReason).find((reason) => reason !== undefined);
  const reason = functions.find((fn) => !fn.differentiable)?.reason;
  return {
    supported: document !== undefined && isSupported(document),
    trusted: workspace.isTrusted,
    live: settings.live,
    engine,
    listed: live?.listed ?? false,
    listError: live?.error,
    syntaxErrors: live?.syntaxErrors.length ?? 0,
    functions: functions.length,
    differentiable: functions.filter((fn) => fn.differentiable).length,
    reason: reason && runnerText(reason),
    failed: failed.length,
    firstError: failed[0],
    ready: targets.filter(({ state }) => state.kind === 'ready').length,
    overBudget: overBudget && runnerText(overBudget),
    busy: manager.busy,
    working: manager.working,
  };
}
