/** The card of one printer. */
import { css, html, nothing, svg, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "../card";
import { printerOf } from "../farm";
import { dotted, percent } from "../format";
import { isKnown, nameOf, type Hass } from "../ha";
import { viewOf, type Message, type PrinterView } from "../printer";
import {
  dueAction,
  endText,
  needText,
  press,
  progressBar,
  statusText,
  swatch,
  trayLabel,
  traysOf,
} from "../parts/printer-parts";
import { openPrinter } from "../parts/open-printer";
import { isolated, t } from "../words";

const TEMPERATURES = ["nozzle_temp", "bed_temp", "chamber_temp"];
const RING = 2 * Math.PI * 29;

export class PrinterCard extends PrintagoCard {
  static override styles = [
    shared,
    css`
      ha-card {
        padding: 12px;
        display: flex;
        flex-direction: column;
        gap: 10px;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: flex-end;
        gap: 12px;
      }
      /* Where the buttons would leave less than this for the text, they go below. */
      .open {
        flex: 1 1 180px;
        min-width: 0;
        display: flex;
        align-items: center;
        gap: 12px;
        border-radius: 12px;
      }
      .text {
        min-width: 0;
        flex: 1;
      }
      .name {
        font-size: 16px;
        font-weight: 500;
      }
      .ring {
        position: relative;
        flex: none;
        width: 64px;
        height: 64px;
      }
      .ring svg {
        position: absolute;
        inset: 0;
        transform: rotate(-90deg);
      }
      circle {
        fill: none;
        stroke-width: 4;
        stroke: color-mix(in srgb, var(--secondary-text-color) 25%, transparent);
      }
      circle.done {
        stroke: var(--group-color);
        stroke-linecap: round;
        transition: stroke-dashoffset 0.5s;
      }
      .ring img,
      .ring ha-icon {
        position: absolute;
        inset: 8px;
        width: 48px;
        height: 48px;
        border-radius: 50%;
        object-fit: contain;
        --mdc-icon-size: 28px;
        display: grid;
        place-items: center;
        color: var(--secondary-text-color);
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 14px;
        font-size: 14px;
      }
      .row ha-icon {
        --mdc-icon-size: 18px;
        color: var(--secondary-text-color);
      }
      .dot {
        display: inline-block;
        width: 18px;
        height: 18px;
      }
      .dot.active {
        outline: 2px solid var(--primary-color);
        outline-offset: 1px;
      }
      .trays {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      .message {
        padding: 8px 10px;
        border-radius: 8px;
        font-size: 14px;
        background: color-mix(in srgb, var(--group-color) 14%, transparent);
      }
    `,
  ];

  protected override shown(hass: Hass): readonly unknown[] {
    const printer = printerOf(hass, this.config?.device_id);
    if (!printer) return [undefined];
    const others = [...TEMPERATURES.flatMap((key) => printer.entities[key] ?? []), ...printer.trays];
    return [printer, viewOf(hass, printer), ...others.map((entityId) => hass.states[entityId])];
  }

  protected override content(hass: Hass): TemplateResult {
    const printer = printerOf(hass, this.config?.device_id);
    if (!printer) return this.sentence(t("no_printer"));
    const view = viewOf(hass, printer);
    return html`<ha-card class="${view.group} ${view.need ?? ""}">
      <div class="head">
        <button class="open" aria-haspopup="dialog" @click=${() => openPrinter(this, printer)}>
          ${this.#ring(hass, view)}
          <div class="text">
            <h3 class="name line">${printer.name}</h3>
            <p class="line" aria-live="polite">
              ${dotted(view.need === "bed" || view.need === "lost" ? needText(hass, view) : statusText(hass, view), view.job)}
            </p>
            <p class="line muted">
              ${dotted(view.progress === null ? null : percent(hass, view.progress), endText(hass, view))}
            </p>
          </div>
        </button>
        ${dueAction(hass, view)} ${this.#pause(hass, view)}
      </div>
      ${
        view.need === "problem" || view.need === "failed"
          ? html`<p class="message" role="status">${needText(hass, view)} ${wiki(view.messages[0])}</p>`
          : nothing
      }
      ${this.#readings(hass, view)}
    </ha-card>`;
  }

  #ring(hass: Hass, view: PrinterView): TemplateResult {
    const picture = view.progress === null ? null : view.cover;
    return html`<div class="ring">
      <svg viewBox="0 0 64 64" aria-hidden="true">
        <circle cx="32" cy="32" r="29"></circle>
        ${
          view.progress === null
            ? nothing
            : svg`<circle
              class="done"
              cx="32"
              cy="32"
              r="29"
              stroke-dasharray=${RING}
              stroke-dashoffset=${RING * (1 - view.progress / 100)}
            ></circle>`
        }
      </svg>
      ${
        picture
          ? html`<img src=${hass.hassUrl(picture)} alt="" loading="lazy" />`
          : html`<ha-icon icon="mdi:printer-3d"></ha-icon>`
      }
      <span class="hidden">${progressBar(hass, view)}</span>
    </div>`;
  }

  #pause(hass: Hass, view: PrinterView): TemplateResult | typeof nothing {
    const pause = view.printer.entities.pause;
    if (view.status !== "running" || !pause) return nothing;
    return html`<button
      class="act icon"
      aria-label=${t("pause_of", { printer: view.printer.name })}
      @click=${() => press(hass, pause)}
    >
      <ha-icon icon="mdi:pause"></ha-icon>
    </button>`;
  }

  #readings(hass: Hass, view: PrinterView): TemplateResult | typeof nothing {
    const icons = ["mdi:printer-3d-nozzle", "mdi:radiator", "mdi:thermometer"];
    const temperatures = TEMPERATURES.map((key, index) => {
      const state = hass.states[view.printer.entities[key] ?? ""];
      if (!isKnown(state)) return nothing;
      const name = nameOf(hass, state.entity_id);
      return html`<span title=${name}
        ><ha-icon icon=${icons[index]}></ha-icon
        ><span class="hidden">${name}</span> ${isolated(hass.formatEntityState(state))}</span
      >`;
    });
    const trays = traysOf(hass, view.printer);
    if (!view.online) return nothing;
    return html`<div class="row">
      ${temperatures}
      <div class="trays" role="list" aria-label=${t("trays")}>
        ${trays.map(
          (tray) =>
            html`<span
              class="dot ${tray.active ? "active" : ""} ${tray.empty ? "empty" : ""}"
              role="listitem"
              style="background:${swatch(tray)}"
              title=${trayLabel(tray)}
              aria-label=${trayLabel(tray)}
            ></span>`,
        )}
      </div>
    </div>`;
  }
}

export function wiki(message: Message | undefined): TemplateResult | typeof nothing {
  if (!message?.wiki) return nothing;
  return html`<a href=${message.wiki} target="_blank" rel="noreferrer">${t("what_to_do")}</a>`;
}
