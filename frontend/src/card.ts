/** What all cards share: rendering only when something that is shown has changed. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { onBeds } from "./beds";
import type { CardConfig, Hass } from "./ha";
import { haveTime } from "./time";
import { haveWords, t } from "./words";

const MINUTE = 60_000;

export abstract class PrintagoCard extends LitElement {
  static override properties = { config: { attribute: false } };

  declare config: CardConfig | undefined;

  /** Milliseconds for which more changes are gathered before the next look. */
  protected pause = 0;
  /** Whether it has a place in the page, where it can say that it is not connected. */
  protected inPage = true;
  #hass: Hass | undefined;
  #seen: readonly unknown[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #stop: (() => void) | undefined;

  get hass(): Hass | undefined {
    return this.#hass;
  }

  // Home Assistant replaces the object for every change of any state in the house.
  set hass(hass: Hass | undefined) {
    this.#hass = hass;
    if (this.#timer !== undefined || !hass) return;
    this.#look();
    if (this.pause > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#look();
      }, this.pause);
    }
  }

  setConfig(config: CardConfig): void {
    this.config = config;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // What tells how long something takes grows old by itself.
    this.#clock = setInterval(() => this.requestUpdate(), MINUTE);
    this.#stop = onBeds(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stop?.();
  }

  /** Return all that decides what is shown, to be compared with what it was. */
  protected abstract shown(hass: Hass): readonly unknown[];

  protected abstract content(hass: Hass): TemplateResult | typeof nothing;

  protected override render(): TemplateResult | typeof nothing {
    const hass = this.#hass;
    if (!hass) return nothing;
    const redraw = (): void => this.requestUpdate();
    const [words, time] = [haveWords(hass, redraw), haveTime(hass, redraw)];
    if (!words || !time) return nothing;
    // Otherwise a bed that was cleared an hour ago would look as if it still waited.
    if (hass.connected === false && this.inPage) return html`${this.sentence(t("disconnected"))} ${this.content(hass)}`;
    return this.content(hass);
  }

  /** A sentence in place of what can't be shown. */
  protected sentence(text: string): TemplateResult {
    return html`<ha-card style="padding: 12px; height: auto"><p class="sentence" role="status">${text}</p></ha-card>`;
  }

  #look(): void {
    if (!this.#hass) return;
    const seen = [
      this.#hass.connected,
      this.#hass.language,
      this.#hass.locale,
      this.#hass.areas,
      ...this.shown(this.#hass),
    ];
    if (seen.length !== this.#seen.length || seen.some((value, index) => value !== this.#seen[index])) {
      this.#seen = seen;
      this.requestUpdate();
    }
  }
}

/** What several cards look like. Nothing but the theme's own colors. */
export const shared = css`
  :host {
    display: block;
    color: var(--primary-text-color);
    --printago-attention: var(--error-color);
    --printago-wait: var(--warning-color);
    --printago-printing: var(--success-color);
    --printago-ready: var(--info-color);
    --printago-rest: var(--disabled-color, var(--secondary-text-color));
    /* How high what a finger taps is at least. */
    --printago-tap: 0px;
  }
  @media (pointer: coarse) {
    :host {
      --printago-tap: 44px;
    }
  }
  ha-card {
    height: 100%;
    box-sizing: border-box;
    overflow: hidden;
  }
  h2,
  h3,
  p,
  li {
    overflow-wrap: anywhere;
  }
  h2,
  h3,
  p,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  .sentence {
    padding: 4px;
    color: var(--secondary-text-color);
  }
  .muted {
    color: var(--secondary-text-color);
  }
  /* What is wrong, in a line of what is not. */
  .bad {
    padding: 0 8px;
    border-radius: 10px;
    background: color-mix(in srgb, var(--error-color) 22%, transparent);
  }
  .line {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  select,
  .chip,
  input:not([type="checkbox"]) {
    min-height: max(36px, var(--printago-tap));
    max-width: 100%;
    box-sizing: border-box;
    padding: 0 12px;
    border-radius: 22px;
    border: 1px solid var(--divider-color);
    background: var(--card-background-color);
  }
  .chip[aria-pressed="true"] {
    border-color: var(--primary-color);
    background: color-mix(in srgb, var(--primary-color) 20%, var(--card-background-color));
  }
  button {
    border: 0;
    background: none;
    padding: 0;
    text-align: start;
    cursor: pointer;
  }
  button:disabled {
    cursor: default;
    opacity: 0.5;
  }
  .act {
    min-height: max(36px, var(--printago-tap));
    padding: 0 14px;
    border-radius: 22px;
    font-weight: 500;
    white-space: nowrap;
    text-align: center;
    background: color-mix(in srgb, var(--primary-color) 22%, transparent);
  }
  .act.danger {
    background: color-mix(in srgb, var(--error-color) 22%, transparent);
  }
  .act.main {
    color: var(--text-primary-color);
    background: var(--primary-color);
  }
  .act.main.danger {
    background: var(--error-color);
  }
  .act.icon {
    padding: 0;
    min-width: max(36px, var(--printago-tap));
  }
  :focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  a {
    color: inherit;
    /* On a tile above the button that covers it. */
    position: relative;
    display: inline-block;
    line-height: max(1.3em, var(--printago-tap));
  }
  .bar {
    height: 6px;
    border-radius: 3px;
    overflow: hidden;
    background: color-mix(in srgb, var(--secondary-text-color) 25%, transparent);
  }
  .bar > div {
    height: 100%;
    border-radius: 3px;
    background: var(--group-color, var(--printago-printing));
    transition: width 0.5s;
  }
  .attention {
    --group-color: var(--printago-attention);
  }
  .paused,
  .bed {
    --group-color: var(--printago-wait);
  }
  .printing {
    --group-color: var(--printago-printing);
  }
  .ready {
    --group-color: var(--printago-ready);
  }
  .rest {
    --group-color: var(--printago-rest);
  }
  /* White filament must stand out from a white card, and look different from an empty tray. */
  .dot {
    box-sizing: border-box;
    border-radius: 50%;
    border: 1px solid var(--secondary-text-color);
  }
  .dot.empty {
    border-style: dashed;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    ::before {
      transition: none !important;
      animation: none !important;
    }
  }
`;
