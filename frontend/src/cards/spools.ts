/** Every tray of the farm: what is loaded where, and how much of it is left. */
import { css, html, nothing, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "../card";
import { farmOf, isSilent, type Farm, type Printer } from "../farm";
import { finder, percent } from "../format";
import type { Hass } from "../ha";
import type { Tray } from "../printer";
import { materialTable, tableEntity } from "../parts/material-table";
import { openPrinter } from "../parts/open-printer";
import { swatch, trayLabel, traysOf } from "../parts/printer-parts";
import { t } from "../words";

/** Percent from which on a spool is nearly used up. */
const LOW = 15;

interface Known {
  loaded: boolean;
  materials?: { id: string; name: string; colors: { id: string; name: string }[] }[];
  /** Slots by the entities of their trays. */
  slots?: Record<string, string>;
}

export class SpoolsCard extends PrintagoCard {
  static override properties = {
    ...PrintagoCard.properties,
    search: { state: true },
    type: { state: true },
    open: { state: true },
    known: { state: true },
    material: { state: true },
  };
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
        min-height: max(36px, var(--printago-tap));
        width: 100%;
      }
      h3 button {
        min-height: var(--printago-tap);
      }
      .tray .line {
        flex: 1;
      }
      .dot {
        flex: none;
        width: 26px;
        height: 26px;
      }
      .materials {
        display: block;
        overflow-x: auto;
        border-collapse: collapse;
        margin-bottom: 12px;
      }
      .materials caption {
        padding-bottom: 4px;
        font-weight: 500;
        text-align: start;
      }
      .materials th,
      .materials td {
        padding-block: 4px;
        padding-inline: 0 12px;
        font-weight: 400;
        text-align: end;
        white-space: nowrap;
      }
      .materials th:first-child {
        width: 100%;
        text-align: start;
        white-space: normal;
      }
      .materials thead {
        color: var(--secondary-text-color);
      }
      .materials .dot {
        display: inline-block;
        width: 16px;
        height: 16px;
        margin-inline-end: 8px;
        vertical-align: middle;
      }
    `,
  ];

  declare search: string;
  declare type: string;
  /** The tray to which a material is being assigned. */
  declare open: string | null;
  declare known: Known | undefined;
  declare material: string;

  constructor() {
    super();
    this.open = null;
    this.material = "";
    this.search = "";
    this.type = "";
    this.pause = 250;
  }

  protected override shown(hass: Hass): readonly unknown[] {
    const farm = farmOf(hass, this.config?.device_id);
    return [
      farm,
      farm && isSilent(hass, farm),
      hass.states[tableEntity(farm) ?? ""],
      ...(farm?.printers.flatMap((printer) => printer.trays.map((id) => hass.states[id])) ?? []),
    ];
  }

  protected override content(hass: Hass): TemplateResult {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return this.sentence(t("no_farm"));
    if (farm.printers.length && isSilent(hass, farm)) return this.sentence(t("silent"));
    const loaded = farm.printers
      .map((printer) => ({ printer, trays: traysOf(hass, printer) }))
      .filter(({ trays }) => trays.length > 0);
    if (loaded.length === 0) return this.sentence(t("no_trays"));
    const types = [...new Set(loaded.flatMap(({ trays }) => trays.flatMap(({ type }) => type ?? [])))].sort();
    const matches = finder(this.search);
    const found = loaded
      .map(({ printer, trays }) => ({
        printer,
        trays: trays.filter(
          (tray) =>
            (this.type === "" || tray.type === this.type) &&
            matches(tray.name, tray.material, tray.type, ...tray.colors, printer.name),
        ),
      }))
      .filter(({ trays }) => trays.length > 0);
    return html`<ha-card>
      ${materialTable(hass, farm)}
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
                    html`<li>
                      <button
                        class="tray ${tray.empty ? "muted" : ""}"
                        aria-expanded=${this.open === tray.entityId}
                        title=${`${hass.entities[tray.entityId]?.name ?? ""}: ${trayLabel(tray)}`}
                        @click=${() => this.#toggle(hass, farm, tray)}
                      >
                        <span class="dot ${tray.empty ? "empty" : ""}" style="background:${swatch(tray)}"></span>
                        <span class="line">${trayLabel(tray)}</span>
                        ${
                          tray.remaining === null || tray.empty
                            ? nothing
                            : html`<span class=${tray.remaining <= LOW ? "bad" : "muted"}
                                >${percent(hass, tray.remaining)}</span
                              >`
                        }
                      </button>
                      ${this.open === tray.entityId ? this.#assign(hass, printer, tray) : nothing}
                    </li>`,
                )}
              </ul>
            </section>`,
        )}
      </div>
    </ha-card>`;
  }

  #toggle(hass: Hass, farm: Farm, tray: Tray): void {
    this.open = this.open === tray.entityId ? null : tray.entityId;
    this.material = "";
    if (this.open === null) return;
    // It costs no request, and materials are added while the page is open.
    hass.connection
      .sendMessagePromise({ type: "printago/materials", device_id: farm.deviceId })
      .then((answer) => (this.known = answer as Known))
      .catch(() => (this.known ??= { loaded: false }));
  }

  #assign(hass: Hass, printer: Printer, tray: Tray): TemplateResult {
    const { materials = [], slots = {} } = this.known ?? {};
    const slot = slots[tray.entityId];
    if (!this.known) return html`<p class="muted">…</p>`;
    if (materials.length === 0 || slot === undefined) return html`<p class="muted">${t("materials_unknown")}</p>`;
    const colors = materials.find(({ name }) => name === this.material)?.colors ?? [];
    const assign = (event: SubmitEvent): void => {
      event.preventDefault();
      const variant = new FormData(event.target as HTMLFormElement).get("color");
      const data = { printers: [printer.deviceId], slots: [slot], material: this.material };
      hass
        .callService("printago", "assign_material", { ...data, ...(variant ? { variant } : {}) })
        // Home Assistant shows by itself why it failed.
        .then(() => (this.open = null))
        .catch(() => undefined);
    };
    return html`<form class="tools" @submit=${assign}>
      <select
        required
        aria-label=${t("material")}
        @change=${(event: Event) => (this.material = (event.target as HTMLSelectElement).value)}
      >
        <option value="">${t("material")}</option>
        ${materials.map(({ name }) => html`<option ?selected=${name === this.material}>${name}</option>`)}
      </select>
      ${
        colors.length
          ? html`<select name="color" aria-label=${t("color")}>
              <option value="">${t("any_color")}</option>
              ${colors.map(({ name }) => html`<option>${name}</option>`)}
            </select>`
          : nothing
      }
      <button class="act" ?disabled=${this.material === ""}>${t("assign")}</button>
    </form>`;
  }
}
