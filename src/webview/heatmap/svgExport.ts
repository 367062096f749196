/** A painted scene as SVG: real shapes and text while the cells in sight are few, else the cells as one image. */
import { formatCell } from '../model/format';
import { matrixAt } from '../model/matrix';
import { axisLabels, columnLabelWidth, columnSpacing, fitLabel, rowSpacing, type Measure } from './axes';
import { cssColor, readableInk, STEPS } from './colorMaps';
import { LABEL_FONT_SIZE, plotEdge, type Scene } from './paint';

const MAX_SHAPES = 10_000;
/** Width of a character of the label font, for a file that is read without our canvas. */
const CHARACTER = LABEL_FONT_SIZE * 0.62;

const escape = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export function sceneToSvg(scene: Scene): string {
  const { layout, theme } = scene;
  const edge = plotEdge(scene);
  const width = Math.ceil(layout.left + edge.width + 8);
  const height = Math.ceil(layout.top + edge.height + 8);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="${LABEL_FONT_SIZE}">`,
    `<rect width="${width}" height="${height}" fill="${cssColor(theme.background)}"/>`,
    `<defs><clipPath id="plot"><rect x="${layout.left}" y="${layout.top}" width="${edge.width}" height="${edge.height}"/></clipPath></defs>`,
    `<g clip-path="url(#plot)">${cells(scene)}</g>`,
    `<rect x="${layout.left - 0.5}" y="${layout.top - 0.5}" width="${edge.width + 1}" height="${edge.height + 1}" fill="none" stroke="${theme.line}"/>`,
    labels(scene),
    '</svg>',
    '',
  ].join('\n');
}

function cells(scene: Scene): string {
  const { layout, view, encoded, table, theme } = scene;
  const edge = plotEdge(scene);
  const columns = Math.min(layout.columns, Math.ceil(view.x + edge.width / view.cellWidth)) - Math.floor(view.x);
  const rows = Math.min(layout.rows, Math.ceil(view.y + edge.height / view.cellHeight)) - Math.floor(view.y);
  if (rows * columns > MAX_SHAPES) return image(scene);
  const parts: string[] = [];
  const text = view.cellWidth >= 34 && view.cellHeight >= 15 && encoded.mode !== 'pattern';
  for (let r = Math.floor(view.y); r < Math.floor(view.y) + rows; r++) {
    for (let c = Math.floor(view.x); c < Math.floor(view.x) + columns; c++) {
      const value = matrixAt(encoded.matrix, r, c);
      const code = encoded.code(value);
      const x = layout.left + (c - view.x) * view.cellWidth;
      const y = layout.top + (r - view.y) * view.cellHeight;
      const color = code < STEPS ? cssColor(table[code]) : theme.muted;
      parts.push(
        `<rect x="${round(x)}" y="${round(y)}" width="${round(view.cellWidth)}" height="${round(view.cellHeight)}" fill="${color}"/>`,
      );
      if (text) {
        const ink = code < STEPS ? readableInk(table[code]) : '#000000';
        const label = formatCell(value, Math.floor((view.cellWidth - 8) / CHARACTER));
        parts.push(
          `<text x="${round(x + view.cellWidth / 2)}" y="${round(y + view.cellHeight / 2 + 4)}" text-anchor="middle" fill="${ink}">${label}</text>`,
        );
      }
    }
  }
  return parts.join('\n');
}

/** The cells as the canvas shows them, embedded. */
function image({ layout, view, encoded, palette }: Scene): string {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(layout.width * layout.ratio);
  canvas.height = Math.round(layout.height * layout.ratio);
  const context = canvas.getContext('2d');
  if (context === null) return '';
  const codes = new Uint8Array(canvas.width * canvas.height);
  encoded.rasterize(
    {
      x: view.x,
      y: view.y,
      cellWidth: view.cellWidth * layout.ratio,
      cellHeight: view.cellHeight * layout.ratio,
      width: canvas.width,
      height: canvas.height,
    },
    codes,
  );
  const data = new ImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(data.data.buffer);
  for (let i = 0; i < codes.length; i++) pixels[i] = palette.colors[codes[i]];
  context.putImageData(data, 0, 0);
  return `<image x="${layout.left}" y="${layout.top}" width="${layout.width}" height="${layout.height}" href="${canvas.toDataURL('image/png')}"/>`;
}

function labels({ layout, view, rows, columns, theme }: Scene): string {
  const measure: Measure = (text) => text.length * CHARACTER;
  const edge = plotEdge({ layout, view });
  const parts: string[] = [];
  for (const { index, text } of axisLabels(
    rows,
    view.y,
    view.y + edge.height / view.cellHeight,
    view.cellHeight,
    rowSpacing(view.cellHeight),
  )) {
    const y = layout.top + (index + 0.5 - view.y) * view.cellHeight + 4;
    parts.push(
      `<text x="${layout.left - 7}" y="${round(y)}" text-anchor="end" fill="${theme.muted}">${escape(fitLabel(text, layout.left - 8, measure))}</text>`,
    );
  }
  const spacing = columnSpacing(columns, view.cellWidth, layout, measure);
  const widest = columnLabelWidth(layout.width);
  for (const { index, text } of axisLabels(
    columns,
    view.x,
    view.x + edge.width / view.cellWidth,
    view.cellWidth,
    spacing,
  )) {
    const x = round(layout.left + (index + 0.5 - view.x) * view.cellWidth);
    const y = layout.top - 6;
    const upright = layout.rotated && measure(text) > view.cellWidth - 8;
    const fitted = upright || view.cellWidth >= spacing ? text : fitLabel(text, widest, measure);
    const place = upright
      ? `text-anchor="start" transform="rotate(-90 ${x} ${y})"`
      : `text-anchor="${view.cellWidth >= spacing ? 'middle' : 'start'}"`;
    parts.push(`<text x="${x}" y="${y}" ${place} fill="${theme.muted}">${escape(fitted)}</text>`);
  }
  return parts.join('\n');
}

const round = (value: number) => Math.round(value * 100) / 100;
