/** The orders that customers still wait for, the most urgent first. */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Farm } from "../farm";
import { clock, dotted, relative } from "../format";
import type { Hass } from "../ha";
import { ListCard, type Page } from "../list-card";
import { OrderDialog } from "../parts/order-dialog";
import { t } from "../words";

interface Order {
  id: string;
  number: string;
  deadline: string | null;
  overdue: boolean;
  queued: number;
  printing: number;
  failed: number;
  source: string | null;
  customer: string | null;
  /** Completed prints, and all there will be; null while that is not known. */
  printed: number | null;
  prints: number | null;
  items: { name: string; quantity: number | null }[];
  unprintable: { name: string; reason: string }[];
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
        flex-direction: column;
        gap: 4px;
        padding: 10px 0;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding-bottom: 8px;
      }
      form input {
        flex: 1;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 16px;
      }
      .head > :last-child {
        margin-inline-start: auto;
      }
      .progress {
        display: flex;
        align-items: center;
        gap: 12px;
      }
      .bar {
        flex: 1;
      }
      .small {
        font-size: 14px;
      }
      .number {
        font-weight: 500;
      }
    `,
  ];

  protected override readonly subject = "orders";

  protected override pageLength(data: Orders): number {
    return data.orders.length;
  }

  protected override list(hass: Hass, farm: Farm, data: Orders): TemplateResult {
    return html`<form @submit=${(event: SubmitEvent) => this.#find(farm, event)}>
        <input type="search" required aria-label=${t("order_find")} placeholder=${t("order_find")} />
        <button class="act">${t("search")}</button>
      </form>
      ${
        data.total === 0
          ? html`<p class="sentence" role="status">${t("orders_none")}</p>`
          : html`<h3 aria-live="polite">${t("orders_title", { count: data.total })}</h3>
              <ul>
                ${repeat(
                  data.orders,
                  (order) => order.id,
                  (order) => this.#order(hass, farm, order),
                )}
              </ul>`
      }`;
  }

  /** An order that is not listed, for example because it is closed. */
  #find(farm: Farm, event: SubmitEvent): void {
    event.preventDefault();
    const wanted = (event.target as HTMLFormElement).querySelector("input")?.value;
    if (wanted) OrderDialog.open(this, farm, wanted);
  }

  #order(hass: Hass, farm: Farm, order: Order): TemplateResult {
    const due = order.deadline === null ? NaN : Date.parse(order.deadline);
    const when = Number.isNaN(due) ? "" : `${relative(hass, due)}, ${clock(hass, due)}`;
    const jobs = [
      order.printing ? t("order_printing", { count: order.printing }) : "",
      order.queued ? t("order_queued", { count: order.queued }) : "",
    ];
    const items = order.items.map(({ name, quantity }) => (quantity === null ? name : `${quantity} × ${name}`));
    return html`<li>
      <div class="head">
        <span class="number">${t("order_number", { number: order.number })}</span>
        <span class="muted">${dotted(order.customer, order.source === "manual" ? null : order.source)}</span>
        <span class=${order.overdue ? "bad" : "muted"}>
          ${when === "" ? t("no_deadline") : order.overdue ? t("overdue_since", { when }) : t("due_at", { when })}
        </span>
      </div>
      ${items.length ? html`<p class="small">${items.join(", ")}</p>` : nothing} ${progress(order)}
      <div class="head">
        <p class="small muted">
          ${dotted(...jobs) || (order.failed ? nothing : t("order_no_jobs"))}
          ${order.failed ? html`<span class="bad">${t("order_failed", { count: order.failed })}</span>` : nothing}
        </p>
        <button
          class="act"
          aria-haspopup="dialog"
          aria-label=${`${t("order_prints")}: ${order.number}`}
          @click=${() => OrderDialog.open(this, farm, order.id)}
        >
          ${t("order_prints")}
        </button>
      </div>
      ${order.unprintable.map(
        ({ name, reason }) =>
          html`<p class="small"><span class="bad">${t(`unprintable_${reason}`, { item: name })}</span></p>`,
      )}
    </li>`;
  }
}

/** How far an order is, where that is known. */
function progress({ printed, prints }: Order): TemplateResult | typeof nothing {
  if (printed === null || !prints) return nothing;
  return html`<div class="progress printing">
    <div
      class="bar"
      role="progressbar"
      aria-label=${t("progress")}
      aria-valuenow=${printed}
      aria-valuemin="0"
      aria-valuemax=${prints}
    >
      <div style="width:${(100 * printed) / prints}%"></div>
    </div>
    <span class="small">${t("order_printed", { printed, prints })}</span>
  </div>`;
}
