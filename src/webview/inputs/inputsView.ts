/** The Inputs tab: every argument as sliders, fields and grids; directions and the products with them. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Data } from '../../runner/protocol';
import type { PanelController } from '../controller';
import { locale, t } from '../l10n';
import { toJson } from '../model/export';
import { formatCount, formatNumber } from '../model/format';
import type { ReadyPanel } from '../protocol';
import type { AppState } from '../store';
import type { GridModel } from '../table/gridElement';
import '../table/gridElement';
import { button, iconButton } from '../ui/controls';
import { emptyState } from '../ui/states';
import { dataTree, getAt, type DataNode, type DataPath } from './dataTree';
import { directionsView } from './directionsView';
import { InputsController } from './inputsController';
import { keepRange, parseNumber, sliderStep } from './sliders';

/** A vector up to this length is shown as sliders at once. */
const SLIDERS = 12;

export function inputsView(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const inputs = new InputsController(controller);
  const { undo, redo } = state.inputs;
  const args = state.inputs.draft ?? ready.inspection.args;
  const key = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return;
    event.preventDefault();
    if (event.shiftKey) inputs.redo();
    else inputs.undo();
  };
  return html`<div @keydown=${key}>
    <div class="toolbar">
      <span class="tool-group">
        ${iconButton('discard', t.inputs.undo, () => inputs.undo(), { disabled: undo.length === 0 })}
        ${iconButton('redo', t.inputs.redo, () => inputs.redo(), { disabled: redo.length === 0 })}
      </span>
      ${button(t.inputs.random, () => inputs.randomize(), { icon: 'sparkle' })}
      ${button(t.inputs.reset, () => controller.resetPoint(), { icon: 'history' })}
      <span class="tool-group end">
        ${iconButton('copy', t.inputs.copy, () => controller.copy(toJson(args)))}
        ${button(t.inputs.write, () => controller.writePoint(), { icon: 'edit', primary: true })}
      </span>
    </div>
    ${args.length === 0 ? emptyState('symbol-parameter', t.inputs.noArguments, '') : nothing}
    ${args.map((arg, i) => argumentView(arg, i, ready, inputs))} ${directionsView(state, ready, controller)}
  </div>`;
}

function argumentView(arg: Data, index: number, ready: ReadyPanel, inputs: InputsController): TemplateResult {
  const parameter = ready.fn.parameters[index];
  const name = parameter?.name ?? `[${index}]`;
  const differentiated = ready.inspection.wrt.includes(index);
  const tag = differentiated ? t.inputs.differentiable : (parameter?.reason ?? t.inputs.constant);
  return html`<section class="argument">
    <h2>
      <code title=${name}>${name}</code><span class="type" title=${parameter?.type ?? ''}>${parameter?.type}</span>
      <span class="tag ${differentiated ? 'on' : ''}">${tag}</span>
      <span class="spacer"></span>
      ${iconButton('clippy', `${t.inputs.paste}: ${name}`, () => inputs.pasteClipboard(index))}
    </h2>
    ${nodeView(dataTree(arg, name, [index]), inputs)}
  </section>`;
}

function nodeView(node: DataNode, inputs: InputsController): TemplateResult {
  switch (node.kind) {
    case 'number':
      return sliderView(node.name, node.path, node.value, inputs);
    case 'boolean':
      return html`<label class="field-row"
        ><span class="field-name">${node.name}</span
        ><input
          type="checkbox"
          .checked=${live(node.value)}
          @change=${(event: Event) => inputs.commit(node.path, (event.target as HTMLInputElement).checked)}
      /></label>`;
    case 'text':
      return html`<label class="field-row"
        ><span class="field-name">${node.name}</span
        ><input
          type="text"
          .value=${live(node.value)}
          @change=${(event: Event) => inputs.commit(node.path, (event.target as HTMLInputElement).value)}
      /></label>`;
    case 'vector':
      return vectorView(node, inputs);
    case 'matrix':
      return gridView(node, node.rows, node.columns, inputs);
    case 'group':
      return html`<div class="group">
        ${node.children.map((child) => html`${child.kind === 'group' || child.kind === 'matrix' ? html`<h3><code>${child.name}</code></h3>` : nothing}${nodeView(child, inputs)}`)}
      </div>`;
    case 'other':
      return html`<p class="field-row">
        <span class="field-name">${node.name}</span><code>${node.text}</code>
        <span class="quiet">${t.inputs.notEditable}</span>
      </p>`;
  }
}

