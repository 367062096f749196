/** The matrix that the Matrix and Table tabs show, with its axes; made once for each state. */
import type { Matrix, MatrixSummary } from '../../runner/protocol';
import { EncodedMatrix, type HeatmapMode } from '../heatmap/encoded';
import type { ScaleKind } from '../heatmap/colorScale';
import { t } from '../l10n';
import { summarize } from '../model/summary';
import { axisModel, formula, functionSymbol, type AxisModel } from '../model/labels';
import type { MatrixKind, MatrixResult, ReadyPanel } from '../protocol';
import { targetKey, type AppState } from '../store';

export interface ShownMatrix {
  kind: MatrixKind;
  matrix: Matrix;
  summary: MatrixSummary | undefined;
  rows: AxisModel;
  columns: AxisModel;
  name: string;
  /** It was computed in float32. */
  single: boolean;
  /** `∂f[0]/∂x[1]` of an entry. */
  formula(row: number, column: number): string;
  /** Stays the same while only the values change. */
  identity: string;
}

/** Undefined where there is none: not yet computed, or too large. */
export function shownMatrix(state: AppState, ready: ReadyPanel): ShownMatrix | undefined {
  const symbol = functionSymbol(ready.fn.name);
  const kind = state.view.matrix;
  const source = kind === 'hessian' ? state.hessian.last?.value : derivative(state, ready);
  if (source === undefined) return undefined;
  const { matrix } = source;
  const summary = source.summary ?? summaryOf(source);
  const axes = axesOf(source, kind, symbol);
  return {
    kind,
    matrix,
    summary,
    ...axes,
    name: matrixName(kind, ready.inspection.scalar),
    single: source.float32 !== undefined,
    formula: (row, column) =>
      formula(kind === 'hessian' ? 'hessian' : 'derivative', symbol, axes.rows, axes.columns, row, column),
    identity: `${targetKey(ready.target)} ${kind === 'hessian'} ${matrix.rows}×${matrix.columns}`,
  };
}

/** From the live state, or as it was asked for. */
function derivative({ derivative }: AppState, { inspection }: ReadyPanel): MatrixResult | undefined {
  const { matrix, summary, inputs, outputs, backend, float32 } = inspection;
  if (matrix === undefined) return derivative.last?.value;
  return { matrix, summary, inputs, outputs, backend, ...(float32 ? { float32 } : {}) };
}

const summaries = new WeakMap<Matrix, MatrixSummary>();

function summaryOf({ matrix, float32 }: MatrixResult): MatrixSummary {
  const known = summaries.get(matrix) ?? summarize(matrix, float32?.error);
  summaries.set(matrix, known);
  return known;
}

/** Axes are compared by identity when painting, so they are kept with their matrix. */
const axesCache = new WeakMap<Matrix, { rows: AxisModel; columns: AxisModel }>();

function axesOf(source: MatrixResult, kind: MatrixKind, symbol: string): { rows: AxisModel; columns: AxisModel } {
  const { matrix } = source;
  const cached = axesCache.get(matrix);
  if (cached !== undefined) return cached;
  const axes = {
    rows: axisModel(source.outputs, matrix.rows, kind === 'hessian' ? '' : symbol),
    columns: axisModel(source.inputs, matrix.columns),
  };
  axesCache.set(matrix, axes);
  return axes;
}

function matrixName(kind: MatrixKind, scalar: boolean): string {
  if (kind === 'hessian') return t.matrix.hessian;
  if (kind === 'sparsity') return t.matrix.sparsity;
  return scalar ? t.matrix.gradient : t.matrix.jacobian;
}

const encodedCache = new WeakMap<Matrix, Map<string, EncodedMatrix>>();

export function encodedMatrix(matrix: Matrix, mode: HeatmapMode, scale: ScaleKind | 'auto'): EncodedMatrix {
  const known = encodedCache.get(matrix) ?? new Map<string, EncodedMatrix>();
  encodedCache.set(matrix, known);
  const key = mode === 'value' ? `value ${scale}` : mode;
  let encoded = known.get(key);
  if (encoded === undefined) {
    // One at a time: a large matrix is not kept in every scale that was ever looked at.
    if (matrix.values.length > 1_000_000) known.clear();
    encoded = new EncodedMatrix(matrix, mode, scale);
    known.set(key, encoded);
  }
  return encoded;
}
