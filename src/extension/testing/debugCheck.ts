/** Runs a check in the debugger: the command line does it, so that breakpoints in the user's code stop there. */
import { debug, Uri, workspace } from 'vscode';

/** True where the check passed, undefined where no debugger started. */
export async function debugCheck(uri: Uri, functionName: string, extensionUri: Uri): Promise<boolean | undefined> {
  if (uri.scheme !== 'file') return undefined;
  const name = `GradLens: ${functionName}`;
  const ended = new Promise<boolean>((resolve) => {
    let exitCode = 1;
    const tracker = debug.registerDebugAdapterTrackerFactory('*', {
      createDebugAdapterTracker: (session) =>
        session.name === name
          ? {
              onDidSendMessage: (message: unknown) => {
                const code = exitCodeIn(message);
                if (code !== undefined) exitCode = code;
              },
            }
          : undefined,
    });
    const end = debug.onDidTerminateDebugSession((session) => {
      if (session.name !== name) return;
      tracker.dispose();
      end.dispose();
      resolve(exitCode === 0);
    });
  });
  const folder = workspace.getWorkspaceFolder(uri);
  const started = await debug.startDebugging(folder, {
    name,
    type: 'node',
    request: 'launch',
    program: Uri.joinPath(extensionUri, 'dist', 'cli.js').fsPath,
    args: ['check', uri.fsPath, functionName],
    cwd: folder?.uri.fsPath,
    console: 'internalConsole',
  });
  return started ? ended : undefined;
}

/** The exit code in a message of the debug adapter protocol. */
function exitCodeIn(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { event, body } = message as { event?: string; body?: { exitCode?: unknown } };
  return event === 'exited' && typeof body?.exitCode === 'number' ? body.exitCode : undefined;
}
