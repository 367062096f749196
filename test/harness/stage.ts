/**
 * A copy of the extension as a user gets it, in a folder of its own: a rebuild doesn't disturb a running test, and VS Code
 * ignores the theme setting when the development path contains its own installation.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { temporaryFolder } from './processes';
import { root } from './vscode';

const parts = ['media', 'l10n', 'README.md', 'CHANGELOG.md', 'LICENSE', 'dist'];

/** Stages the built extension and returns the folder. */
export function stageExtension(): string {
  const folder = temporaryFolder('extension');
  for (const name of [...parts, ...readdirSync(root).filter((name) => name.startsWith('package.'))]) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  for (const map of ['extension.js.map', 'runner.js.map', 'cli.js.map']) anchorSources(join(folder, 'dist', map));
  return folder;
}

/** Source maps name their sources relative to dist/; the copy has to name them absolutely for the coverage to find them. */
function anchorSources(file: string): void {
  if (!existsSync(file)) return;
  const map = JSON.parse(readFileSync(file, 'utf8')) as { sources: string[] };
  map.sources = map.sources.map((source) => resolve(root, 'dist', source));
  writeFileSync(file, JSON.stringify(map));
}

/** A copy of a folder that tests may write to, inside the repository so that its modules resolve as the originals do. */
export function stageWorkspace(...sources: string[]): string {
  const folder = temporaryFolder('workspace', join(root, 'out/workspaces'));
  for (const source of sources) {
    const from = join(root, source);
    if (existsSync(from)) cpSync(from, folder, { recursive: true });
  }
  return folder;
}

/** Writes a file, making its folders. */
export function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
