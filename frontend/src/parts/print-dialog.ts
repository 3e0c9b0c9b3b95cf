/** Asks how something is to be printed, says what that does, and then what came of it. */
import { css, html, nothing, type TemplateResult } from "lit";
import { act } from "../act";
import { PrintagoCard, shared } from "../card";
import { CardDialog, close, dialogStyle } from "../dialog";
import { farmOf, type Farm } from "../farm";
import type { Hass } from "../ha";
import { explain } from "../live";
import { t } from "../words";

export interface Item {
  kind: "part" | "sku";
  id: string;
  name: string;
  about: string;
  picture: string | null;
}

/** What can be chosen besides what is loaded. */
interface Choices {
  tags: string[];
  /** What the trays hold, by type, material and color. */
  loaded: { material: string; variant?: string; name: string }[];
  options: { name: string; values: string[]; free: boolean }[];
}

const MOST = 500;
const PLACES: Record<string, object> = { front: { position: "front" }, low: { priority: "low" } };

export class PrintDialog extends CardDialog {
  static override properties = {
    ...PrintagoCard.properties,
    state: { state: true },
    said: { state: true },
    choices: { state: true },
    tags: { state: true },
  };
  static override styles = [
    shared,
    dialogStyle,
    css`
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
      .wide {
        grid-column: 1 / -1;
      }
      .tags {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      input,
      select {
        width: 100%;
      }
      .error {
        color: var(--error-color);
      }
    `,
  ];

  declare state: "asking" | "sending" | "done";
  declare said: string;
  declare choices: Choices;
  declare tags: readonly string[];
  #item: Item | undefined;

  constructor() {
    super();
    this.state = "asking";
    this.said = "";
    this.choices = { tags: [], loaded: [], options: [] };
    this.tags = [];
  }

  static open(card: PrintagoCard, farm: Farm, item: Item): void {
    const dialog = new PrintDialog();
    dialog.#item = item;
    if (dialog.appear(card, farm.deviceId)) dialog.#ask(farm, item);
  }

