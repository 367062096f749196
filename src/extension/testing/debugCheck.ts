/**
 * Runs a check in the debugger: the command line does it, in a process that the debugger attaches to, so that breakpoints in
 * the user's code stop there.
 */
import { debug, type DebugSession, Uri, workspace } from 'vscode';

/** Resolves when the debugged check has ended; false where no debugger started. */
export async function debugCheck(uri: Uri, functionName: string, extensionUri: Uri): Promise<boolean> {
  if (uri.scheme !== 'file') return false;
  const name = `GradLens: ${functionName}`;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const listener = debug.onDidTerminateDebugSession((session: DebugSession) => {
    if (session.name === name && session.parentSession === undefined) end();
  });
  try {
    const folder = workspace.getWorkspaceFolder(uri);
    const started = await debug.startDebugging(folder, {
      name,
      type: 'node',
      request: 'launch',
      program: Uri.joinPath(extensionUri, 'dist', 'cli.js').fsPath,
      args: ['check', uri.fsPath, functionName, '--debug'],
      autoAttachChildProcesses: true,
      cwd: folder?.uri.fsPath,
      console: 'internalConsole',
    });
    if (started) await ended;
    return started;
  } finally {
    listener.dispose();
  }
}
