/**
 * `<gl-grid>`: a table of any size that draws what is in sight only, in both directions. Arrow keys move the active cell, Shift
 * extends the selection, Ctrl+C copies it as tab-separated text, Enter edits where the model allows it.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import { cell, fitted, labelled, place } from './cells';
import { moveSelection, rectangle, type GridSelection } from './selection';

export interface GridModel {
  label: string;
  rows: number;
  columns: number;
  columnWidth: number;
  /** Name of the first, fixed column; its width in pixels. */
  corner: string;
  headWidth: number;
  rowHead(row: number): string;
  columnHead(column: number): string;
  text(row: number, column: number): string;
  /** The exact value, for copies and tooltips. */
  exact(row: number, column: number): string;
  /** Text columns are aligned left. */
  isText?(column: number): boolean;
  /** Column by which the rows are ordered. */
  sorted?: { column: number; descending: boolean };
  sort?(column: number): void;
  sortLabel?(column: number): string;
  choose?(row: number, column: number): void;
  edit?(row: number, column: number, text: string): boolean;
  paste?(text: string): boolean;
}

const ROW_HEIGHT = 24;
/** Width of the arrow beside the name of the column that orders the rows. */
const SORT_MARK = 14;
/** Share of a narrow grid that the names of its rows may take. */
const HEAD_SHARE = 0.4;
/** Browsers give up on elements higher than about 33 million pixels. */
export const MAX_ROWS = 1_300_000;
export const MAX_COLUMNS = 300_000;

type Axis = Virtualizer<HTMLElement, HTMLElement>;

export class GridElement extends HTMLElement {
  private readonly scroller = document.createElement('div');
  private readonly sheet = document.createElement('div');
  private readonly head = document.createElement('div');
  private readonly body = document.createElement('div');
  private readonly rowElements = new Map<number, HTMLElement>();
  private shown?: GridModel;
  private rowAxis?: Axis;
  private columnAxis?: Axis;
  private stops: (() => void)[] = [];
  private columnKey = '';
  private selection: GridSelection | null = null;
  private frame = 0;
  /** Width of the fixed column: as the model wants it, but never most of a narrow grid. */
  private headWidth = 0;
  private readonly resizes = new ResizeObserver(() => {
    if (this.shown !== undefined && this.headWidthOf(this.shown) !== this.headWidth) this.mount();
  });

  connectedCallback(): void {
    if (this.scroller.parentElement === null) this.build();
    this.mount();
    this.resizes.observe(this);
  }

  disconnectedCallback(): void {
    this.resizes.disconnect();
    this.unmount();
  }

  private headWidthOf({ headWidth }: GridModel): number {
    const width = this.clientWidth;
    return width === 0 ? headWidth : Math.min(headWidth, Math.max(64, Math.round(width * HEAD_SHARE)));
  }

  set model(model: GridModel | undefined) {
    if (model === this.shown) return;
    const resized =
      model?.rows !== this.shown?.rows ||
      model?.columns !== this.shown?.columns ||
      model?.columnWidth !== this.shown?.columnWidth;
    this.shown = model;
    if (resized) {
      this.selection = null;
      if (this.isConnected) this.mount();
    } else {
      this.redraw();
    }
  }

  get model(): GridModel | undefined {
    return this.shown;
  }

  private build(): void {
    this.scroller.className = 'grid-scroller';
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute('role', 'grid');
    this.sheet.className = 'grid-sheet';
    this.sheet.setAttribute('role', 'presentation');
    this.head.className = 'grid-head';
    this.head.setAttribute('role', 'row');
    this.body.setAttribute('role', 'rowgroup');
    this.body.className = 'grid-body';
    this.sheet.append(this.head, this.body);
    this.scroller.append(this.sheet);
    this.append(this.scroller);
    this.scroller.addEventListener('keydown', (event) => this.key(event));
    this.scroller.addEventListener('copy', (event) => this.copied(event));
    this.scroller.addEventListener('paste', (event) => this.pasted(event));
    this.body.addEventListener('pointerdown', (event) => this.press(event));
    this.body.addEventListener('dblclick', () => this.startEdit());
  }

