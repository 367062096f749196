/** When a result that is out of date is marked as such. */
import type { InspectionState } from '../inspection';

/** Milliseconds that an old value may stand unmarked: less than a glance, so that fast results don't flicker. */
export const PATIENCE = 400;

/** Milliseconds until the state is to be marked as out of date; 0 where it is late already, undefined where it isn't stale. */
export function untilLate(state: InspectionState, now = performance.now()): number | undefined {
  return state.kind === 'stale' ? Math.max(0, state.since + PATIENCE - now) : undefined;
}

/** Milliseconds that lens and lines gather results of a point that is dragged in the panel: ten a second look like one move. */
const DRAGGED = 80;

/** How long a result may wait to be shown in the editor; undefined where it is awaited at once. */
export function untilGathered(state: InspectionState): number | undefined {
  const shown = state.kind === 'ready' || state.kind === 'stale';
  return shown && state.inspection.point.source === 'panel' ? DRAGGED : undefined;
}
