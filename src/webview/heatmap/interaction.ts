/** Wheel, pointers (mouse, pen, one and two fingers) and keys of the heatmap. */

export interface InteractionTarget {
  pan(dx: number, dy: number): void;
  /** About a point of the element, or its middle. */
  zoomBy(factor: number, x?: number, y?: number): void;
  zoomToFit(): void;
  hoverAt(x: number, y: number): void;
  leave(): void;
  chooseAt(x: number, y: number): void;
  clearChoice(): void;
  moveCursor(rows: number, columns: number): void;
  readonly page: { rows: number; columns: number };
}

/** A press that moved less is a click. */
const CLICK = 4;
const ZOOM_STEP = 1.3;

interface Point {
  x: number;
  y: number;
}

export function attachInteraction(element: HTMLElement, target: InteractionTarget): () => void {
  const pointers = new Map<number, Point>();
  let moved = 0;
  let pinch = 0;

  const at = (event: PointerEvent | WheelEvent | MouseEvent): Point => ({ x: event.offsetX, y: event.offsetY });

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 1) moved = 0;
    pinch = spread(pointers);
  };

  const move = (event: PointerEvent) => {
    const point = at(event);
    const before = pointers.get(event.pointerId);
    if (before === undefined) {
      target.hoverAt(point.x, point.y);
      return;
    }
    pointers.set(event.pointerId, point);
    const dx = point.x - before.x;
    const dy = point.y - before.y;
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved < CLICK) return;
    element.classList.add('dragging');
    target.pan(dx / pointers.size, dy / pointers.size);
    const now = spread(pointers);
    if (pointers.size === 2 && pinch > 0 && now > 0) {
      const middle = center(pointers);
      target.zoomBy(now / pinch, middle.x, middle.y);
    }
    pinch = now;
  };

  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    pinch = spread(pointers);
    if (pointers.size > 0) return;
    element.classList.remove('dragging');
    if (event.type === 'pointerup' && moved < CLICK) target.chooseAt(event.offsetX, event.offsetY);
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const { x, y } = at(event);
    if (event.shiftKey) target.pan(-(event.deltaX || event.deltaY) * lines, 0);
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !event.ctrlKey)
      target.pan(-event.deltaX * lines, -event.deltaY * lines);
    else target.zoomBy(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 100 : 400)), x, y);
    target.hoverAt(x, y);
  };

  const key = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const far = event.ctrlKey ? 10 : 1;
    const page = target.page;
    const actions: Record<string, (() => void) | undefined> = {
      ArrowLeft: () => target.moveCursor(0, -far),
      ArrowRight: () => target.moveCursor(0, far),
      ArrowUp: () => target.moveCursor(-far, 0),
      ArrowDown: () => target.moveCursor(far, 0),
      PageUp: () => target.moveCursor(-page.rows, 0),
      PageDown: () => target.moveCursor(page.rows, 0),
      Home: () => target.moveCursor(event.ctrlKey ? -Infinity : 0, -Infinity),
      End: () => target.moveCursor(event.ctrlKey ? Infinity : 0, Infinity),
      '+': () => target.zoomBy(ZOOM_STEP),
      '=': () => target.zoomBy(ZOOM_STEP),
      '-': () => target.zoomBy(1 / ZOOM_STEP),
      '0': () => target.zoomToFit(),
      Escape: () => target.clearChoice(),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  const fit = () => target.zoomToFit();
  const leave = () => target.leave();
  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('pointerleave', leave);
  element.addEventListener('wheel', wheel, { passive: false });
  element.addEventListener('keydown', key);
  element.addEventListener('dblclick', fit);
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('pointerleave', leave);
    element.removeEventListener('wheel', wheel);
    element.removeEventListener('keydown', key);
    element.removeEventListener('dblclick', fit);
  };
}

/** Distance of two fingers. */
function spread(pointers: ReadonlyMap<number, Point>): number {
  if (pointers.size !== 2) return 0;
  const [a, b] = [...pointers.values()];
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function center(pointers: ReadonlyMap<number, Point>): Point {
  const points = [...pointers.values()];
  return {
    x: points.reduce((sum, p) => sum + p.x, 0) / points.length,
    y: points.reduce((sum, p) => sum + p.y, 0) / points.length,
  };
}