  /** Ask what can be chosen; without an answer a part still can be printed. */
  #ask(farm: Farm, item: Item): void {
    const sku = item.kind === "sku" ? { sku: item.id } : {};
    this.hass?.connection
      .sendMessagePromise({ type: "printago/choices", device_id: farm.deviceId, ...sku })
      .then((answer) => (this.choices = { ...this.choices, ...(answer as Choices) }))
      .catch(() => undefined);
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
        ${this.state === "done" ? nothing : this.#fields(farm)}
        <p class=${this.state === "asking" && this.said ? "error" : ""} role="status">
          ${this.said || (this.state === "asking" ? this.#will(farm, item) : t("sending"))}
        </p>
        <div class="buttons">
          ${
            this.state === "done"
              ? html`<button class="act" @click=${() => (this.state = "asking")}>${t("print_another")}</button>
                  ${queuePath() ? html`<button class="act" @click=${this.#showQueue}>${t("show_queue")}</button>` : nothing}
                  <button class="act main" autofocus @click=${() => close(this)}>${t("close")}</button>`
              : html`<button class="act" @click=${() => close(this)}>${t("keep")}</button>
                  <button
                    class="act main"
                    ?disabled=${this.state === "sending"}
                    @click=${() => this.#print(hass, farm, item)}
                  >
                    ${t("print")}
                  </button>`
          }
        </div>
      </div>
    </dialog>`;
  }

  #fields(farm: Farm): TemplateResult {
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
      ${this.choices.tags.length && this.#value("printer") === "" ? this.#tags() : nothing}
      ${
        this.#item?.kind === "part"
          ? html`<label>
              ${t("material")}
              <select id="material">
                <option value="">${t("own_material")}</option>
                ${this.choices.loaded.map(({ name }, index) => html`<option value=${index}>${name}</option>`)}
              </select>
            </label>`
          : nothing
      }
      ${this.choices.options.map((option, index) => this.#option(option, index))}
      <label>
        ${t("label")}
        <input id="label" type="text" maxlength="200" />
      </label>
      <label>
        ${t("place")}
        <select id="place">
          <option value="">${t("place_back")}</option>
          <option value="front">${t("place_front")}</option>
          <option value="low">${t("low_priority")}</option>
        </select>
      </label>
    </div>`;
  }

  #tags(): TemplateResult {
    const toggle = (tag: string): void => {
      this.tags = this.tags.includes(tag) ? this.tags.filter((other) => other !== tag) : [...this.tags, tag];
    };
    return html`<div class="wide" role="group" aria-labelledby="tags">
      <span id="tags">${t("any_tags")}</span>
      <div class="tags">
        ${this.choices.tags.map(
          (tag) =>
            html`<button class="chip" aria-pressed=${this.tags.includes(tag)} @click=${() => toggle(tag)}>
              ${tag}
            </button>`,
        )}
      </div>
    </div>`;
  }

  #option({ name, values, free }: Choices["options"][number], index: number): TemplateResult {
    const id = `option-${index}`;
    if (free)
      return html`<label>${t("option_free", { option: name })}<input id=${id} type="text" maxlength="200" /></label>`;
    return html`<label>
      ${name}
      <select id=${id}>
        <option value="">${t("own_material")}</option>
        ${values.map((value) => html`<option>${value}</option>`)}
      </select>
    </label>`;
  }

  #value(id: string): string {
    return this.renderRoot.querySelector<HTMLInputElement | HTMLSelectElement>(`#${id}`)?.value.trim() ?? "";
  }

  /** Return how many, NaN for what is no number of prints. */
  #quantity(): number {
    const quantity = Number(this.#value("quantity") || "1");
    return Number.isInteger(quantity) && quantity >= 1 && quantity <= MOST ? quantity : NaN;
  }

  /** Return what is going to happen, in sentences. */
  #will(farm: Farm, item: Item): string {
    const count = this.#quantity();
    if (Number.isNaN(count)) return t("wrong_quantity", { most: MOST });
    const printer = farm.printers.find(({ deviceId }) => deviceId === this.#value("printer"));
    const values = { count, thing: item.name, printer: printer?.name ?? "", tags: this.tags.join(", ") };
    const material = this.#material();
    const place = this.#value("place");
    const sentences = [
      printer ? t("will_print_on", values) : this.tags.length ? t("will_print_tags", values) : t("will_print", values),
      material ? t("will_use", { material: material.name }) : "",
      place ? t(`will_come_${place}`) : "",
    ];
    return sentences.filter(Boolean).join(" ");
  }

  #material(): Choices["loaded"][number] | undefined {
    const chosen = this.#value("material");
    return chosen === "" ? undefined : this.choices.loaded[Number(chosen)];
  }

  #print(hass: Hass, farm: Farm, item: Item): void {
    const quantity = this.#quantity();
    if (Number.isNaN(quantity)) {
      this.said = t("wrong_quantity", { most: MOST });
      return;
    }
    const chosen = { printer: this.#value("printer"), label: this.#value("label") };
    const loaded = this.#material();
    const options = this.choices.options
      .map(({ name }, index) => [name, this.#value(`option-${index}`)] as const)
      .filter(([, value]) => value !== "");
    const data = {
      [item.kind]: item.id,
      quantity,
      ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== "")),
      ...(this.tags.length && chosen.printer === "" ? { tags: this.tags } : {}),
      ...(loaded ? { material: loaded.material } : {}),
      ...(loaded?.variant ? { variant: loaded.variant } : {}),
      ...(options.length ? { options: Object.fromEntries(options) } : {}),
      ...PLACES[this.#value("place")],
    };
    this.state = "sending";
    this.said = "";
    act<{ job_ids?: unknown[] }>(hass, farm, "submit_print_job", data, { answers: true, says: false })
      .then((answer) => {
        this.state = "done";
        this.said = t("printed", { count: answer?.job_ids?.length ?? 0, thing: item.name });
      })
      .catch(async (error: unknown) => {
        this.said = await explain(error, hass);
        this.state = "asking";
      });
  }

  #showQueue = (): void => {
    const path = queuePath();
    this.remove();
    if (path === undefined) return;
    history.pushState(null, "", path);
    window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
  };
}

/** Return where the queue is on the dashboard that builds itself; undefined on any other. */
function queuePath(): string | undefined {
  const [, before] = /^(.*\/)(?:wall|print|history)$/.exec(window.location.pathname) ?? [];
  return before === undefined ? undefined : `${before}queue`;
}

customElements.define("printago-print-dialog", PrintDialog);