function vectorView(node: DataNode & { kind: 'vector' }, inputs: InputsController): TemplateResult {
  const shown = Math.min(node.length, SLIDERS);
  const open = node.length > SLIDERS && inputs.isOpen(node.name);
  if (open) return gridView(node, node.length, 1, inputs);
  const values = getAt(inputs.args, node.path) as ArrayLike<number>;
  return html`${Array.from({ length: shown }, (_, i) => sliderView(`${node.name}[${i}]`, [...node.path, i], values[i], inputs))}
  ${node.length > SLIDERS ? html`<button type="button" class="link" @click=${() => inputs.open(node.name)}>${t.inputs.more(formatCount(node.length - SLIDERS, locale))}</button>` : nothing}`;
}

function sliderView(name: string, path: DataPath, value: number, inputs: InputsController): TemplateResult {
  const range = inputs.dragged(name) ?? keepRange(inputs.range(name), value);
  const slide = (event: Event) => inputs.drag(name, range, path, Number((event.target as HTMLInputElement).value));
  const type = (event: Event) => {
    const field = event.target as HTMLInputElement;
    const number = parseNumber(field.value);
    field.setAttribute('aria-invalid', String(number === undefined));
    field.setCustomValidity(number === undefined ? t.inputs.notNumber : '');
    if (number !== undefined) inputs.commit(path, number);
  };
  return html`<div class="field-row">
    <span class="field-name" title=${name}>${shortName(name)}</span>
    <input
      type="range"
      aria-label=${t.inputs.range(name)}
      min=${range[0]}
      max=${range[1]}
      step=${sliderStep(range)}
      .value=${live(String(value))}
      @input=${slide}
      @change=${() => inputs.drop()}
    />
    <input
      type="text"
      inputmode="decimal"
      class="number"
      aria-label=${t.inputs.field(name)}
      .value=${live(formatNumber(value, 'full').replace('−', '-'))}
      @change=${type}
    />
  </div>`;
}

/** The end of a name: within its group the rest is said above. Where that is cut as well, its index stays. */
function shortName(name: string): TemplateResult {
  const short = name.slice(name.lastIndexOf('.') + 1);
  const index = short.indexOf('[');
  const head = index < 0 ? short : short.slice(0, index);
  return html`<span class="field-head">${head}</span>${short.slice(head.length)}`;
}

const grids = new WeakMap<object, GridModel>();

function gridView(
  node: DataNode & { kind: 'vector' | 'matrix' },
  rows: number,
  columns: number,
  inputs: InputsController,
): TemplateResult {
  const data = getAt(inputs.args, node.path);
  let model = grids.get(data as object);
  if (model === undefined) {
    const path = (row: number, column: number): DataPath => (node.kind === 'matrix' ? [row, column] : [row]);
    const value = (row: number, column: number) => getAt(data, path(row, column)) as number;
    model = {
      label: node.name,
      rows,
      columns,
      columnWidth: node.kind === 'matrix' ? 88 : 160,
      corner: node.kind === 'matrix' ? t.inputs.gridSize(String(rows), String(columns)) : '',
      headWidth: 72,
      rowHead: (row) => `[${row}]`,
      columnHead: (column) => (node.kind === 'matrix' ? `[${column}]` : node.name),
      text: (row, column) => formatNumber(value(row, column)),
      exact: (row, column) => String(value(row, column)),
      edit: (row, column, text) => {
        const number = parseNumber(text);
        if (number !== undefined && number !== value(row, column))
          inputs.commit([...node.path, ...path(row, column)], number);
        return number !== undefined;
      },
      paste: (text) => inputs.pasteText(node.path, text),
    };
    grids.set(data as object, model);
  }
  return html`<gl-grid class="input-grid" .model=${model}></gl-grid>`;
}
