/** Knows which results have been out of date for so long that a reader should see it. */
import type { InspectionState, InspectionTarget } from '../inspection';
import { type Disposable } from '../lifecycle/disposables';

/** Milliseconds that an old value may stand unmarked: less than a glance, so that fast results don't flicker. */
const PATIENCE = 400;

export class LateStates implements Disposable {
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private readonly late = new Set<string>();

  constructor(private readonly changed: () => void) {}

  /** Takes note of a target's new state. */
  note(target: InspectionTarget, kind: InspectionState['kind']): void {
    const key = keyOf(target);
    if (kind === 'stale') {
      if (this.waiting.has(key) || this.late.has(key)) return;
      this.waiting.set(
        key,
        setTimeout(() => {
          this.waiting.delete(key);
          this.late.add(key);
          this.changed();
        }, PATIENCE),
      );
      return;
    }
    clearTimeout(this.waiting.get(key));
    this.waiting.delete(key);
    this.late.delete(key);
  }

  isLate(target: InspectionTarget): boolean {
    return this.late.has(keyOf(target));
  }

  dispose(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }
}

function keyOf({ uri, functionName, pointIndex }: InspectionTarget): string {
  return `${uri.toString()}#${functionName}#${pointIndex}`;
}
