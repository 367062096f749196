/** The head of the panel: which function, where, at which point, with which value, and whether that is live. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Data, Evaluation, FunctionInfo, Notice } from '../../runner/protocol';
import type { PanelController } from '../controller';
import { locale, t } from '../l10n';
import { formatCount, formatDuration, formatNumber, type NumberFormat } from '../model/format';
import type { ReadyPanel } from '../protocol';
import type { AppState } from '../store';
import { icon, iconButton } from './controls';

export function headerView(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const { fn, inspection, displayPath } = ready;
  const { pinned } = state;
  const kind = state.panel?.kind;
  const status = kind === 'ready' ? 'live' : kind === 'failed' ? 'failed' : 'stale';
  const open = () => controller.reveal(ready.file, fn.nameRange);
  return html`<header class="head">
    <div class="head-title">
      <h1 title=${signature(fn)}>
        <span class="function-name">${fn.name}</span><span class="signature">${signature(fn)}</span>
      </h1>
      <span class="status ${status}" role="status"
        ><span class="dot" aria-hidden="true"></span>${t.header[status]}</span
      >
      ${iconButton(pinned ? 'pinned' : 'pin', pinned ? t.header.unpin : t.header.pin, () => controller.pin(!pinned), { pressed: pinned })}
    </div>
    <div class="head-place">
      <button type="button" class="link" title=${t.header.openSource} @click=${open}>
        ${displayPath}:${fn.nameRange.line}
      </button>
      ${pointView(ready, controller)}
    </div>
    <div class="head-result">
      <output
        class="result ${inspection.scalar ? '' : 'several'}"
        title=${valueText(inspection.value, 'full')}
        aria-label=${t.header.value}
        >${valueText(inspection.value, state.view.numbers)}</output
      >
      <span class="facts">
        <span
          >${t.header.sizes(formatCount(inspection.inputValues.length, locale), formatCount(inspection.outputValues.length, locale))}</span
        >
        <span>${inspection.strategy}</span>
        <span>${t.header.operations(formatCount(inspection.operations, locale))}</span>
        ${backendView(inspection)}
        <span>${formatDuration(inspection.timing.total)}</span>
      </span>
    </div>
  </header>`;
}

/** What computed it; of float32 results also how far off they are. */
export function backendView({ backend, float32 }: Pick<Evaluation, 'backend' | 'float32'>): TemplateResult {
  if (float32 === undefined) return html`<span title=${t.header.backend}>${backend}</span>`;
  const { adapter, error, checked, entries, worst } = float32;
  const share = t.header.float32Checked(formatCount(checked, locale), formatCount(entries, locale));
  return html`<span class="backend-gpu" title=${[adapter, share].filter(Boolean).join(' · ')}
      >${backend}, ${t.header.float32Error(formatNumber(error, 'short', 2))}</span
    >${worst === undefined ? nothing : html`<span class="tag inexact" title=${t.header.float32Worst(worst.name, formatNumber(worst.found), formatNumber(worst.expected))}>${t.header.inexact}</span>`}`;
}

/** Why something else computed it than was asked for. */
export function backendNotice(notice: Notice | undefined): TemplateResult | typeof nothing {
  if (notice === undefined) return nothing;
  return html`<div class="strip warning backend-notice" role="status">
    ${icon('warning')}
    <div class="strip-text">${notice.message} ${notice.hint ?? nothing}</div>
  </div>`;
}

function pointView({ fn, inspection, target }: ReadyPanel, controller: PanelController): TemplateResult {
  const { point } = inspection;
  const text = `${point.source === '@at' ? '@at ' : ''}${point.expression}`;
  if (fn.points.length < 2 || point.source === 'panel') return html`<code class="point" title=${text}>${text}</code>`;
  return html`<select
    class="point"
    aria-label=${t.header.point}
    title=${text}
    @change=${(event: Event) => controller.setPoint(Number((event.target as HTMLSelectElement).value))}
  >
    ${fn.points.map((each, i) => html`<option value=${i} ?selected=${i === target.pointIndex}>${each.source === '@at' ? '@at ' : ''}${each.expression}</option>`)}
  </select>`;
}

function signature(fn: FunctionInfo): string {
  const parameters = fn.parameters.map((p) => `${p.name}${p.optional ? '?' : ''}: ${p.type}`).join(', ');
  return `(${parameters})${fn.returnType === undefined ? '' : ` → ${fn.returnType}`}`;
}

/** A value in one line: numbers formatted, long lists cut with their length. */
export function valueText(value: Data, format: NumberFormat, digits = 6, shown = 4): string {
  if (typeof value === 'number') return formatNumber(value, format, digits);
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  // Parts of a value are shown a little shorter than a single number.
  const part = (item: Data) => valueText(item, format, Math.min(digits, shown > 4 ? 6 : 4), shown);
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const items = Array.from<Data>(value as ArrayLike<Data>).slice(0, shown);
    const rest = value.length > shown ? `, … (${formatCount(value.length, locale)})` : '';
    return `[${items.map(part).join(', ')}${rest}]`;
  }
  const entries = Object.entries(value);
  const rest = entries.length > shown ? ', …' : '';
  return `{${entries
    .slice(0, shown)
    .map(([key, item]) => `${key}: ${part(item)}`)
    .join(', ')}${rest}}`;
}

export function noticeView(state: AppState): TemplateResult {
  return html`<div class="notice-place" role="status" aria-live="polite">
    ${state.notice === null ? nothing : html`<div class="notice ${state.notice.kind}">${icon(state.notice.kind === 'error' ? 'error' : 'check')}${state.notice.text}</div>`}
  </div>`;
}
