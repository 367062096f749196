import type { ExtensionContext } from 'vscode';

/** Called by VS Code when the first TypeScript file is opened. */
export function activate(_context: ExtensionContext): void {}
