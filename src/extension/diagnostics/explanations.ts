import { env } from 'vscode';

/** Path of the page that explains every diagnostic code, in the user's language, relative to the extension. */
export function explanationFile(): string[] {
  return ['media', 'docs', env.language.startsWith('de') ? 'diagnostics.de.md' : 'diagnostics.md'];
}
