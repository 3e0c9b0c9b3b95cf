/** Asks how something is to be printed, says what that does, and then what came of it. */
import { css, html, nothing, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "../card";
import { dialogStyle } from "../dialog";
import { farmOf, type Farm } from "../farm";
import type { Hass } from "../ha";
import { trayOf } from "../printer";
import { t } from "../words";

export interface Item {
  kind: "part" | "sku";
  id: string;
  name: string;
  about: string;
  picture: string | null;
}

const MOST = 500;

export class PrintDialog extends PrintagoCard {
  static override properties = { ...PrintagoCard.properties, state: { state: true }, said: { state: true } };
  static override styles = [
    shared,
    dialogStyle,
    css`
      .head {
        display: flex;
        align-items: center;
        gap: 16px;
      }
      .head img {
        width: 72px;
        height: 72px;
        object-fit: contain;
      }
      label {
        display: flex;
        flex-direction: column;
        gap: 4px;
      }
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr));
        gap: 12px;
      }
      .check {
        flex-direction: row;
        align-items: center;
        gap: 8px;
        align-self: end;
        min-height: 40px;
      }
      input:not([type="checkbox"]),
      select {
        min-height: 40px;
        box-sizing: border-box;
        width: 100%;
        padding: 0 12px;
        border-radius: 10px;
        border: 1px solid var(--divider-color);
        background: var(--card-background-color);
      }
      .error {
        color: var(--error-color);
      }
    `,
  ];

  declare state: "asking" | "sending" | "done";
  declare said: string;
  #item: Item | undefined;

  constructor() {
    super();
    this.state = "asking";
    this.said = "";
  }

  static open(card: PrintagoCard, farm: Farm, item: Item): void {
    const dialog = new PrintDialog();
    dialog.setConfig({ type: "", device_id: farm.deviceId });
    dialog.#item = item;
    dialog.hass = card.hass;
    card.renderRoot.append(dialog);
  }

  protected override updated(): void {
    const dialog = this.renderRoot.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  protected override shown(hass: Hass): readonly unknown[] {
    return [farmOf(hass, this.config?.device_id)];
  }

  protected override content(hass: Hass): TemplateResult | typeof nothing {
    const farm = farmOf(hass, this.config?.device_id);
    const item = this.#item;
    if (!farm || !item) return nothing;
    return html`<dialog aria-labelledby="title" @close=${() => this.remove()}>
      <div>
        <div class="head">
          ${item.picture ? html`<img src=${hass.hassUrl(item.picture)} alt="" />` : nothing}
          <div>
            <h2 id="title">${item.name}</h2>
            <p class="muted">${item.about}</p>
          </div>
        </div>
        ${this.state === "done" ? nothing : this.#fields(hass, farm)}
        <p class=${this.state === "asking" && this.said ? "error" : ""} role="status">
          ${this.said || (this.state === "asking" ? this.#will(farm, item) : t("sending"))}
        </p>
        <div class="buttons">
          ${
            this.state === "done"
              ? html`<button class="act main" autofocus @click=${() => this.remove()}>${t("close")}</button>`
              : html`<button class="act" @click=${() => this.remove()}>${t("keep")}</button>
                  <button
                    class="act main"
                    ?disabled=${this.state === "sending"}
                    @click=${() => this.#print(hass, item)}
                  >
                    ${t("print")}
                  </button>`
          }
        </div>
      </div>
    </dialog>`;
  }

  #fields(hass: Hass, farm: Farm): TemplateResult {
    const trays = farm.printers.flatMap((printer) => printer.trays.map((entityId) => trayOf(hass, entityId)));
    const names = trays.flatMap(({ empty, known, type, material, name }) =>
      known && !empty ? [type, material ?? name] : [],
    );
    const materials = [...new Set(names.filter((name) => name !== null && name !== ""))].sort();
    const changed = (): void => {
      this.said = "";
      this.requestUpdate();
    };
    return html`<div class="fields" @input=${changed} @change=${changed}>
      <label>
        ${t("quantity")}
        <input id="quantity" type="number" min="1" max=${MOST} step="1" value="1" inputmode="numeric" autofocus />
      </label>
      <label>
        ${t("printer")}
        <select id="printer">
          <option value="">${t("any_printer")}</option>
          ${farm.printers.map((printer) => html`<option value=${printer.deviceId}>${printer.name}</option>`)}
        </select>
      </label>
      ${
        this.#item?.kind === "part"
          ? html`<label>
              ${t("material")}
              <select id="material">
                <option value="">${t("own_material")}</option>
                ${materials.map((material) => html`<option>${material}</option>`)}
              </select>
            </label>`
          : nothing
      }
      <label>
        ${t("label")}
        <input id="label" type="text" maxlength="200" />
      </label>
      <label class="check"><input id="front" type="checkbox" /> ${t("to_front")}</label>
      <label class="check"><input id="low" type="checkbox" /> ${t("low_priority")}</label>
    </div>`;
  }

  #value(id: string): string {
    return this.renderRoot.querySelector<HTMLInputElement | HTMLSelectElement>(`#${id}`)?.value.trim() ?? "";
  }

  #checked(id: string): boolean {
    return this.renderRoot.querySelector<HTMLInputElement>(`#${id}`)?.checked ?? false;
  }

  /** Return how many, NaN for what is no number of prints. */
  #quantity(): number {
    const quantity = Number(this.#value("quantity") || "1");
    return Number.isInteger(quantity) && quantity >= 1 && quantity <= MOST ? quantity : NaN;
  }

  #will(farm: Farm, item: Item): string {
    const count = this.#quantity();
    if (Number.isNaN(count)) return t("wrong_quantity", { most: MOST });
    const printer = farm.printers.find(({ deviceId }) => deviceId === this.#value("printer"));
    const values = { count, thing: item.name, printer: printer?.name ?? "" };
    return printer ? t("will_print_on", values) : t("will_print", values);
  }

  #print(hass: Hass, item: Item): void {
    const quantity = this.#quantity();
    if (Number.isNaN(quantity)) {
      this.said = t("wrong_quantity", { most: MOST });
      return;
    }
    const chosen = { printer: this.#value("printer"), material: this.#value("material"), label: this.#value("label") };
    const data = {
      [item.kind]: item.id,
      quantity,
      ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== "")),
      ...(this.#checked("front") ? { position: "front" } : {}),
      ...(this.#checked("low") ? { priority: "low" } : {}),
    };
    this.state = "sending";
    this.said = "";
    hass
      .callService("printago", "submit_print_job", data, undefined, false, true)
      .then(({ response }) => {
        const jobs = (response as { job_ids?: unknown[] } | undefined)?.job_ids ?? [];
        this.state = "done";
        this.said = t("printed", { count: jobs.length, thing: item.name });
      })
      .catch((error: unknown) => {
        this.state = "asking";
        this.said = (error as { message?: string } | undefined)?.message ?? t("no_answer");
      });
  }
}

customElements.define("printago-print-dialog", PrintDialog);
