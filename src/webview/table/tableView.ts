/** The Table tab: the matrix in numbers, as a grid or as a list of its entries, and what it amounts to. */
import { html, type TemplateResult } from 'lit';
import type { PanelController } from '../controller';
import { locale, t } from '../l10n';
import { entryPosition, matrixAt, storedEntries } from '../model/matrix';
import { formatCell, formatCount, formatNumber, type NumberFormat } from '../model/format';
import type { ReadyPanel } from '../protocol';
import type { AppState, EntryOrder } from '../store';
import { iconButton, menu, segmented, select } from '../ui/controls';
import { AUTOMATIC } from '../matrix/demand';
import { matrixBody } from '../matrix/matrixBody';
import { exportItems, kindSwitch } from '../matrix/matrixView';
import { shownMatrix, type ShownMatrix } from '../matrix/current';
import { MAX_COLUMNS, MAX_ROWS, type GridModel } from './gridElement';
import './gridElement';
import { sortedOrder } from './order';
import { summaryView } from './summaryView';

const orders: readonly EntryOrder[] = ['position', 'largest', 'smallest', 'ascending', 'descending'];

export function tableView(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const shown = shownMatrix(state, ready);
  return html`<div class="toolbar">
      ${kindSwitch(state, ready, controller)}${shown === undefined ? '' : tools(state, ready, shown, controller)}
    </div>
    ${matrixBody(state, ready, controller, (current) => content(state, ready, current, controller))}`;
}

/** A single row reads better as a list; so does what has more columns than a grid can have. */
function layoutOf(state: AppState, { matrix }: ShownMatrix): 'grid' | 'entries' {
  if (matrix.columns > MAX_COLUMNS || matrix.rows > MAX_ROWS) return 'entries';
  if (state.view.table !== 'auto') return state.view.table;
  return matrix.rows === 1 || (matrix.kind === 'sparse' && matrix.columns > 1000) ? 'entries' : 'grid';
}

/** Another order takes as much memory as the entries. */
const sortable = ({ matrix }: ShownMatrix): boolean => storedEntries(matrix) <= AUTOMATIC;

const orderOf = (state: AppState, shown: ShownMatrix): EntryOrder => (sortable(shown) ? state.view.order : 'position');

function tools(state: AppState, ready: ReadyPanel, shown: ShownMatrix, controller: PanelController): TemplateResult {
  const layout = layoutOf(state, shown);
  const choices = (sortable(shown) ? orders : orders.slice(0, 1)).map((value) => ({
    value,
    label: t.table.sorts[value],
  }));
  return html`${segmented(
      t.table.mode,
      'table-mode',
      layout,
      [
        { value: 'grid', label: t.table.grid },
        { value: 'entries', label: t.table.entries },
      ],
      (table) => controller.setView({ table }),
    )}
    ${layout === 'entries' ? select(t.table.sort, orderOf(state, shown), choices, (order) => controller.setView({ order })) : ''}
    <span class="tool-group end">
      ${iconButton('symbol-numeric', t.table.fullPrecision, () => controller.setView({ numbers: state.view.numbers === 'full' ? 'short' : 'full' }), { pressed: state.view.numbers === 'full' })}
      ${menu('export', t.matrix.export, exportItems(shown, ready, controller))}
    </span>`;
}

function content(state: AppState, ready: ReadyPanel, shown: ShownMatrix, controller: PanelController): TemplateResult {
  const layout = layoutOf(state, shown);
  const model = layout === 'grid' ? gridModel(state, shown, controller) : entriesModel(state, ready, shown, controller);
  const all = storedEntries(shown.matrix);
  const limited = layout === 'entries' && all > MAX_ROWS;
  return html`<gl-grid id="matrix-${layout}" .model=${model}></gl-grid>
    <p class="quiet table-note">
      ${limited ? t.table.limited(formatCount(MAX_ROWS, locale), formatCount(all, locale)) : t.table.copyHint}
    </p>
    ${summaryView(shown)}`;
}

/** Models are kept while what they show stays, so that the grid keeps its place. */
const models = new WeakMap<object, Map<string, GridModel>>();

function kept(owner: object, key: string, make: () => GridModel): GridModel {
  const known = models.get(owner) ?? new Map<string, GridModel>();
  models.set(owner, known);
  let model = known.get(key);
  if (model === undefined) {
    known.clear();
    model = make();
    known.set(key, model);
  }
  return model;
}

