/** Contour lines of a sampled surface by marching squares. Pure. */
export interface Segment {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/**
 * Levels between the extremes, closer together where values are small: as the colours of the surface are, so that a valley
 * beside a steep wall has lines too.
 */
export function contourLevels(values: Float64Array, count: number): number[] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(high > low)) return [];
  return Array.from({ length: count }, (_, i) => low + (high - low) * ((i + 1) / (count + 1)) ** 2);
}

/** Segments in grid units: x along the first direction, y along the second (which is fastest in `values`). */
export function contourSegments(values: Float64Array, samples: number, level: number): Segment[] {
  const segments: Segment[] = [];
  for (let i = 0; i + 1 < samples; i++) {
    for (let j = 0; j + 1 < samples; j++) {
      const corners = [
        values[i * samples + j],
        values[(i + 1) * samples + j],
        values[(i + 1) * samples + j + 1],
        values[i * samples + j + 1],
      ];
      if (corners.every(Number.isFinite)) cellSegments(i, j, corners, level, segments);
    }
  }
  return segments;
}

const EDGES = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
] as const;
const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;

/** Where the level crosses the edges of a cell; a saddle's four points are paired by the value in its middle. */
function cellSegments(i: number, j: number, corners: readonly number[], level: number, segments: Segment[]): void {
  const points: { x: number; y: number }[] = [];
  for (const [a, b] of EDGES) {
    const va = corners[a] - level;
    const vb = corners[b] - level;
    if (va < 0 === vb < 0) continue;
    const s = va / (va - vb);
    points.push({
      x: i + CORNERS[a][0] + s * (CORNERS[b][0] - CORNERS[a][0]),
      y: j + CORNERS[a][1] + s * (CORNERS[b][1] - CORNERS[a][1]),
    });
  }
  const add = (a: number, b: number) =>
    segments.push({ x1: points[a].x, y1: points[a].y, x2: points[b].x, y2: points[b].y });
  if (points.length === 2) add(0, 1);
  if (points.length !== 4) return;
  const middle = (corners[0] + corners[1] + corners[2] + corners[3]) / 4 - level;
  if (middle < 0 === corners[0] - level < 0) {
    add(0, 1);
    add(2, 3);
  } else {
    add(0, 3);
    add(1, 2);
  }
}
