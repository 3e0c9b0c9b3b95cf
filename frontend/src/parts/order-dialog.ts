/** What was printed for an order, and what that cost. */
import { css, html, nothing, type TemplateResult } from "lit";
import { PrintagoCard, shared } from "../card";
import { CardDialog, dialogStyle } from "../dialog";
import { farmOf, type Farm } from "../farm";
import { dotted, duration, money, weight } from "../format";
import type { Hass } from "../ha";
import { explain } from "../live";
import { t } from "../words";
import { pastPrints, pastStyle, type PastPrint } from "./past";

interface OrderPrints {
  number: string;
  complete: boolean;
  /** How many prints had each result. */
  results: Record<string, number>;
  seconds: number;
  grams: number | null;
  cost: number | null;
  currency: string | null;
  without_cost: number;
  prints: PastPrint[];
}

export class OrderDialog extends CardDialog {
  static override properties = { ...PrintagoCard.properties, order: { state: true }, error: { state: true } };
  static override styles = [
    shared,
    dialogStyle,
    pastStyle,
    css`
      .cost {
        font-size: 20px;
      }
    `,
  ];

  declare order: OrderPrints | undefined;
  declare error: string | undefined;

  /** Show the order with an ID or number. */
  static open(card: PrintagoCard, farm: Farm, order: string): void {
    const dialog = new OrderDialog();
    const { hass } = card;
    if (!hass || !dialog.appear(card, farm.deviceId)) return;
    hass.connection
      .sendMessagePromise({ type: "printago/order", device_id: farm.deviceId, order })
      .then((answer) => {
        if ((answer as { loaded: boolean }).loaded) dialog.order = answer as OrderPrints;
        else dialog.error = t("not_loaded");
      })
      .catch(async (error: unknown) => (dialog.error = await explain(error, hass)));
  }

  protected override shown(): readonly unknown[] {
    return [];
  }

  protected override content(hass: Hass): TemplateResult {
    const { order, error } = this;
    const farm = farmOf(hass, this.config?.device_id);
    return html`<dialog aria-labelledby="title" @close=${() => this.remove()}>
      <div>
        ${this.head(order ? t("order_number", { number: order.number }) : t("order_prints"))}
        <div role="status">${order ? took(hass, order) : html`<p class="muted">${error ?? t("explaining")}</p>`}</div>
        ${order && farm ? pastPrints(hass, farm, order.prints) : nothing}
      </div>
    </dialog>`;
  }
}

function took(hass: Hass, order: OrderPrints): TemplateResult {
  if (order.complete && order.prints.length === 0) return html`<p>${t("order_not_printed")}</p>`;
  const { cost, currency, grams, seconds } = order;
  const results = Object.entries(order.results).filter(([, count]) => count > 0);
  return html`<p class="cost">
      ${cost === null || !currency ? t("order_cost_unknown") : t("order_cost", { cost: money(hass, cost, currency) })}
    </p>
    ${cost !== null && order.without_cost ? html`<p>${t("order_without_cost", { count: order.without_cost })}</p>` : nothing}
    ${order.complete ? nothing : html`<p>${t("order_incomplete")}</p>`}
    <p class="muted">
      ${dotted(
        ...results.map(([result, count]) => `${t(`result_${result}`)}: ${count}`),
        seconds && duration(hass, seconds * 1000),
        grams && weight(hass, grams),
      )}
    </p>`;
}

customElements.define("printago-order-dialog", OrderDialog);
