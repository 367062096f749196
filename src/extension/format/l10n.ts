/**
 * Translation for the parts that know nothing of VS Code. `main.ts` puts `vscode.l10n.t` in; on plain Node the English text
 * stands. A test collects every first argument of `t` and compares them with the German bundle.
 */
export type Translator = (message: string, ...args: (string | number)[]) => string;

const fill: Translator = (message, ...args) =>
  message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole));

let translator: Translator = fill;

/** Sets the translation; without an argument the English texts come back. */
export function useTranslator(translate: Translator = fill): void {
  translator = translate;
}

/** The text in the user's language, `{0}`, `{1}` … replaced by the arguments. */
export function t(message: string, ...args: (string | number)[]): string {
  return translator(message, ...args);
}
