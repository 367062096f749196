/** Derivatives too large to be live: which the panel computes because it shows them, which only when told to. */
import type { ReadyPanel } from '../protocol';

/** Entries that take seconds and some hundred megabytes at most: whoever opens the panel wants to see them. */
const AUTOMATIC = 4096 * 4096;
/** More do not fit into what a page may hold. */
const MOST = 12_000 * 12_000;

/** `live`: the matrix comes with the state. `none`: there is none. Else who has to ask for it. */
export type Demand = 'live' | 'automatic' | 'asked' | 'none';

/** Rows × columns of the derivative. */
export function entriesOf({ inspection }: ReadyPanel): number {
  return inspection.outputValues.length * inspection.inputValues.length;
}

export function demandOf(ready: ReadyPanel): Demand {
  if (ready.inspection.matrix !== undefined) return 'live';
  const entries = entriesOf(ready);
  if (entries === 0 || entries > MOST) return 'none';
  return entries <= AUTOMATIC ? 'automatic' : 'asked';
}
