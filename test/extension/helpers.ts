/** What suites in the extension host share. Everything polls, with a limit that a loaded machine can keep. */
import { join } from 'node:path';
import * as vscode from 'vscode';

const patience = 60_000;

/** Calls `probe` until it returns something other than undefined, null or false. */
export async function eventually<T>(what: string, probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  let failure: unknown;
  // Most of it is there in a moment; what is not costs time to look at.
  let pause = 10;
  for (const deadline = Date.now() + patience; Date.now() < deadline; pause = Math.min(100, 1.5 * pause)) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error(`Not within ${patience / 1000} s: ${what}${failure instanceof Error ? ` (${failure.message})` : ''}`);
}

/** The path of a file in the workspace, a copy of test/fixtures/workspace that tests may change. */
export function workspacePath(name: string): string {
  return join(vscode.workspace.workspaceFolders![0].uri.fsPath, name);
}

/** Opens a workspace file in the editor. */
export async function openFile(name: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument(workspacePath(name));
  return vscode.window.showTextDocument(document);
}

/** Waits for lenses of a document that the predicate accepts, and returns their resolved commands' titles. */
export function lensTitles(uri: vscode.Uri, accept: (titles: string[]) => boolean): Promise<string[]> {
  return eventually(`lenses of ${uri.path}`, async () => {
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100);
    const titles = lenses.flatMap((lens) => (lens.command === undefined ? [] : [lens.command.title]));
    return accept(titles) ? titles : undefined;
  });
}
