/** The small controls that every tab uses, built on VS Code's elements. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';

/** One that is `disabled` keeps the focus, which would fall out of the panel when the button's own click turns it off. */
export function iconButton(
  icon: string,
  label: string,
  onClick: () => void,
  options: { disabled?: boolean; pressed?: boolean } = {},
): TemplateResult {
  return html`<button
    type="button"
    class="icon-button ${options.pressed ? 'pressed' : ''}"
    title=${label}
    aria-label=${label}
    aria-pressed=${options.pressed === undefined ? nothing : String(options.pressed)}
    aria-disabled=${options.disabled ? 'true' : nothing}
    @click=${options.disabled ? undefined : onClick}
  >
    <span class="codicon codicon-${icon}" aria-hidden="true"></span>
  </button>`;
}

export function button(
  label: string,
  onClick: () => void,
  options: { icon?: string; primary?: boolean; disabled?: boolean } = {},
): TemplateResult {
  return html`<vscode-button
    ?secondary=${!options.primary}
    class=${options.disabled ? 'off' : ''}
    aria-disabled=${options.disabled ? 'true' : nothing}
    icon=${options.icon ?? ''}
    @click=${options.disabled ? undefined : onClick}
    >${label}</vscode-button
  >`;
}

export interface Choice<T extends string> {
  value: T;
  label: string;
}

/** A drop-down; its label stands before it, or is left to tooltip and screen readers where room is scarce. */
export function select<T extends string>(
  label: string,
  value: T,
  choices: readonly Choice<T>[],
  onChange: (value: T) => void,
  options: { quiet?: boolean } = {},
): TemplateResult {
  return html`<label class="select" title=${label}>
    <span class=${options.quiet ? 'visually-hidden' : ''}>${label}</span>
    <select .value=${live(value)} @change=${(event: Event) => onChange((event.target as HTMLSelectElement).value as T)}>
      ${choices.map((choice) => html`<option value=${choice.value} ?selected=${choice.value === value}>${choice.label}</option>`)}
    </select>
  </label>`;
}

/** A few exclusive choices side by side; radio buttons underneath, so that arrow keys and screen readers know them. */
export function segmented<T extends string>(
  label: string,
  name: string,
  value: T,
  choices: readonly Choice<T>[],
  onChange: (value: T) => void,
): TemplateResult {
  return html`<fieldset class="segmented">
    <legend>${label}</legend>
    ${choices.map(
      (choice) =>
        html`<label>
          <input
            type="radio"
            name=${name}
            value=${choice.value}
            .checked=${live(choice.value === value)}
            @change=${() => onChange(choice.value)}
          />
          <span>${choice.label}</span>
        </label>`,
    )}
  </fieldset>`;
}

export interface MenuItem {
  icon: string;
  label: string;
  run: () => void;
}

/** A button that opens a short list of actions. */
export function menu(icon: string, label: string, items: readonly MenuItem[]): TemplateResult {
  const close = (event: Event) => {
    const details = (event.currentTarget as HTMLElement).closest('details');
    details?.querySelector('summary')?.focus();
    details?.removeAttribute('open');
  };
  const leave = (event: FocusEvent) => {
    const details = event.currentTarget as HTMLDetailsElement;
    if (!details.contains(event.relatedTarget as Node | null)) details.open = false;
  };
  const escape = (event: KeyboardEvent) => {
    const details = event.currentTarget as HTMLDetailsElement;
    if (event.key !== 'Escape' || !details.open) return;
    details.open = false;
    details.querySelector('summary')?.focus();
  };
  return html`<details class="menu" @focusout=${leave} @keydown=${escape}>
    <summary class="icon-button" title=${label} aria-label=${label}>
      <span class="codicon codicon-${icon}" aria-hidden="true"></span
      ><span class="codicon codicon-chevron-down small" aria-hidden="true"></span>
    </summary>
    <div class="menu-items">
      ${items.map(
        (item) =>
          html`<button
            type="button"
            @click=${(event: Event) => {
              close(event);
              item.run();
            }}
          >
            <span class="codicon codicon-${item.icon}" aria-hidden="true"></span>${item.label}
          </button>`,
      )}
    </div>
  </details>`;
}

/** Text in which `names` stand between back quotes. */
export function prose(text: string): TemplateResult {
  // A number stays with its unit where a line ends.
  const parts = text.replace(/(\d) (?=[nµm]?s\b)/g, '$1\u00a0').split('`');
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** One figure with its name, for summaries. */
export function figure(name: string, value: string | TemplateResult, title?: string): TemplateResult {
  return html`<div class="figure" title=${title ?? nothing}>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

export function icon(name: string): TemplateResult {
  return html`<span class="codicon codicon-${name}" aria-hidden="true"></span>`;
}
