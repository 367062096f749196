/** `<gl-program>`: the lines of a program, drawn as far as they are in sight, foldable, each a way to its source line. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { ProgramLine } from '../../runner/protocol';
import { t } from '../l10n';
import { foldable, tokenize, visibleLines } from './model';

const LINE = 20;
/** Above this the element keeps its first lines only: browsers cannot scroll further. */
const MAX_LINES = 1_500_000;

export class ProgramElement extends HTMLElement {
  private readonly scroller = document.createElement('div');
  private readonly sheet = document.createElement('div');
  private readonly rows = new Map<number, HTMLElement>();
  private folded = new Set<number>();
  private source: readonly ProgramLine[] = [];
  private shown: number[] = [];
  private highlight: { file: string; line: number } | null = null;
  private axis?: Virtualizer<HTMLElement, HTMLElement>;
  private stop?: () => void;
  private frame = 0;
  private current = 0;
  label = '';

  connectedCallback(): void {
    if (this.scroller.parentElement === null) {
      this.scroller.className = 'program-scroller mono';
      this.scroller.tabIndex = 0;
      this.scroller.setAttribute('role', 'tree');
      this.sheet.className = 'program-sheet';
      this.sheet.setAttribute('role', 'presentation');
      this.scroller.append(this.sheet);
      this.append(this.scroller);
      this.scroller.addEventListener('keydown', (event) => this.key(event));
      this.sheet.addEventListener('click', (event) => this.pressed(event));
    }
    this.scroller.setAttribute('aria-label', this.label);
    this.axis = new Virtualizer<HTMLElement, HTMLElement>({
      count: this.shown.length,
      getScrollElement: () => this.scroller,
      estimateSize: () => LINE,
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      overscan: 10,
      onChange: () => {
        if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
      },
    });
    this.stop = this.axis._didMount();
    this.axis._willUpdate();
    this.refold();
  }

  disconnectedCallback(): void {
    this.stop?.();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  set lines(lines: readonly ProgramLine[]) {
    if (lines === this.source) return;
    this.source = lines;
    this.folded = new Set();
    this.current = 0;
    this.refold();
  }

  /** The line that is chosen in the editor. */
  set marked(highlight: { file: string; line: number } | null) {
    if (highlight?.line === this.highlight?.line && highlight?.file === this.highlight?.file) return;
    this.highlight = highlight;
    this.redraw();
    const first = this.shown.findIndex((index) => this.isMarked(this.source[index]));
    if (first >= 0) this.axis?.scrollToIndex(first, { align: 'center' });
  }

  private isMarked({ location }: ProgramLine): boolean {
    return this.highlight !== null && location?.line === this.highlight.line && location.file === this.highlight.file;
  }

  private refold(): void {
    this.shown = visibleLines(this.source, this.folded).slice(0, MAX_LINES);
    if (this.axis === undefined) return;
    this.axis.setOptions({ ...this.axis.options, count: this.shown.length });
    this.axis._willUpdate();
    this.scroller.style.maxHeight = `min(60vh, ${this.shown.length * LINE + 14}px)`;
    this.redraw();
  }

  private redraw(): void {
    this.rows.clear();
    this.sheet.replaceChildren();
    this.draw();
  }

  private draw(): void {
    this.frame = 0;
    if (this.axis === undefined || !this.isConnected) return;
    this.sheet.style.height = `${this.axis.getTotalSize()}px`;
    const items = this.axis.getVirtualItems();
    const wanted = new Set(items.map((item) => item.index));
    for (const [index, row] of this.rows) {
      if (wanted.has(index)) continue;
      row.remove();
      this.rows.delete(index);
    }
    for (const item of items) {
      let row = this.rows.get(item.index);
      if (row === undefined) {
        row = this.row(item.index, item.start);
        this.rows.set(item.index, row);
        this.sheet.append(row);
      }
      row.classList.toggle('current', item.index === this.current);
      if (item.index === this.current) this.scroller.setAttribute('aria-activedescendant', row.id);
    }
  }

  private row(at: number, top: number): HTMLElement {
    const index = this.shown[at];
    const line = this.source[index];
    const row = document.createElement('div');
    row.className = `program-line ${this.isMarked(line) ? 'marked' : ''}`;
    row.id = `program-line-${index}`;
    row.dataset.at = String(at);
    row.setAttribute('role', 'treeitem');
    row.setAttribute('aria-level', String(line.depth + 1));
    row.style.transform = `translateY(${top}px)`;
    row.style.paddingLeft = `${22 + line.depth * 16}px`;
    if (foldable(this.source, index)) {
      const open = !this.folded.has(index);
      row.setAttribute('aria-expanded', String(open));
      const twistie = document.createElement('span');
      twistie.className = `twistie codicon codicon-chevron-${open ? 'down' : 'right'}`;
      twistie.title = open ? t.program.fold : t.program.unfold;
      row.append(twistie);
    }
    for (const token of tokenize(line)) {
      if (token.kind === 'plain') {
        row.append(token.text);
        continue;
      }
      const span = document.createElement('span');
      span.className = `token-${token.kind}`;
      span.textContent = token.text;
      row.append(span);
    }
    if (line.location !== undefined) {
      const place = document.createElement('span');
      place.className = 'program-place';
      place.textContent = `:${line.location.line}`;
      place.title = t.program.goTo(line.location.line);
      row.append(place);
    }
    return row;
  }

  private pressed(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>('[data-at]');
    if (row === null) return;
    this.current = Number(row.dataset.at);
    if (target.classList.contains('twistie')) this.toggle();
    else {
      this.draw();
      this.reveal();
    }
  }

  private toggle(): void {
    const index = this.shown[this.current];
    if (!foldable(this.source, index)) return;
    if (!this.folded.delete(index)) this.folded.add(index);
    this.refold();
  }

  private reveal(): void {
    const location = this.source[this.shown[this.current]]?.location;
    if (location !== undefined) this.dispatchEvent(new CustomEvent('gl-reveal', { detail: location }));
  }

  private key(event: KeyboardEvent): void {
    const index = this.shown[this.current];
    const last = this.shown.length - 1;
    const move = (to: number) => {
      this.current = Math.min(last, Math.max(0, to));
      this.axis?.scrollToIndex(this.current);
      this.draw();
    };
    const open = !this.folded.has(index);
    const actions: Record<string, (() => void) | undefined> = {
      ArrowDown: () => move(this.current + 1),
      ArrowUp: () => move(this.current - 1),
      PageDown: () => move(this.current + 20),
      PageUp: () => move(this.current - 20),
      Home: () => move(0),
      End: () => move(last),
      ArrowLeft: () => open && this.toggle(),
      ArrowRight: () => !open && this.toggle(),
      Enter: () => this.reveal(),
      ' ': () => this.toggle(),
    };
    const action = event.altKey || event.ctrlKey || event.metaKey ? undefined : actions[event.key];
    if (action === undefined || this.shown.length === 0) return;
    event.preventDefault();
    action();
  }
}

customElements.define('gl-program', ProgramElement);