  private mount(): void {
    this.unmount();
    const model = this.shown;
    if (model === undefined) return;
    this.headWidth = this.headWidthOf(model);
    const shared = {
      getScrollElement: () => this.scroller,
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      overscan: 6,
      onChange: () => this.schedule(),
    };
    this.rowAxis = new Virtualizer<HTMLElement, HTMLElement>({
      ...shared,
      count: Math.min(MAX_ROWS, model.rows),
      estimateSize: () => ROW_HEIGHT,
      scrollPaddingStart: ROW_HEIGHT,
    });
    this.columnAxis = new Virtualizer<HTMLElement, HTMLElement>({
      ...shared,
      horizontal: true,
      count: Math.min(MAX_COLUMNS, model.columns),
      estimateSize: () => model.columnWidth,
      paddingStart: this.headWidth,
      scrollPaddingStart: this.headWidth,
      overscan: 2,
    });
    this.stops = [this.rowAxis._didMount(), this.columnAxis._didMount()];
    this.rowAxis._willUpdate();
    this.columnAxis._willUpdate();
    this.redraw();
  }

  private unmount(): void {
    for (const stop of this.stops) stop();
    this.stops = [];
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.rowElements.clear();
    this.body.replaceChildren();
    this.head.replaceChildren();
    this.columnKey = '';
  }

  private schedule(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private redraw(): void {
    this.columnKey = '';
    this.draw();
  }

  private draw(): void {
    this.frame = 0;
    const model = this.shown;
    if (model === undefined || this.rowAxis === undefined || this.columnAxis === undefined) return;
    const rows = this.rowAxis.getVirtualItems();
    const columns = this.columnAxis.getVirtualItems();
    this.scroller.setAttribute('aria-label', model.label);
    this.scroller.setAttribute('aria-rowcount', String(model.rows + 1));
    this.scroller.setAttribute('aria-colcount', String(model.columns + 1));
    this.sheet.style.width = `${this.columnAxis.getTotalSize()}px`;
    this.body.style.height = `${this.rowAxis.getTotalSize()}px`;
    const key = `${columns.at(0)?.index}-${columns.at(-1)?.index}`;
    if (key !== this.columnKey) {
      this.rowElements.clear();
      this.body.replaceChildren();
      this.drawHead(model, columns);
      this.columnKey = key;
    }
    const wanted = new Set(rows.map((row) => row.index));
    for (const [index, element] of this.rowElements) {
      if (wanted.has(index)) continue;
      element.remove();
      this.rowElements.delete(index);
    }
    for (const row of rows) {
      if (this.rowElements.has(row.index)) continue;
      const element = this.row(model, row.index, row.start, columns);
      this.rowElements.set(row.index, element);
      this.body.append(element);
    }
    this.markSelection();
  }

  private drawHead(model: GridModel, columns: readonly { index: number; start: number; size: number }[]): void {
    const corner = cell('columnheader', 'grid-corner', model.corner);
    corner.style.width = `${this.headWidth}px`;
    corner.setAttribute('aria-colindex', '1');
    this.head.setAttribute('aria-rowindex', '1');
    const cells = columns.map(({ index, start, size }) => {
      const element = cell('columnheader', `grid-cell ${model.isText?.(index) ? 'text' : ''}`, '');
      place(element, start, size);
      element.setAttribute('aria-colindex', String(index + 2));
      const name = model.columnHead(index);
      element.title = name;
      const sorted = model.sorted?.column === index ? model.sorted : undefined;
      element.setAttribute('aria-sort', sorted === undefined ? 'none' : sorted.descending ? 'descending' : 'ascending');
      const shown = fitted(name, sorted === undefined ? size : size - SORT_MARK);
      if (model.sort === undefined) element.textContent = shown;
      else element.append(this.sortButton(model, index, shown, sorted));
      return element;
    });
    this.head.replaceChildren(corner, ...cells);
  }

  private sortButton(
    model: GridModel,
    index: number,
    name: string,
    sorted: { descending: boolean } | undefined,
  ): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.tabIndex = -1;
    button.setAttribute('aria-label', model.sortLabel?.(index) ?? model.columnHead(index));
    button.append(...labelled(model.columnHead(index), name));
    if (sorted !== undefined) {
      const arrow = document.createElement('span');
      arrow.className = `codicon codicon-arrow-small-${sorted.descending ? 'down' : 'up'}`;
      button.append(arrow);
    }
    button.addEventListener('click', () => model.sort?.(index));
    return button;
  }

