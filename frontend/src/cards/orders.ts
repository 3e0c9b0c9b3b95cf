/** The orders that customers still wait for, the most urgent first. */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Farm } from "../farm";
import { clock, relative } from "../format";
import type { Hass } from "../ha";
import { ListCard, type Page } from "../list-card";
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

interface Orders extends Page {
  orders: Order[];
}

export class OrdersCard extends ListCard<Orders> {
  static override styles = [
    ListCard.styles,
    css`
      li {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 2px 16px;
        padding: 8px 0;
      }
      .number {
        font-weight: 500;
      }
      .overdue,
      .failed {
        padding: 0 8px;
        border-radius: 10px;
        background: color-mix(in srgb, var(--error-color) 22%, transparent);
      }
    `,
  ];

  protected override readonly subject = "orders";

  protected override pageLength(data: Orders): number {
    return data.orders.length;
  }

  protected override list(hass: Hass, _: Farm, data: Orders): TemplateResult {
    if (data.total === 0) return html`<p class="sentence" role="status">${t("orders_none")}</p>`;
    return html`<h3 aria-live="polite">${t("orders_title", { count: data.total })}</h3>
      <ul>
        ${repeat(
          data.orders,
          (order) => order.id,
          (order) => this.#order(hass, order),
        )}
      </ul>`;
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