function gridModel(state: AppState, shown: ShownMatrix, controller: PanelController): GridModel {
  const { matrix, rows, columns } = shown;
  const format = state.view.numbers;
  const sort = state.gridSort !== null && state.gridSort.column < matrix.columns ? state.gridSort : undefined;
  return kept(matrix, `grid ${format} ${shown.kind} ${sort?.column} ${sort?.descending}`, () => {
    const order = sort === undefined ? undefined : columnOrder(shown, sort);
    const at = (row: number) => order?.[row] ?? row;
    return {
      label: t.table.gridLabel,
      rows: matrix.rows,
      columns: matrix.columns,
      columnWidth: format === 'full' ? 168 : 96,
      corner: '',
      headWidth: headWidth([rows.label(0), rows.label(matrix.rows - 1)]),
      rowHead: (row) => rows.label(at(row)),
      columnHead: (column) => columns.label(column),
      text: (row, column) => gridText(matrixAt(matrix, at(row), column), format),
      exact: (row, column) => String(matrixAt(matrix, at(row), column)),
      sorted: sort,
      // Largest first, smallest first, then the order of the matrix again.
      sort: (column) =>
        controller.sortGrid(
          sort?.column !== column
            ? { column, descending: true }
            : sort.descending
              ? { column, descending: false }
              : null,
        ),
      sortLabel: (column) => t.table.sortBy(columns.label(column)),
      choose: (row, column) => controller.choose({ row: at(row), column }),
    };
  });
}

/** Characters that fit a column of the grid. */
const GRID_CHARACTERS = 10;

function gridText(value: number, format: NumberFormat): string {
  return format === 'full' ? formatNumber(value, 'full') : formatCell(value, GRID_CHARACTERS);
}

function columnOrder(
  { matrix }: ShownMatrix,
  { column, descending }: { column: number; descending: boolean },
): Uint32Array | undefined {
  const values = Float64Array.from({ length: matrix.rows }, (_, row) => matrixAt(matrix, row, column));
  return sortedOrder(values, descending ? 'descending' : 'ascending');
}

function entriesModel(state: AppState, ready: ReadyPanel, shown: ShownMatrix, controller: PanelController): GridModel {
  const { matrix, rows, columns } = shown;
  const format = state.view.numbers;
  const wanted = orderOf(state, shown);
  const single = matrix.rows === 1 && shown.kind !== 'hessian';
  return kept(matrix, `entries ${format} ${wanted} ${shown.kind}`, () => {
    const order = sortedOrder(matrix.values, wanted);
    const entry = (row: number) => order?.[row] ?? row;
    const position = (row: number) => entryPosition(matrix, entry(row));
    const value = (row: number) => matrix.values[entry(row)];
    const list: { head: string; text: (row: number) => string; exact: (row: number) => string; isText: boolean }[] = [];
    if (!single)
      list.push({
        head: t.table.row,
        text: (row) => rows.label(position(row).row),
        exact: (row) => rows.label(position(row).row),
        isText: true,
      });
    list.push({
      head: t.table.column,
      text: (row) => columns.label(position(row).column),
      exact: (row) => columns.label(position(row).column),
      isText: true,
    });
    if (single) {
      const input = (row: number) => ready.inspection.inputValues[position(row).column];
      list.push({
        head: t.table.input,
        text: (row) => formatNumber(input(row), format),
        exact: (row) => String(input(row)),
        isText: false,
      });
    }
    list.push({
      head: shown.name,
      text: (row) => formatNumber(value(row), format),
      exact: (row) => String(value(row)),
      isText: false,
    });
    const toggles: Partial<Record<EntryOrder, EntryOrder>> = { largest: 'smallest', smallest: 'position' };
    return {
      label: t.table.entriesLabel,
      rows: Math.min(MAX_ROWS, storedEntries(matrix)),
      columns: list.length,
      columnWidth: Math.max(
        120,
        headWidth([
          rows.label(matrix.rows - 1),
          columns.label(matrix.columns - 1),
          ...list.map((column) => column.head),
        ]),
      ),
      corner: '#',
      headWidth: 76,
      rowHead: (row) => formatCount(row + 1, locale),
      columnHead: (column) => list[column].head,
      text: (row, column) => list[column].text(row),
      exact: (row, column) => list[column].exact(row),
      isText: (column) => list[column].isText,
      sorted:
        wanted === 'position'
          ? undefined
          : { column: list.length - 1, descending: wanted === 'largest' || wanted === 'descending' },
      sort: (column) =>
        controller.setView({ order: column === list.length - 1 ? (toggles[wanted] ?? 'largest') : 'position' }),
      sortLabel: (column) => t.table.sortBy(list[column].head),
      choose: (row) => controller.choose(position(row)),
    };
  });
}

function headWidth(labels: readonly string[]): number {
  const longest = Math.max(...labels.map((label) => label.length));
  return Math.min(240, Math.max(64, longest * 7.6 + 20));
}
