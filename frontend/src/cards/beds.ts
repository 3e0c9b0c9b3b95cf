/** The beds that wait to be cleared. */
import { css, html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { PrintagoCard, shared } from "../card";
import { farmOf, isSilent } from "../farm";
import type { Hass } from "../ha";
import { bedsHead } from "../parts/all-beds";
import { openPrinter } from "../parts/open-printer";
import { dueAction, needText } from "../parts/printer-parts";
import { viewOf, type PrinterView } from "../printer";
import { t } from "../words";

export class BedsCard extends PrintagoCard {
  static override styles = [
    shared,
    css`
      ha-card {
        padding: 12px 16px;
      }
      .beds,
      li {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 48px;
      }
      h3,
      .open {
        flex: 1;
        min-width: 0;
      }
      h3 {
        font-size: 16px;
        font-weight: 500;
      }
    `,
  ];

  protected override shown(hass: Hass): readonly unknown[] {
    const farm = farmOf(hass, this.config?.device_id);
    return farm ? [farm, isSilent(hass, farm), ...waiting(hass, this.config?.device_id)] : [undefined];
  }

  protected override content(hass: Hass): TemplateResult {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return this.sentence(t("no_farm"));
    if (farm.printers.length && isSilent(hass, farm)) return this.sentence(t("silent"));
    const views = waiting(hass, this.config?.device_id);
    if (views.length === 0) return this.sentence(t("no_beds"));
    return html`<ha-card>
      ${bedsHead(this, hass, views)}
      <ul>
        ${repeat(
          views,
          (view) => view.printer.deviceId,
          (view) =>
            html`<li>
              <button class="open" aria-haspopup="dialog" @click=${() => openPrinter(this, view.printer)}>
                <p class="line">${view.printer.name}</p>
                <p class="line muted">${needText(hass, { ...view, need: "bed" })}</p>
              </button>
              ${dueAction(hass, view)}
            </li>`,
        )}
      </ul>
    </ha-card>`;
  }
}

function waiting(hass: Hass, deviceId: string | undefined): PrinterView[] {
  const views = farmOf(hass, deviceId)?.printers.map((printer) => viewOf(hass, printer)) ?? [];
  return views
    .filter((view) => view.bedWaits)
    .sort((a, b) => (a.bedWaitsSince ?? Infinity) - (b.bedWaitsSince ?? Infinity));
}
