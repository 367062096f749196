/** Tangent, cotangent and vector editors, and the products that they give. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Data, Inspection } from '../../runner/protocol';
import type { PanelController } from '../controller';
import { t } from '../l10n';
import { ending } from '../model/format';
import { axisModel, functionSymbol, type AxisModel } from '../model/labels';
import type { ReadyPanel } from '../protocol';
import type { AppState, DirectionKind, ProductResult } from '../store';
import { button, iconButton } from '../ui/controls';
import { remoteView } from '../ui/states';
import { backendNotice, backendView, valueText } from '../ui/header';
import { leavesByPath, unflatten } from './dataTree';
import { parseNumber } from './sliders';

/** So many components have fields of their own. */
const FIELDS = 8;
/** Characters of a name above its field; one that stands alone has room. */
const LABEL = 9;
const LONE_LABEL = 24;

interface Product {
  kind: DirectionKind;
  op: 'jvp' | 'vjp' | 'hvp';
  label: string;
  axis: AxisModel;
}

export function directionsView(
  state: AppState,
  ready: ReadyPanel,
  controller: PanelController,
): TemplateResult | typeof nothing {
  const { inspection, fn } = ready;
  if (inspection.inputValues.length === 0) return nothing;
  const inputs = axisModel(inspection.inputs, inspection.inputValues.length);
  const outputs = axisModel(inspection.outputs, inspection.outputValues.length, functionSymbol(fn.name));
  const products: Product[] = [
    { kind: 'tangent', op: 'jvp', label: t.inputs.tangent, axis: inputs },
    { kind: 'cotangent', op: 'vjp', label: t.inputs.cotangent, axis: outputs },
    ...(inspection.scalar ? [{ kind: 'vector', op: 'hvp', label: t.inputs.vector, axis: inputs } as const] : []),
  ];
  return html`<section class="section directions">
    <h2>${t.inputs.directions}</h2>
    ${products.map((product) => directionView(product, state, ready, controller))}
    ${state.inputs.product.kind === 'idle' ? nothing : remoteView(state.inputs.product, { running: t.inputs.compute }, { retry: () => controller.retryProduct() }, productView)}
  </section>`;
}

function directionView(
  { kind, op, label, axis }: Product,
  state: AppState,
  ready: ReadyPanel,
  controller: PanelController,
): TemplateResult {
  const vector = directionOf(state, kind, axis.count);
  const set = (next: Float64Array) => controller.setDirection(kind, next);
  const change = (i: number) => (event: Event) => {
    const value = parseNumber((event.target as HTMLInputElement).value);
    if (value !== undefined) set(vector.map((old, j) => (j === i ? value : old)));
  };
  const characters = axis.count === 1 ? LONE_LABEL : LABEL;
  const hot = vector.reduce((found, value, i) => (value === 1 && found < 0 ? i : found), -1);
  return html`<div class="direction" role="group" aria-label=${label}>
    <span class="direction-name">${label}</span>
    <span class="direction-fields">
      ${Array.from(
        { length: Math.min(FIELDS, axis.count) },
        (_, i) =>
          html`<label title=${axis.label(i)}
            ><span>${ending(axis.label(i), characters)}</span
            ><input type="text" inputmode="decimal" .value=${live(String(vector[i]))} @change=${change(i)}
          /></label>`,
      )}
      ${axis.count > FIELDS ? html`<span class="quiet">… ${axis.count}</span>` : nothing}
    </span>
    <span class="tool-group">
      <label class="one-hot"
        >${t.inputs.oneHot}<input
          type="number"
          min="0"
          max=${axis.count - 1}
          aria-label=${t.inputs.oneHotIndex(label)}
          .value=${live(String(Math.max(0, hot)))}
          @change=${(event: Event) => set(oneHot(axis.count, Number((event.target as HTMLInputElement).value)))}
      /></label>
      ${iconButton('sparkle', `${label}: ${t.inputs.random}`, () => set(Float64Array.from({ length: axis.count }, () => Math.round((Math.random() * 2 - 1) * 1000) / 1000)))}
      ${iconButton('symbol-numeric', `${label}: ${t.inputs.ones}`, () => set(new Float64Array(axis.count).fill(1)))}
      ${button({ jvp: t.inputs.jvp, vjp: t.inputs.vjp, hvp: t.inputs.hvp }[op], () => controller.runProduct(op, productParams(kind, vector, ready)))}
    </span>
  </div>`;
}

function oneHot(length: number, index: number): Float64Array {
  const vector = new Float64Array(length);
  if (index >= 0 && index < length) vector[index] = 1;
  return vector;
}

function directionOf(state: AppState, kind: DirectionKind, length: number): Float64Array {
  const known = state.inputs.directions[kind];
  return known !== undefined && known.length === length ? known : oneHot(length, 0);
}

/** The vector in the structure that the request wants: of the differentiated argument (an array of several), or of the result. */
function productParams(
  kind: DirectionKind,
  vector: Float64Array,
  { inspection, fn }: ReadyPanel,
): { [key in DirectionKind]?: Data } {
  return {
    [kind]:
      kind === 'cotangent'
        ? likeOutput(inspection, vector)
        : likeInputs(
            inspection,
            fn.parameters.map((parameter) => parameter.name),
            vector,
          ),
  };
}

function likeInputs({ args, wrt, inputs }: Inspection, names: readonly string[], vector: Float64Array): Data {
  const leaves = leavesByPath(inputs);
  const parts = wrt.map((index) => unflatten(args[index], names[index] ?? `[${index}]`, leaves, vector));
  return parts.length === 1 ? parts[0] : parts;
}

function likeOutput({ value, outputs }: Inspection, vector: Float64Array): Data {
  // Paths of the result begin without a name: `[0].pos` or `energy`.
  const leaves = new Map(
    [...leavesByPath(outputs)].map(([path, leaf]) => [
      path === '' || path.startsWith('[') ? `f${path}` : `f.${path}`,
      leaf,
    ]),
  );
  return unflatten(value, 'f', leaves, vector);
}

function productView(product: ProductResult): TemplateResult {
  return html`<div class="product" role="status">
    <span class="quiet"
      >${t.inputs.result} · ${product.strategy} · ${product.operations} · ${backendView(product)}</span
    >
    ${backendNotice(product.notice)}
    <pre class="mono">${valueText(product.result, 'short', 6, 200)}</pre>
  </div>`;
}
