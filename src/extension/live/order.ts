/** What to compute next: the editor that has the focus before the others, what is on the screen before the rest. */
import type { LiveDocument } from './liveDocument';
import type { LiveTarget } from './liveTarget';

/** What the user looks at. Lines are 1-based, ends inclusive. */
export interface Attention {
  active?: number;
  /** The line of the cursor in the active document. */
  cursor?: number;
  visible: ReadonlyMap<number, readonly { start: number; end: number }[]>;
}

export type Job =
  | { kind: 'list'; document: LiveDocument }
  | { kind: 'inspect'; document: LiveDocument; target: LiveTarget }
  | { kind: 'check'; document: LiveDocument; target: LiveTarget };

/** The most urgent job, or undefined where everything that somebody looks at is up to date. */
export function nextJob(
  documents: Iterable<LiveDocument>,
  attention: Attention,
  isLive: (document: LiveDocument) => boolean,
): Job | undefined {
  let best: Job | undefined;
  let bestRank = Infinity;
  const offer = (job: Job, rank: number): void => {
    if (rank < bestRank) {
      best = job;
      bestRank = rank;
    }
  };
  for (const document of documents) {
    const shown = attention.visible.has(document.id) && isLive(document);
    const far = attention.active === document.id ? 0 : shown ? 10 : 20;
    if (document.listDue) {
      if (shown || document.wanted) offer({ kind: 'list', document }, far);
      continue;
    }
    for (const target of document.targets.values()) {
      if (target.dirty && (shown || target.wanted)) {
        offer({ kind: 'inspect', document, target }, far + 1 + distance(document, target, attention));
      } else if (!target.dirty && target.checkDue && shown && target.state.kind === 'ready') {
        // Checks cost several evaluations: they come when all values are on the screen.
        offer({ kind: 'check', document, target }, far + 40 + distance(document, target, attention));
      }
    }
  }
  return best;
}

/** What is most likely inspected once the functions of a document in sight are known; undefined where that is not known. */
export function nextTarget(document: LiveDocument, attention: Attention): LiveTarget | undefined {
  if (!attention.visible.has(document.id)) return undefined;
  let best: LiveTarget | undefined;
  let nearest = Infinity;
  for (const target of document.targets.values()) {
    const rank = distance(document, target, attention);
    if (!target.dirty || rank >= nearest) continue;
    best = target;
    nearest = rank;
  }
  return best?.pointEdited ? undefined : best;
}

/** 0 at the cursor, below 1 on the screen, up to 2 elsewhere in the file. */
function distance(document: LiveDocument, target: LiveTarget, attention: Attention): number {
  const { line, endLine } = target.fn.range;
  if (attention.active === document.id && attention.cursor !== undefined) {
    if (line <= attention.cursor && attention.cursor <= endLine) return 0;
  }
  const ranges = attention.visible.get(document.id) ?? [];
  const onScreen = ranges.some(({ start, end }) => line <= end && start <= endLine);
  const spread = Math.min(line / 1e6, 0.4);
  return onScreen ? 0.5 + spread : 1.5 + spread;
}
