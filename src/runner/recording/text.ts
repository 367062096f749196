/** Traced numbers as text. What is only shown is fine; text that becomes a number again has lost its derivative. */
import type { Tracer } from '../../engine/trace/tracer';
import { isActive, state, valueOf } from './state';

const MAX_TEXTS = 10_000;
const texts = new Set<string>();

export function forgetTexts(): void {
  texts.clear();
}

/** Remembers that `text` shows a traced number. */
export function rememberText(text: string, tracer: Tracer): string {
  if (texts.size < MAX_TEXTS && isActive(tracer)) texts.add(text);
  return text;
}

export function tracedText(tracer: Tracer, site: number): string {
  if (tracer.aval.shape.length > 0) return String(tracer);
  void site;
  return rememberText(String(valueOf(tracer)), tracer);
}

/** Called where a string becomes a number. */
export function textBecomesNumber(text: string, site: number): void {
  if (texts.size === 0 || !texts.has(text.trim())) return;
  state.report({
    code: 'derivative-lost',
    message: 'Derivative lost here: a traced number went through a string.',
    hint: 'Keep the number itself; to round it, use Math.round(x * 100) / 100.',
    site,
  });
}