  private row(
    model: GridModel,
    index: number,
    top: number,
    columns: readonly { index: number; start: number; size: number }[],
  ): HTMLElement {
    const row = document.createElement('div');
    row.className = `grid-row ${index % 2 === 1 ? 'odd' : ''}`;
    row.setAttribute('role', 'row');
    row.setAttribute('aria-rowindex', String(index + 2));
    row.style.transform = `translateY(${top}px)`;
    row.dataset.row = String(index);
    const name = model.rowHead(index);
    const head = cell('rowheader', 'grid-row-head', fitted(name, this.headWidth));
    head.style.width = `${this.headWidth}px`;
    head.title = name;
    head.setAttribute('aria-colindex', '1');
    row.append(head);
    for (const { index: column, start, size } of columns) {
      const element = cell('gridcell', `grid-cell ${model.isText?.(column) ? 'text' : ''}`, model.text(index, column));
      place(element, start, size);
      element.title = model.exact(index, column);
      element.dataset.column = String(column);
      element.id = `${this.id || 'grid'}-${index}-${column}`;
      element.setAttribute('aria-colindex', String(column + 2));
      row.append(element);
    }
    return row;
  }

  // ------------------------------------------------------------------------------------------ selection

  private markSelection(): void {
    const chosen = this.selection === null ? null : rectangle(this.selection);
    for (const [row, element] of this.rowElements) {
      for (const each of element.querySelectorAll<HTMLElement>('[data-column]')) {
        const column = Number(each.dataset.column);
        const inside =
          chosen !== null &&
          row >= chosen.top &&
          row <= chosen.bottom &&
          column >= chosen.left &&
          column <= chosen.right;
        const active = this.selection?.row === row && this.selection.column === column;
        each.classList.toggle('selected', inside);
        each.classList.toggle('active', active);
        if (inside) each.setAttribute('aria-selected', 'true');
        else each.removeAttribute('aria-selected');
        if (active) this.scroller.setAttribute('aria-activedescendant', each.id);
      }
    }
  }

  private select(selection: GridSelection): void {
    this.selection = selection;
    this.rowAxis?.scrollToIndex(selection.row);
    this.columnAxis?.scrollToIndex(selection.column);
    this.markSelection();
    this.shown?.choose?.(selection.row, selection.column);
  }

  private press(event: PointerEvent): void {
    const target = (event.target as HTMLElement).closest<HTMLElement>('[data-column]');
    const row = target?.closest<HTMLElement>('[data-row]');
    if (target == null || row == null) return;
    const at = { row: Number(row.dataset.row), column: Number(target.dataset.column) };
    const anchor = event.shiftKey && this.selection !== null ? this.selection.anchor : at;
    this.selection = { ...at, anchor };
    this.markSelection();
    this.shown?.choose?.(at.row, at.column);
  }

  private key(event: KeyboardEvent): void {
    const model = this.shown;
    if (model === undefined || (event.target as HTMLElement).tagName === 'INPUT') return;
    if (event.key === 'Enter' || event.key === 'F2') {
      event.preventDefault();
      this.startEdit();
      return;
    }
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW_HEIGHT) - 2);
    const next = moveSelection(this.selection, event, {
      rows: Math.min(MAX_ROWS, model.rows),
      columns: Math.min(MAX_COLUMNS, model.columns),
      page,
    });
    if (next === undefined) return;
    event.preventDefault();
    this.select(next);
  }

  private copied(event: ClipboardEvent): void {
    const model = this.shown;
    if (model === undefined || this.selection === null || (event.target as HTMLElement).tagName === 'INPUT') return;
    const { top, left, bottom, right } = rectangle(this.selection);
    const lines: string[] = [];
    for (let r = top; r <= bottom; r++) {
      const cells: string[] = [];
      for (let c = left; c <= right; c++) cells.push(model.exact(r, c));
      lines.push(cells.join('\t'));
    }
    event.preventDefault();
    event.clipboardData?.setData('text/plain', lines.join('\n'));
  }

  private pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text/plain');
    if (text !== undefined && this.shown?.paste?.(text)) event.preventDefault();
  }

  private startEdit(): void {
    const model = this.shown;
    if (model?.edit === undefined || this.selection === null) return;
    const { row, column } = this.selection;
    const element = this.rowElements.get(row)?.querySelector<HTMLElement>(`[data-column="${column}"]`);
    if (element == null) return;
    const input = document.createElement('input');
    input.value = model.exact(row, column);
    input.setAttribute('aria-label', `${model.rowHead(row)} ${model.columnHead(column)}`);
    element.replaceChildren(input);
    input.select();
    let open = true;
    const finish = (keep: boolean) => {
      if (!open) return;
      open = false;
      if (keep && model.edit?.(row, column, input.value) === false) this.classList.add('invalid');
      element.textContent = (this.shown ?? model).text(row, column);
      this.scroller.focus({ preventScroll: true });
    };
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') finish(true);
      else if (event.key === 'Escape') finish(false);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    input.addEventListener('blur', () => finish(true));
  }
}

customElements.define('gl-grid', GridElement);
