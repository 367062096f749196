/** A matrix as a heatmap of characters: two columns a cell, red for negative, blue for positive where colours are shown. */
import type { Matrix } from '../../runner/protocol';
import { number } from './numbers';
import { entryOf } from './table';

const SHADES = [' ', '░', '▒', '▓', '█'];
const MAX_WIDTH = 64;
const MAX_HEIGHT = 48;

/** The largest entry by magnitude of each block of the matrix that falls on one cell. */
export function heatmap(matrix: Matrix, colors: boolean): string {
  const width = Math.min(matrix.columns, MAX_WIDTH);
  const height = Math.min(matrix.rows, MAX_HEIGHT);
  const cells = Array.from({ length: height }, () => new Float64Array(width));
  let largest = 0;
  for (let row = 0; row < matrix.rows; row++) {
    for (let column = 0; column < matrix.columns; column++) {
      const value = entryOf(matrix, row, column);
      const line = cells[Math.floor((row * height) / matrix.rows)];
      const at = Math.floor((column * width) / matrix.columns);
      if (Number.isNaN(value) || Math.abs(value) > Math.abs(line[at])) line[at] = value;
      if (Number.isFinite(value) && Math.abs(value) > largest) largest = Math.abs(value);
    }
  }
  const draw = (value: number): string => {
    if (Number.isNaN(value)) return colors ? '\u001b[35m??\u001b[0m' : '??';
    const level = largest === 0 ? 0 : Math.min(1, Math.abs(value) / largest);
    // Small entries must be seen as not zero.
    const shade = SHADES[value === 0 ? 0 : Math.max(1, Math.round(level * (SHADES.length - 1)))];
    if (!colors || value === 0) return value < 0 && !colors ? `-${shade}` : shade + shade;
    return `\u001b[${value < 0 ? 31 : 34}m${shade}${shade}\u001b[0m`;
  };
  const edge = '─'.repeat(2 * width);
  const lines = cells.map((line) => `│${Array.from(line, draw).join('')}│`);
  return [
    `┌${edge}┐`,
    ...lines,
    `└${edge}┘`,
    `largest magnitude ${number(largest)}; ${matrix.rows} × ${matrix.columns}`,
  ].join('\n');
}
