/** The cells of a grid as elements. */
import { ending, shorten } from '../model/format';

/** Width of a character of the grid's font, and of what else a head cell holds. */
const CHARACTER = 7.5;
const PADDING = 17;

/**
 * A name that fits: cut in its middle, or before its end where little of it can be seen. The end of it has the index, which
 * tells the rows apart and which a style sheet's ellipsis would leave out.
 */
export function fitted(name: string, width: number): string {
  const characters = Math.floor((width - PADDING) / CHARACTER);
  return characters < 14 ? ending(name, characters) : shorten(name, characters);
}

/** A name that is seen as `shown` and read out whole. */
export function labelled(name: string, shown: string): (Node | string)[] {
  if (name === shown) return [name];
  const whole = document.createElement('span');
  whole.className = 'visually-hidden';
  whole.textContent = name;
  const seen = document.createElement('span');
  seen.className = 'cut-name';
  seen.dataset.name = shown;
  return [whole, seen];
}

export function cell(role: string, className: string, text: string): HTMLElement {
  const element = document.createElement('div');
  element.setAttribute('role', role);
  element.className = className;
  element.textContent = text;
  return element;
}

export function place(element: HTMLElement, start: number, size: number): void {
  element.style.left = `${start}px`;
  element.style.width = `${size}px`;
}
