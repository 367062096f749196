/** A small line chart as an SVG image for hovers. Its colours are fixed and readable on any theme's hover background. */

const WIDTH = 160;
const HEIGHT = 28;
const PAD = 2;

/** A data URI with the chart of `values`; gaps where a value is not finite. Undefined for fewer than two numbers. */
export function sparkline(values: Float64Array, color: string): string | undefined {
  const finite = values.filter((value) => Number.isFinite(value));
  if (finite.length < 2) return undefined;
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const span = high - low || 1;
  const x = (index: number): string => (PAD + (index / (values.length - 1)) * (WIDTH - 2 * PAD)).toFixed(1);
  const y = (value: number): string =>
    (high === low ? HEIGHT / 2 : HEIGHT - PAD - ((value - low) / span) * (HEIGHT - 2 * PAD)).toFixed(1);
  let path = '';
  let pen = false;
  values.forEach((value, index) => {
    if (Number.isFinite(value)) path += `${pen ? 'L' : 'M'}${x(index)} ${y(value)}`;
    pen = Number.isFinite(value);
  });
  const zero =
    low < 0 && high > 0
      ? `<path d="M0 ${y(0)}H${WIDTH}" stroke="#888" stroke-opacity=".6" stroke-dasharray="2 2" fill="none"/>`
      : '';
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">` +
    `${zero}<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linejoin="round"/></svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg, 'utf8').toString('base64')}`;
}
