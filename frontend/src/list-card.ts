/** A card that shows a list which Home Assistant pushes, page by page. */
import { css, html, nothing, type CSSResultGroup, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "./card";
import { farmOf, type Farm } from "./farm";
import type { Hass } from "./ha";
import { Live, reason } from "./live";
import { t } from "./words";

export interface Page {
  loaded: boolean;
  readable: boolean;
  /** How many there are, shown or not. */
  total: number;
}

const PAGE = 30;

export abstract class ListCard<T extends Page> extends PrintagoCard {
  static override properties = { ...PrintagoCard.properties, limit: { state: true } };
  static override styles: CSSResultGroup = [
    shared,
    css`
      ha-card {
        padding: 12px 16px;
      }
      h3 {
        font-size: 16px;
        font-weight: 500;
        padding: 4px 0;
      }
      section + section {
        margin-top: 12px;
      }
      li + li {
        border-top: 1px solid var(--divider-color);
      }
    `,
  ];

  declare limit: number;
  /** What the list is called in the integration's websocket commands. */
  protected abstract readonly subject: "queue" | "orders" | "history";
  protected readonly live = new Live<T>(this);

  constructor() {
    super();
    this.limit = PAGE;
  }

  protected abstract list(hass: Hass, farm: Farm, data: T): TemplateResult;

  protected abstract pageLength(data: T): number;

  protected get farm(): Farm | undefined {
    return this.hass && farmOf(this.hass, this.config?.device_id);
  }

  protected override shown(): readonly unknown[] {
    return [this.farm];
  }

  protected override content(hass: Hass): TemplateResult | typeof nothing {
    const farm = this.farm;
    if (!farm) return this.sentence(t("no_farm"));
    const message = { type: `printago/${this.subject}/subscribe`, device_id: farm.deviceId, limit: this.limit };
    this.live.follow(hass, message);
    if (this.live.error) return this.sentence(reason(this.live.error, hass));
    const data = this.live.data;
    if (!data) return nothing;
    if (!data.loaded) return this.sentence(t("not_loaded"));
    if (!data.readable) return this.sentence(t(`${this.subject}_unreadable`));
    return html`<ha-card>
      ${this.list(hass, farm, data)}
      ${
        data.total > this.pageLength(data)
          ? html`<button class="act" @click=${() => (this.limit += PAGE)}>${t("show_more")}</button>`
          : nothing
      }
    </ha-card>`;
  }
}
