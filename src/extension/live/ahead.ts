/**
 * An inspection that is asked for together with the list of functions: most edits leave names and points of functions as they
 * were, and the runner need not wait for us to say so. It counts only where the list bears out that this is what we ask for.
 */
import type { InspectParams, Inspection } from '../../runner/protocol';
import type { Engine } from './engine';
import type { LiveDocument } from './liveDocument';
import type { LiveTarget } from './liveTarget';

interface Asked {
  document: LiveDocument;
  target: LiveTarget;
  revision: number;
  /** The count of changed files at which it was asked. */
  changes: number;
  params: InspectParams;
  controller: AbortController;
  answer: Promise<Inspection>;
}

export class Ahead {
  private asked: Asked | undefined;

  constructor(private readonly engine: Engine) {}

  /** Asks for the inspection of a target as it is known from before. */
  ask(document: LiveDocument, target: LiveTarget, maxEntries: number, changes: number): void {
    this.drop();
    const params = target.inspectParams(document.file, maxEntries);
    const controller = new AbortController();
    const answer = this.engine.request('inspect', params, { signal: controller.signal });
    // Whoever takes it learns of a failure; nobody else needs to.
    answer.catch(() => undefined);
    const { revision } = target;
    this.asked = { document, target, revision, changes, params, controller, answer };
  }

  /** What was asked for, where it is the inspection of this target with these parameters; `signal` ends it from now on. */
  take(
    target: LiveTarget,
    params: InspectParams,
    signal: AbortSignal,
  ): { answer: Promise<Inspection>; changes: number } | undefined {
    const { asked } = this;
    if (asked?.target !== target) return undefined;
    if (asked.revision !== target.revision || !same(asked.params, params)) {
      this.drop();
      return undefined;
    }
    this.asked = undefined;
    const { controller, answer, changes } = asked;
    signal.addEventListener('abort', () => controller.abort(signal.reason));
    return { answer, changes };
  }

  /** Nobody needs it any more; where a document is given, only if it is of that. */
  drop(document?: LiveDocument): void {
    if (document && this.asked?.document !== document) return;
    this.asked?.controller.abort();
    this.asked = undefined;
  }
}

/** Numbers that were set by hand are the same list where nothing was set since: long ones are not compared one by one. */
function same(a: InspectParams, b: InspectParams): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof InspectParams>;
  return [...keys].every((key) => a[key] === b[key]);
}
