/** The texts in the reader's language: VS Code's display language, English where there is no table for it. */
import { de } from './de';
import { en, type Texts } from './en';

const tables: Record<string, Texts> = { en, de };

export let t: Texts = en;
export let locale = 'en';

export function setLocale(language: string): void {
  locale = language;
  t = tables[language.toLowerCase().split('-')[0]] ?? en;
}

export { tables };
