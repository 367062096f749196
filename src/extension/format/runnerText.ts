/**
 * The runner speaks English, on the command line too. In the editor its messages appear in the user's language where they are
 * known: by patterns, since numbers and names stand in them. What is not known stays English.
 */
import german from '../../../l10n/runner.de.json';

interface Pattern {
  expression: RegExp;
  translation: string;
}

let patterns: readonly Pattern[] = [];

/** What was asked for lately: surfaces ask for the same texts again and again. */
const known = new Map<string, string>();
const MOST_KNOWN = 1000;

/** Sets the language; any but German is English. */
export function useRunnerLanguage(language: string): void {
  known.clear();
  // Long patterns first: of two that fit, the longer one says more.
  patterns = language.startsWith('de')
    ? Object.entries(german)
        .sort(([a], [b]) => b.length - a.length)
        .map(([english, translation]) => ({ expression: toExpression(english), translation }))
    : [];
}

/** A message of the runner in the user's language. */
export function runnerText(text: string): string {
  if (patterns.length === 0) return text;
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const translated = translate(text);
  known.set(text, translated);
  return translated;
}

function translate(text: string): string {
  for (const { expression, translation } of patterns) {
    const match = expression.exec(text);
    if (!match) continue;
    return translation.replace(/\{(\d)\}/g, (_, index: string) => runnerText(match[Number(index) + 1] ?? ''));
  }
  return text;
}

/** `{0} starts here: {1}.` as an expression whose groups are the parts in braces. */
function toExpression(template: string): RegExp {
  const escaped = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  // What stands between backticks holds none.
  const source = escaped.replace(/`\{\d\}`/g, '`([^`]+)`').replace(/\{\d\}/g, '(.+?)');
  return new RegExp(`^${source}$`, 's');
}
