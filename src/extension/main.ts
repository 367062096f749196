/** Activation: a table of contents of the extension. Nothing here computes; the engine starts with the first request. */
import { env, type ExtensionContext, l10n, window } from 'vscode';
import { createApi, type GradLensApi } from './api';
import { registerCommands } from './commands/registerCommands';
import { Configuration } from './configuration';
import { ContextKeys } from './contextKeys';
import { Diagnostics } from './diagnostics/diagnostics';
import { QuickFixes } from './diagnostics/quickFixes';
import { ProcessEngine } from './engine/processEngine';
import { useTranslator } from './format/l10n';
import { useRunnerLanguage } from './format/runnerText';
import { GradLensHovers } from './hovers/hoverProvider';
import { InlineDecorations } from './inline/inlineDecorations';
import { LensProvider } from './lenses/lensProvider';
import { inTurns } from './lifecycle/turns';
import { GpuBridge } from './panel/gpuBridge';
import { createPanelFeature } from './panel/panelFeature';
import { SessionManager } from './session/sessionManager';
import { EvaluationLog } from './status/evaluationLog';
import { StatusItem } from './status/statusItem';
import { CheckTests } from './testing/checkTests';
import { FunctionsTree } from './tree/functionsTree';

/** Called by VS Code when the first TypeScript or JavaScript file is opened. */
export function activate(context: ExtensionContext): GradLensApi {
  useTranslator((message, ...args) => l10n.t(message, ...args));
  useRunnerLanguage(env.language);
  const { extensionUri, subscriptions, workspaceState } = context;

  const log = window.createOutputChannel('GradLens', { log: true });
  const configuration = new Configuration();
  const gpu = new GpuBridge(log);
  const engine = new ProcessEngine(extensionUri, log, gpu);
  const manager = new SessionManager(engine, configuration);
  const panel = createPanelFeature(context, manager, log, gpu);

  subscriptions.push(
    log,
    configuration,
    engine,
    manager,
    panel,
    new LensProvider(manager, configuration),
    registerCommands({ manager, configuration, engine, log, panel, memory: workspaceState, extensionUri }),
  );
  // What no lens and no command waits for: in turns of their own, so that activation never holds up the host for long.
  subscriptions.push(
    inTurns([
      () => [new StatusItem(manager, configuration, engine), new ContextKeys(manager, configuration)],
      () => [new InlineDecorations(manager, configuration), new GradLensHovers(manager, configuration)],
      () => {
        const diagnostics = new Diagnostics(manager, configuration);
        return [diagnostics, new QuickFixes(diagnostics)];
      },
      () => [new FunctionsTree(manager, configuration), new CheckTests(manager, extensionUri)],
      () => [new EvaluationLog(manager, log)],
    ]),
  );
  return createApi(manager);
}
