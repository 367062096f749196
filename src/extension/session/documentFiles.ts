/** The names under which the runner knows documents, and the way back. */
import * as path from 'node:path';
import { type TextDocument, type Uri, workspace } from 'vscode';

const EXTENSIONS: Record<string, string> = {
  typescript: '.ts',
  typescriptreact: '.tsx',
  javascript: '.js',
  javascriptreact: '.jsx',
};

/** The languages that have functions to differentiate. */
export const LANGUAGES = Object.keys(EXTENSIONS);

/** True for documents that can have live derivatives. */
export function isSupported(document: TextDocument): boolean {
  // The left side of a diff and the like are somebody's history, not what is being written.
  return document.languageId in EXTENSIONS && document.uri.scheme !== 'output' && document.uri.scheme !== 'git';
}

/**
 * A file name for any document. Documents that are not on disk get one beside the files they can import: in the folder of
 * their path or of the workspace. The number tells a closed document from a later one of the same name.
 */
export function runnerFile(document: TextDocument, serial: number): string {
  const { uri, languageId } = document;
  if (uri.scheme === 'file') return uri.fsPath;
  const extension = EXTENSIONS[languageId] ?? '.ts';
  const base = path.posix.basename(uri.path).replace(/\.[cm]?[jt]sx?$/, '') || 'untitled';
  const safe = base.replace(/[^\w.-]+/g, '_');
  return path.join(folderFor(uri), `${safe}.gradlens-${serial}${extension}`);
}

function folderFor(uri: Uri): string {
  const folder = workspace.getWorkspaceFolder(uri) ?? workspace.workspaceFolders?.[0];
  if (folder?.uri.scheme === 'file') return folder.uri.fsPath;
  return path.resolve(path.sep, 'gradlens-untitled');
}
