/** Every tray of the farm: what is loaded where, and how much of it is left. */
import { css, html, nothing, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "../card";
import { farmOf } from "../farm";
import { percent } from "../format";
import type { Hass } from "../ha";
import { openPrinter } from "../parts/open-printer";
import { swatch, trayLabel, traysOf } from "../parts/printer-parts";
import { t } from "../words";

export class SpoolsCard extends PrintagoCard {
  static override properties = { ...PrintagoCard.properties, search: { state: true }, type: { state: true } };
  static override styles = [
    shared,
    css`
      ha-card {
        padding: 12px 16px;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-bottom: 8px;
      }
      .tools input,
      .tools select {
        min-height: 36px;
        box-sizing: border-box;
        padding: 0 12px;
        border-radius: 18px;
        border: 1px solid var(--divider-color);
        background: var(--card-background-color);
      }
      .tools input {
        flex: 1;
        min-width: 140px;
      }
      .printers {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr));
        gap: 12px 24px;
      }
      h3 {
        font-size: 15px;
        font-weight: 500;
      }
      .tray {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 36px;
      }
      .tray .line {
        flex: 1;
      }
      .dot {
        flex: none;
        width: 26px;
        height: 26px;
        box-sizing: border-box;
        border-radius: 50%;
        border: 1px solid var(--divider-color);
      }
      .low {
        color: var(--error-color);
      }
    `,
  ];

  declare search: string;
  declare type: string;

  constructor() {
    super();
    this.search = "";
    this.type = "";
    this.pause = 250;
  }

  protected override shown(hass: Hass): readonly unknown[] {
    const farm = farmOf(hass, this.config?.device_id);
    return [farm, ...(farm?.printers.flatMap((printer) => printer.trays.map((id) => hass.states[id])) ?? [])];
  }

  protected override content(hass: Hass): TemplateResult {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return this.sentence(t("no_farm"));
    const loaded = farm.printers
      .map((printer) => ({ printer, trays: traysOf(hass, printer) }))
      .filter(({ trays }) => trays.length > 0);
    if (loaded.length === 0) return this.sentence(t("no_trays"));
    const types = [...new Set(loaded.flatMap(({ trays }) => trays.flatMap(({ type }) => type ?? [])))].sort();
    const wanted = this.search.trim().toLocaleLowerCase();
    const found = loaded
      .map(({ printer, trays }) => ({
        printer,
        trays: trays.filter(
          (tray) =>
            (this.type === "" || tray.type === this.type) &&
            (wanted === "" ||
              [tray.name, tray.material ?? "", tray.type ?? "", ...tray.colors, printer.name]
                .join(" ")
                .toLocaleLowerCase()
                .includes(wanted)),
        ),
      }))
      .filter(({ trays }) => trays.length > 0);
    return html`<ha-card>
      <div class="tools">
        <input
          type="search"
          aria-label=${t("search_material")}
          placeholder=${t("search_material")}
          .value=${this.search}
          @input=${(event: InputEvent) => (this.search = (event.target as HTMLInputElement).value)}
        />
        <select
          aria-label=${t("material_type")}
          @change=${(event: Event) => (this.type = (event.target as HTMLSelectElement).value)}
        >
          <option value="">${t("all_types")}</option>
          ${types.map((type) => html`<option ?selected=${type === this.type}>${type}</option>`)}
        </select>
      </div>
      ${found.length === 0 ? html`<p class="muted" role="status">${t("nothing_found")}</p>` : nothing}
      <div class="printers">
        ${found.map(
          ({ printer, trays }) =>
            html`<section aria-label=${printer.name}>
              <h3>
                <button aria-haspopup="dialog" @click=${() => openPrinter(this, printer)}>${printer.name}</button>
              </h3>
              <ul>
                ${trays.map(
                  (tray) =>
                    html`<li class="tray ${tray.empty ? "muted" : ""}">
                      <span class="dot ${tray.empty ? "empty" : ""}" style="background:${swatch(tray)}"></span>
                      <span class="line" title=${hass.entities[tray.entityId]?.name ?? ""}>${trayLabel(tray)}</span>
                      ${
                        tray.remaining === null || tray.empty
                          ? nothing
                          : html`<span class=${tray.remaining <= 15 ? "low" : "muted"}
                              >${percent(hass, tray.remaining)}</span
                            >`
                      }
                    </li>`,
                )}
              </ul>
            </section>`,
        )}
      </div>
    </ha-card>`;
  }
}
