/** What can be printed: parts and SKUs, and the dialog that puts them into the queue. */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { PrintagoCard, shared } from "../card";
import { farmOf, type Farm } from "../farm";
import type { Hass } from "../ha";
import { explain, isRefusal } from "../live";
import { use } from "../load";
import type { Item } from "../parts/print-dialog";
import { t } from "../words";

interface Catalog {
  loaded: boolean;
  total: number;
  complete: boolean;
  items: Item[];
}

const PAGE = 40;
const TYPING_MS = 300;
/** Home Assistant answers before the integration runs; after this it is asked again. */
const RETRY_MS = 10_000;

export class PrintCard extends PrintagoCard {
  static override properties = {
    ...PrintagoCard.properties,
    catalog: { state: true },
    error: { state: true },
    search: { state: true },
    limit: { state: true },
  };
  static override styles = [
    shared,
    css`
      ha-card {
        padding: 12px 16px;
        display: flex;
        flex-direction: column;
        gap: 12px;
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(140px, 1fr));
        gap: 10px;
      }
      li button {
        width: 100%;
        height: 100%;
        box-sizing: border-box;
        padding: 8px;
        border-radius: 12px;
        border: 1px solid var(--divider-color);
      }
      li button:hover {
        border-color: var(--primary-color);
      }
      .picture {
        display: grid;
        place-items: center;
        height: 96px;
        color: var(--secondary-text-color);
        --mdc-icon-size: 48px;
      }
      img {
        max-width: 100%;
        height: 96px;
        object-fit: contain;
      }
      .name {
        font-weight: 500;
      }
      .small {
        font-size: 13px;
      }
    `,
  ];

  declare catalog: Catalog | undefined;
  declare error: string | undefined;
  declare search: string;
  declare limit: number;
  #asked = "";
  #typing: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.search = "";
    this.limit = PAGE;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
    clearTimeout(this.#retry);
    // What is new is there when somebody looks again.
    this.#asked = "";
  }

  protected override shown(hass: Hass): readonly unknown[] {
    return [farmOf(hass, this.config?.device_id)];
  }

  protected override content(hass: Hass): TemplateResult | typeof nothing {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return this.sentence(t("no_farm"));
    this.#ask(hass, farm);
    if (this.error) return this.sentence(this.error);
    const catalog = this.catalog;
    if (!catalog) return nothing;
    if (!catalog.loaded) return this.sentence(t("not_loaded"));
    return html`<ha-card>
      <input
        type="search"
        aria-label=${t("search_catalog")}
        placeholder=${t("search_catalog")}
        .value=${this.search}
        @input=${this.#typed}
      />
      <p class="hidden" role="status">${t("found", { count: catalog.total })}</p>
      ${catalog.total === 0 ? html`<p class="muted">${t("nothing_found")}</p>` : nothing}
      <ul>
        ${repeat(
          catalog.items,
          (item) => item.id,
          (item) =>
            html`<li>
              <button aria-haspopup="dialog" @click=${() => this.#open(farm, item)}>
                <span class="picture">
                  ${
                    item.picture
                      ? html`<img src=${hass.hassUrl(item.picture)} alt="" loading="lazy" />`
                      : html`<ha-icon
                          icon=${item.kind === "sku" ? "mdi:package-variant" : "mdi:cube-outline"}
                        ></ha-icon>`
                  }
                </span>
                <p class="name line">${item.name}</p>
                <p class="small line muted">${item.about}</p>
              </button>
            </li>`,
        )}
      </ul>
      ${
        catalog.total > catalog.items.length
          ? html`<button class="act" @click=${() => (this.limit += PAGE)}>${t("show_more")}</button>`
          : nothing
      }
    </ha-card>`;
  }

  #typed = (event: InputEvent): void => {
    const value = (event.target as HTMLInputElement).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.limit = PAGE;
      this.search = value;
    }, TYPING_MS);
  };

  #ask(hass: Hass, farm: Farm): void {
    const message = { type: "printago/catalog", device_id: farm.deviceId, search: this.search, limit: this.limit };
    const asked = JSON.stringify(message);
    if (asked === this.#asked) return;
    this.#asked = asked;
    clearTimeout(this.#retry);
    hass.connection
      .sendMessagePromise(message)
      .then((answer) => {
        if (asked !== this.#asked) return;
        this.catalog = answer as Catalog;
        this.error = undefined;
        if (!this.catalog.loaded) this.#askLater();
      })
      .catch(async (error: unknown) => {
        const said = await explain(error, hass);
        if (asked !== this.#asked) return;
        this.error = said;
        if (!isRefusal(error)) this.#askLater();
      });
  }

  #askLater(): void {
    this.#retry = setTimeout(() => {
      this.#asked = "";
      this.requestUpdate();
    }, RETRY_MS);
  }

  #open(farm: Farm, item: Item): void {
    use(this, import("../parts/print-dialog"), ({ PrintDialog }) => PrintDialog.open(this, farm, item));
  }
}
