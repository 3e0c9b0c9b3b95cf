/** The orders that customers still wait for, the most urgent first. */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { PrintagoCard, shared } from "../card";
import { farmOf } from "../farm";
import { clock, relative } from "../format";
import type { Hass } from "../ha";
import { Live, reason } from "../live";
import { t } from "../words";

interface Order {
  id: string;
  number: string;
  deadline: string | null;
  overdue: boolean;
  queued: number;
  printing: number;
  failed: number;
}

interface Orders {
  loaded: boolean;
  readable: boolean;
  total: number;
  orders: Order[];
}

const PAGE = 30;

export class OrdersCard extends PrintagoCard {
  static override properties = { ...PrintagoCard.properties, limit: { state: true } };
  static override styles = [
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
      li {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 2px 16px;
        padding: 8px 0;
      }
      li + li {
        border-top: 1px solid var(--divider-color);
      }
      .number {
        font-weight: 500;
      }
      .overdue,
      .failed {
        color: var(--error-color);
      }
    `,
  ];

  declare limit: number;
  #live = new Live<Orders>(this);

  constructor() {
    super();
    this.limit = PAGE;
  }

  protected override shown(hass: Hass): readonly unknown[] {
    return [farmOf(hass, this.config?.device_id)];
  }

  protected override content(hass: Hass): TemplateResult | typeof nothing {
    const farm = farmOf(hass, this.config?.device_id);
    if (!farm) return this.sentence(t("no_farm"));
    this.#live.follow(hass, { type: "printago/orders/subscribe", device_id: farm.deviceId, limit: this.limit });
    if (this.#live.error) return this.sentence(reason(this.#live.error));
    const data = this.#live.data;
    if (!data) return nothing;
    if (!data.loaded) return this.sentence(t("not_loaded"));
    if (!data.readable) return this.sentence(t("orders_unreadable"));
    if (data.total === 0) return this.sentence(t("orders_none"));
    return html`<ha-card>
      <h3 aria-live="polite">${t("orders_title", { count: data.total })}</h3>
      <ul>
        ${repeat(
          data.orders,
          (order) => order.id,
          (order) => this.#order(hass, order),
        )}
      </ul>
      ${
        data.total > data.orders.length
          ? html`<button class="act" @click=${() => (this.limit += PAGE)}>${t("show_more")}</button>`
          : nothing
      }
    </ha-card>`;
  }

  #order(hass: Hass, order: Order): TemplateResult {
    const due = order.deadline === null ? NaN : Date.parse(order.deadline);
    const when = Number.isNaN(due) ? "" : `${relative(hass, due)}, ${clock(hass, due)}`;
    const jobs = [
      order.printing ? t("order_printing", { count: order.printing }) : "",
      order.queued ? t("order_queued", { count: order.queued }) : "",
    ].filter(Boolean);
    return html`<li>
      <span class="number">${t("order_number", { number: order.number })}</span>
      <span class=${order.overdue ? "overdue" : "muted"}>
        ${when === "" ? t("no_deadline") : order.overdue ? t("overdue_since", { when }) : t("due_at", { when })}
      </span>
      <span class="muted">
        ${jobs.join(" · ") || (order.failed ? nothing : t("order_no_jobs"))}
        ${order.failed ? html`<span class="failed">${t("order_failed", { count: order.failed })}</span>` : nothing}
      </span>
    </li>`;
  }
}
