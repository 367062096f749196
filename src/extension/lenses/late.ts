/** When a result that is out of date is marked as such. */
import type { InspectionState } from '../inspection';

/** Milliseconds that an old value may stand unmarked: less than a glance, so that fast results don't flicker. */
export const PATIENCE = 400;

/** Milliseconds until the state is to be marked as out of date; 0 where it is late already, undefined where it isn't stale. */
export function untilLate(state: InspectionState, now = performance.now()): number | undefined {
  return state.kind === 'stale' ? Math.max(0, state.since + PATIENCE - now) : undefined;
}
