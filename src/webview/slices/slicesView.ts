/** The Slices tab: the function along one direction, or over two inputs with the point to drag. */
import { html, nothing, type TemplateResult } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import type { Slice } from '../../runner/protocol';
import type { ChartElement } from '../charts/chartElement';
import '../charts/chartElement';
import type { PanelController } from '../controller';
import { leavesByPath, unflatten } from '../inputs/dataTree';
import { t } from '../l10n';
import { formatNumber, shorten } from '../model/format';
import { axisModel, functionSymbol } from '../model/labels';
import type { ReadyPanel } from '../protocol';
import type { AppState, ViewOptions } from '../store';
import { figure, iconButton, segmented, select, type Choice } from '../ui/controls';
import { memo } from '../ui/memo';
import { backendNotice, backendView } from '../ui/header';
import { emptyState, remoteView } from '../ui/states';
import { sliceChart } from './chart';
import { directionVector } from './directions';
import './mapElement';
import type { SliceMapData, SliceMapElement } from './mapElement';

/** More inputs than this are not offered one by one. */
const LISTED = 500;
/** Characters of a name in the lists: longer ones lose their middle, since a list would cut off the index. */
const LABEL = 14;
const radii = ['0.01', '0.1', '0.5', '1', '2', '5', '10'] as const;

const chart = createRef<ChartElement>();
const map = createRef<SliceMapElement>();

export function slicesView(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const { inspection } = ready;
  if (inspection.inputValues.length === 0) return emptyState('graph-line', t.slices.noInputs, '');
  return html`<div class="toolbar">${controls(state, ready, controller)}</div>
    ${remoteView(state.slice, { running: t.slices.running }, { retry: () => controller.loadSlice(), cancel: () => controller.cancel('slice') }, (slice, version) => sliceView(slice, version, state, ready, controller))}`;
}

function controls(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const { view } = state;
  const { inspection } = ready;
  const axis = axisModel(inspection.inputs, inspection.inputValues.length);
  const inputs: Choice<string>[] = Array.from({ length: Math.min(LISTED, axis.count) }, (_, i) => ({
    value: `input:${i}`,
    label: shorten(axis.label(i), LABEL),
  }));
  const special: Choice<string>[] = [
    { value: 'gradient', label: t.slices.gradient },
    { value: 'random', label: t.slices.random },
  ];
  const change = (patch: Partial<ViewOptions>) => {
    controller.setView(patch);
    controller.loadSlice();
  };
  const outputs = axisModel(inspection.outputs, inspection.outputValues.length, functionSymbol(ready.fn.name));
  const outputChoices = Array.from({ length: Math.min(LISTED, outputs.count) }, (_, i) => ({
    value: String(i),
    label: shorten(outputs.label(i), LABEL),
  }));
  const two = state.slice.last?.value.field !== undefined;
  return html`${select(t.slices.along, view.along, [...inputs, ...special], (along) => change({ along }))}
    ${select(t.slices.across, view.across, [{ value: 'none', label: t.slices.none }, ...inputs, ...special], (across) => change({ across }))}
    ${outputs.count > 1 ? select(t.slices.output, String(view.output), outputChoices, (output) => change({ output: Number(output) })) : nothing}
    ${select(
      t.slices.radius,
      String(view.radius),
      radii.map((value) => ({ value, label: `±${value}` })),
      (radius) => change({ radius: Number(radius) }),
    )}
    ${
      two
        ? segmented(
            t.slices.field,
            'slice-field',
            view.field ? 'on' : 'off',
            [
              { value: 'on', label: t.slices.field },
              { value: 'off', label: t.slices.levels },
            ],
            (value) => controller.setView({ field: value === 'on' }),
          )
        : nothing
    }
    <span class="tool-group end">
      ${iconButton('file-media', t.slices.savePng, () => controller.save(`${ready.fn.name}-slice.png`, picture()))}
    </span>`;
}

async function picture(): Promise<Uint8Array> {
  const blob = await (map.value?.isConnected
    ? map.value.toPng()
    : new Promise<Blob | null>((resolve) => chart.value?.toCanvas().toBlob(resolve)));
  return new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
}

function sliceView(
  slice: Slice,
  version: number,
  state: AppState,
  ready: ReadyPanel,
  controller: PanelController,
): TemplateResult {
  const names = [axisName(state.view.along, ready), axisName(state.view.across, ready)] as const;
  const origins = [originOf(state.view.along, ready), originOf(state.view.across, ready)] as const;
  const key = `${version} ${state.view.along} ${state.view.across} ${state.view.radius} ${state.view.output} ${slice.center} ${slice.values.length}`;
  if (slice.values.length === slice.positions.length) {
    const config = memo('slice', key, () => sliceChart(slice, names[0], origins[0]));
    return html`<gl-chart
        ${ref(chart)}
        id="slice-chart"
        class="chart tall"
        label=${t.slices.curve}
        .config=${config}
      ></gl-chart
      >${numbers(slice)}`;
  }
  const data = memo('slice-map', `${key} ${state.view.field}`, (): SliceMapData => ({
    slice,
    names: [...names],
    origins: [...origins],
    arrows: state.view.field,
  }));
  return html`${backendNotice(slice.notice)}
    ${slice.float32 ? html`<p class="slice-backend">${backendView(slice)}</p>` : nothing}<gl-slice-map
      ${ref(map)}
      label=${t.slices.map}
      .data=${data}
      @gl-move=${(event: CustomEvent<{ a: number; b: number }>) => movePoint(event.detail, version, state, controller)}
      @gl-drop=${() => controller.dropPoint()}
    ></gl-slice-map>
    <p class="quiet">${t.slices.mapHint}</p>
    ${numbers(slice)}`;
}

function numbers(slice: Slice): TemplateResult {
  const flat = slice.values.length === slice.positions.length;
  return html`<dl class="figures section">
    ${figure(t.slices.value, formatNumber(slice.center), String(slice.center))}
    ${figure(t.slices.slope, Array.from(slice.slope, (value) => formatNumber(value)).join(', '))}
    ${flat ? figure(t.slices.curvature, formatNumber(slice.curvature)) : nothing}
  </dl>`;
}

function axisName(choice: string, { inspection }: ReadyPanel): string {
  if (choice === 'gradient') return t.slices.gradient;
  if (choice === 'random') return t.slices.random;
  return axisModel(inspection.inputs, inspection.inputValues.length).label(Number(choice.replace('input:', '')) || 0);
}

/** The value at the middle: of the input, or 0 for a direction of its own. */
function originOf(choice: string, { inspection }: ReadyPanel): number {
  return choice.startsWith('input:') ? (inspection.inputValues[Number(choice.slice(6))] ?? 0) : 0;
}

/** The dragged point as arguments. The point where the slice was made is the origin for as long as it is held. */
function movePoint(
  { a, b }: { a: number; b: number },
  version: number,
  state: AppState,
  controller: PanelController,
): void {
  const ready = controller.sliceOrigin(version);
  if (ready === undefined) return;
  const { inspection, fn } = ready;
  const u = directionVector(state.view.along, inspection, state.view.output);
  const v = directionVector(state.view.across, inspection, state.view.output);
  if (u === undefined || v === undefined) return;
  const flat = inspection.inputValues.map((value, i) => value + a * u[i] + b * v[i]);
  const leaves = leavesByPath(inspection.inputs);
  const args = inspection.args.map((arg, i) =>
    inspection.wrt.includes(i) ? unflatten(arg, fn.parameters[i]?.name ?? `[${i}]`, leaves, flat, 'keep') : arg,
  );
  controller.holdPoint(args);
}
