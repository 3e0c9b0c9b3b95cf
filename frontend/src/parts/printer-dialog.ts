/** Everything about one printer. */
import { css, html, nothing, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "../card";
import { wiki } from "../cards/printer";
import { CardDialog, dialogStyle } from "../dialog";
import { farmOf, printerOf, type Printer } from "../farm";
import { dotted, percent, relative } from "../format";
import { isKnown, nameOf, showMoreInfo, type Hass, type State } from "../ha";
import { Live } from "../live";
import { use } from "../load";
import { viewOf, type PrinterView } from "../printer";
import { isolated, t } from "../words";
import { pastPrints, pastStyle, type PastPrint } from "./past";
import {
  askToStop,
  dueAction,
  endText,
  needText,
  press,
  progressBar,
  statusText,
  swatch,
  trayLabel,
  traysOf,
} from "./printer-parts";

const READINGS = [
  "stage",
  "current_layer",
  "nozzle_temp",
  "bed_temp",
  "chamber_temp",
  "cooling_fan_speed",
  "total_usage_hours",
  "total_print_jobs",
];
const LAST_PRINTS = 5;
const SWITCHES = ["enabled", "fabmatic", "maintenance_mode", "chamber_light"];

export class PrinterDialog extends CardDialog {
  static override properties = { ...PrintagoCard.properties, skipping: { state: true } };
  static override styles = [
    shared,
    dialogStyle,
    pastStyle,
    css`
      .now {
        display: flex;
        gap: 16px;
        align-items: center;
      }
      .now img {
        width: 96px;
        height: 96px;
        object-fit: contain;
        border-radius: 12px;
      }
      .now > div {
        flex: 1;
        min-width: 0;
        display: flex;
        flex-direction: column;
        gap: 6px;
      }
      .message {
        padding: 8px 10px;
        border-radius: 8px;
        background: color-mix(in srgb, var(--error-color) 14%, transparent);
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr));
        gap: 4px 16px;
      }
      .grid button,
      .switch {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        min-height: max(36px, var(--printago-tap));
        align-items: center;
        width: 100%;
      }
      .dot {
        flex: none;
        width: 22px;
        height: 22px;
      }
      .tray {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 36px;
      }
      [role="switch"] {
        position: relative;
        flex: none;
        width: 40px;
        height: 24px;
        border-radius: 12px;
        padding: 3px;
        background: color-mix(in srgb, var(--secondary-text-color) 40%, transparent);
      }
      [role="switch"]::before {
        content: "";
        display: block;
        width: 18px;
        height: 18px;
        border-radius: 50%;
        background: var(--card-background-color);
        transition: margin 0.15s;
      }
      /* As high as its row, for fingers. */
      [role="switch"]::after {
        content: "";
        position: absolute;
        inset: -10px -4px;
      }
      [role="switch"][aria-checked="true"] {
        background: var(--primary-color);
      }
      [role="switch"][aria-checked="true"]::before {
        margin-inline-start: 16px;
      }
    `,
  ];

  /** Whether the objects of the print are shown. */
  declare skipping: boolean;
  #live = new Live<{ prints?: PastPrint[] }>(this);
  #follow: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.skipping = false;
  }

  static open(card: PrintagoCard, printer: Printer): void {
    const dialog = new PrinterDialog();
    if (!dialog.appear(card, printer.deviceId)) return;
    // Cards get Home Assistant's newest state, what they open does not.
    dialog.#follow = setInterval(() => (dialog.hass = card.hass), 500);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#follow);
  }

  protected override shown(hass: Hass): readonly unknown[] {
    const printer = printerOf(hass, this.config?.device_id);
    if (!printer) return [undefined];
    return [printer, ...[...Object.values(printer.entities), ...printer.trays].map((id) => hass.states[id])];
  }

  protected override content(hass: Hass): TemplateResult | typeof nothing {
    const printer = printerOf(hass, this.config?.device_id);
    if (!printer) return nothing;
    const view = viewOf(hass, printer);
    return html`<dialog aria-labelledby="title" class="${view.group} ${view.need ?? ""}" @close=${() => this.remove()}>
      <div>
        ${this.head(html`${printer.name} <span class="muted">${printer.model}</span>`)} ${this.#now(hass, view)}
        ${view.messages.map(
          (each) => html`<p class="message" role="status">${each.message ?? each.code} ${wiki(each)}</p>`,
        )}
        <div class="buttons">${dueAction(hass, view)} ${this.#actions(hass, view)}</div>
        ${
          this.skipping && view.busy
            ? html`<printago-plate .hass=${hass} .deviceId=${printer.deviceId}></printago-plate>`
            : nothing
        }
        <div class="grid">${READINGS.map((key) => this.#reading(hass, hass.states[printer.entities[key] ?? ""]))}</div>
        <ul>
          ${traysOf(hass, printer).map(
            (tray) =>
              html`<li class="tray">
                <span class="dot ${tray.empty ? "empty" : ""}" style="background:${swatch(tray)}"></span>
                <span class="line">${trayLabel(tray)}</span>
                ${tray.remaining === null ? nothing : html`<span class="muted">${percent(hass, tray.remaining)}</span>`}
                ${tray.active ? html`<span class="muted">· ${t("in_use")}</span>` : nothing}
              </li>`,
          )}
        </ul>
        <div>${SWITCHES.map((key) => this.#switch(hass, printer.entities[key]))}</div>
        ${this.#last(hass, printer)} ${this.#past(hass, printer)}
      </div>
    </dialog>`;
  }

  #now(hass: Hass, view: PrinterView): TemplateResult {
    return html`<div class="now">
      ${view.cover && view.progress !== null ? html`<img src=${hass.hassUrl(view.cover)} alt="" />` : nothing}
      <div aria-live="polite">
        <p>${dotted(view.need === "lost" ? needText(hass, view) : statusText(hass, view), view.job)}</p>
        ${view.failure ? html`<p>${t("failed_because", { reason: view.failure })}</p>` : nothing}
        ${progressBar(hass, view)}
        <p class="muted">
          ${dotted(view.progress === null ? null : percent(hass, view.progress), endText(hass, view))}
        </p>
      </div>
    </div>`;
  }

  #actions(hass: Hass, view: PrinterView): TemplateResult | typeof nothing {
    const { pause, stop } = view.printer.entities;
    if (!view.busy) return nothing;
    return html`${
      isKnown(hass.states[view.printer.entities.current_job ?? ""])
        ? html`<button class="act" aria-expanded=${this.skipping} @click=${() => this.#showObjects()}>
            ${t("skip_objects")}
          </button>`
        : nothing
    }
    ${
      view.status === "running" && pause
        ? html`<button class="act" @click=${() => press(hass, pause)}>${t("pause")}</button>`
        : nothing
    }
    ${
      stop
        ? html`<button class="act danger" @click=${() => askToStop(this, hass, view.printer)}>${t("stop")}</button>`
        : nothing
    }`;
  }

  #showObjects(): void {
    if (this.skipping) this.skipping = false;
    else use(this, import("./plate"), () => (this.skipping = true));
  }

  #reading(hass: Hass, state: State | undefined): TemplateResult | typeof nothing {
    if (!isKnown(state)) return nothing;
    return html`<button @click=${() => showMoreInfo(this, state.entity_id)}>
      <span class="muted line">${nameOf(hass, state.entity_id)}</span>
      <span>${isolated(hass.formatEntityState(state))}</span>
    </button>`;
  }

  #switch(hass: Hass, entityId: string | undefined): TemplateResult | typeof nothing {
    const state = entityId === undefined ? undefined : hass.states[entityId];
    if (!entityId || !isKnown(state)) return nothing;
    const name = nameOf(hass, entityId);
    const on = state.state === "on";
    return html`<div class="switch">
      <span>${name}</span>
      <button
        role="switch"
        aria-checked=${on}
        aria-label=${name}
        @click=${() => {
          hass.callService("homeassistant", "toggle", { entity_id: entityId }).catch(() => undefined);
        }}
      ></button>
    </div>`;
  }

  /** The last prints, where the history knows any. */
  #past(hass: Hass, printer: Printer): TemplateResult | typeof nothing {
    const farm = farmOf(hass, printer.deviceId);
    const message = { type: "printago/history/subscribe", device_id: printer.deviceId, limit: LAST_PRINTS };
    this.#live.follow(hass, message);
    const prints = this.#live.data?.prints ?? [];
    if (!farm || prints.length === 0) return nothing;
    return html`<section>
      <h3>${t("history_title")}</h3>
      ${pastPrints(hass, farm, prints, true)}
    </section>`;
  }

  #last(hass: Hass, printer: Printer): TemplateResult | typeof nothing {
    const state = hass.states[printer.entities.last_print_result ?? ""];
    if (!isKnown(state) || this.#live.data?.prints?.length) return nothing;
    const ended = Date.parse(String(state.attributes.ended_at));
    const parts = [state.attributes.job, state.attributes.reason].filter((each) => typeof each === "string");
    return html`<p class="muted">
      ${t("last_print")}: ${hass.formatEntityState(state)} ${Number.isNaN(ended) ? nothing : relative(hass, ended)}
      ${parts.map((each) => `· ${each} `)}
    </p>`;
  }
}

customElements.define("printago-printer-dialog", PrinterDialog);
