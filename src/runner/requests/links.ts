/** `links`: which lines carry a row, a column or an entry of the derivative, and which of its rows and columns a line carries. */
import type { RowDerivatives } from '../../engine/execute/adjoints';
import type { Row } from '../../engine/program/program';
import { siteTable } from '../modules/siteTable';
import type { RunnerRequests } from '../protocol';
import type { Recorded, Slot } from '../record';
import { recordTarget, type Context } from './common';

type Params = RunnerRequests['links']['params'];
type Result = RunnerRequests['links']['result'];

/** Rows of the program that a line is followed from at most: the last ones of a long loop say the same as the first. */
const MAX_ROWS = 2000;

export async function links(context: Context, params: Params): Promise<Result> {
  const { recorded } = await recordTarget(context, params);
  const entries = params.line === undefined ? { rows: [], columns: [] } : carriedBy(recorded, params.line);
  return { lines: carrying(recorded, params.rows, params.columns), ...entries };
}

/** Lines through which the derivative of the outputs `rows` by the inputs `columns` flows; an empty list stands for all. */
function carrying(recorded: Recorded, rows: readonly number[], columns: readonly number[]): Result['lines'] {
  if (rows.length === 0 && columns.length === 0) return [];
  const { linearized, program } = recorded;
  const backward = rows.length === 0 ? undefined : linearized.reverse(seedsOf(recorded.outputs, rows));
  const forward = columns.length === 0 ? undefined : linearized.forward(seedsOf(recorded.inputs, columns));
  const lines = new Map<string, { file: string; line: number }>();
  const { positions } = program.columns;
  let lastSite = 0;
  for (let row = 0; row < program.size; row++) {
    const site = positions[row];
    if (site === 0 || site === lastSite || !flows(recorded, backward, row) || !flows(recorded, forward, row)) continue;
    lastSite = site;
    const place = siteTable.site(site);
    if (place && !place.file.includes('node_modules'))
      lines.set(`${place.line}:${place.file}`, { file: place.file, line: place.line });
  }
  return [...lines.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** Rows and columns that the values computed on a line belong to. */
function carriedBy(
  recorded: Recorded,
  { file, line }: { file: string; line: number },
): { rows: number[]; columns: number[] } {
  const { linearized, program, inputs, outputs } = recorded;
  const { positions } = program.columns;
  const sites = new Map<number, boolean>();
  const isHere = (site: number): boolean => {
    let here = sites.get(site);
    if (here === undefined) {
      const place = siteTable.site(site);
      sites.set(site, (here = place?.line === line && place.file === file));
    }
    return here;
  };
  const own: Row[] = [];
  for (let row = program.size - 1; row >= 0 && own.length < MAX_ROWS; row--) {
    if (linearized.isActive(row) && isHere(positions[row])) own.push(row);
  }
  if (own.length === 0) return { rows: [], columns: [] };
  // Uneven weights, so that contributions do not cancel by chance.
  const seeds = own.map((row, k) => ({
    row,
    values: weights(linearized.isScalar(row) ? 1 : sizeOfRow(recorded, row), k),
  }));
  return {
    rows: reachedIn(recorded, outputs, linearized.forward(seeds)),
    columns: reachedIn(recorded, inputs, linearized.reverse(seeds)),
  };
}

function sizeOfRow({ program }: Recorded, row: Row): number {
  return program.hasSeveralResults(row) ? 0 : program.aval(row).shape.reduce((product, length) => product * length, 1);
}

function weights(size: number, k: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => 1 + 0.37 * Math.sin(1 + i + 1.7 * k));
}

function seedsOf(slots: readonly Slot[], indices: readonly number[]): { row: Row; values: Float64Array }[] {
  return slots.flatMap(({ row, offset, size }) => {
    const inside = indices.filter((index) => index >= offset && index < offset + size);
    if (inside.length === 0) return [];
    const values = new Float64Array(size);
    for (const index of inside) values[index - offset] = 1;
    return [{ row, values }];
  });
}

/** Whether a derivative that is not zero reaches the row; without a sweep, every row is in question. */
function flows({ linearized }: Recorded, derivatives: RowDerivatives | undefined, row: Row): boolean {
  if (derivatives === undefined) return linearized.isActive(row);
  if (derivatives.reached[row] === 0) return false;
  if (linearized.isScalar(row)) return derivatives.scalars[row] !== 0;
  return derivatives.arrays.get(row)?.some((value) => value !== 0) ?? false;
}

function reachedIn({ linearized }: Recorded, slots: readonly Slot[], derivatives: RowDerivatives): number[] {
  const indices: number[] = [];
  for (const { row, offset, size } of slots) {
    if (derivatives.reached[row] === 0) continue;
    const values = linearized.read(derivatives, row);
    for (let i = 0; i < size; i++) if (values[i] !== 0) indices.push(offset + i);
  }
  return indices;
}
