/** Traced numbers as text. What is only shown is fine; text that becomes a number again has lost its derivative. */
import type { Tracer } from '../../engine/trace/tracer';
import { isActive, state, valueOf } from './state';

const MAX_TEXTS = 10_000;
const texts = new Set<string>();
/** Where the first of them was made. */
let first: { site: number; stack?: string } | undefined;

export function forgetTexts(): void {
  texts.clear();
  first = undefined;
}

/** Remembers that `text` shows a traced number. */
export function rememberText(text: string, tracer: Tracer, site = 0): string {
  if (texts.size < MAX_TEXTS && isActive(tracer)) {
    texts.add(text);
    first ??= site === 0 ? { site, stack: new Error('here').stack } : { site };
  }
  return text;
}

export function tracedText(tracer: Tracer, site: number): string {
  if (tracer.aval.shape.length > 0) return String(tracer);
  return rememberText(String(valueOf(tracer)), tracer, site);
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

/**
 * Digits taken apart and put together again (as decimal libraries do) are not seen becoming a number. So where a result is a plain number
 * and a traced one became text on the way, that is told.
 */
export function reportTakenApart(): void {
  if (!first || state.reports.length > 0) return;
  state.report({
    code: 'derivative-lost',
    message:
      'A derivative may be lost here: a traced number becomes text, and a part of the result does not depend on the inputs.',
    hint: 'Text that is only shown is fine. A library that calculates with digits cannot be differentiated.',
    ...first,
  });
}
