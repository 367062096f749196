/** Matrices too large to be live: which the panel computes because it shows them, which only when told to, and how. */
import type { MatrixPart } from '../../runner/protocol';
import { locale, t } from '../l10n';
import { formatCount } from '../model/format';
import { RemoteError, type MatrixResult, type ReadyPanel } from '../protocol';

/** Entries that take seconds and some hundred megabytes at most: whoever opens the panel wants to see them. */
export const AUTOMATIC = 4096 * 4096;
/** More do not fit into what a page may hold. */
export const MOST = 12_000 * 12_000;
/** Entries of a part: 64 MB, so that nobody on the way holds more than a few of these. */
const PART = 2 ** 23;

export type AskedMatrix = 'derivative' | 'hessian';

/** `live`: the matrix comes with the state. `none`: there is none. Else who has to ask for it. */
export type Demand = 'live' | 'automatic' | 'asked' | 'none';

/** Rows and columns of the derivative or the Hessian. */
export function extentOf({ inspection }: ReadyPanel, kind: AskedMatrix = 'derivative'): [number, number] {
  const columns = inspection.inputValues.length;
  return [kind === 'hessian' ? columns : inspection.outputValues.length, columns];
}

export function demandOf(ready: ReadyPanel, kind: AskedMatrix = 'derivative'): Demand {
  if (kind === 'derivative' && ready.inspection.matrix !== undefined) return 'live';
  const [rows, columns] = extentOf(ready, kind);
  // Why there is no Hessian of several results is for the runner to say.
  if (kind === 'hessian' && (rows === 0 || !ready.inspection.scalar)) return 'automatic';
  const entries = rows * columns;
  if (entries === 0 || entries > MOST) return 'none';
  return entries <= AUTOMATIC ? 'automatic' : 'asked';
}

/**
 * A matrix in one piece from parts that are asked for one after the other: what carries them holds a part at a time, and the page
 * the matrix once. `done` is told after each, in rows or columns.
 * @throws RemoteError where the page has no room for it
 */
export async function assembled(
  [rows, columns]: [number, number],
  by: MatrixPart['by'],
  ask: (part: MatrixPart) => Promise<MatrixResult>,
  done: (count: number, total: number) => void,
): Promise<MatrixResult> {
  const [total, across] = by === 'rows' ? [rows, columns] : [columns, rows];
  const values = room(rows * columns);
  const step = Math.max(1, Math.floor(PART / across));
  let last: MatrixResult | undefined;
  for (let from = 0; from < total; from += step) {
    const to = Math.min(total, from + step);
    last = await ask({ by, from, to });
    const part = last.matrix.values;
    if (by === 'rows') values.set(part, from * columns);
    else {
      const width = to - from;
      for (let row = 0; row < rows; row++)
        values.set(part.subarray(row * width, (row + 1) * width), row * columns + from);
    }
    done(to, total);
  }
  return { ...last!, matrix: { kind: 'dense', rows, columns, values } };
}

function room(entries: number): Float64Array {
  try {
    return new Float64Array(entries);
  } catch {
    throw new RemoteError('out-of-memory', t.matrix.noRoom(formatCount(Math.ceil((8 * entries) / 1e6), locale)));
  }
}
