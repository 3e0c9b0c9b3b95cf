/** The last prints, and which printers and parts fail most. */
import { css, html, nothing, type TemplateResult } from "lit";
import type { Farm } from "../farm";
import type { Hass } from "../ha";
import { ListCard, type Page } from "../list-card";
import { pastPrints, pastStyle, type PastPrint } from "../parts/past";
import { t } from "../words";

interface Failing {
  name: string;
  failed: number;
  of: number;
  /** Why most of them failed. */
  text: string | null;
}

interface History extends Page {
  prints: PastPrint[];
  worst: { days?: number; printers?: Failing[]; parts?: Failing[] };
}

export class HistoryCard extends ListCard<History> {
  static override styles = [
    ListCard.styles,
    pastStyle,
    css`
      .worst {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr));
        gap: 4px 32px;
        margin-bottom: 12px;
      }
      .worst li {
        display: flex;
        justify-content: space-between;
        gap: 12px;
        padding: 4px 0;
      }
      .worst section + section,
      .worst h3 {
        margin-top: 0;
      }
      .worst div {
        min-width: 0;
      }
      .worst .muted:last-child {
        flex: none;
      }
    `,
  ];

  protected override readonly subject = "history";

  protected override pageLength(data: History): number {
    return data.prints.length;
  }

  protected override list(hass: Hass, farm: Farm, data: History): TemplateResult {
    if (data.total === 0) return html`<p class="sentence" role="status">${t("history_none")}</p>`;
    const { days = 0, printers = [], parts = [] } = data.worst;
    return html`${
        printers.length || parts.length
          ? html`<div class="worst">
              ${failing(t("worst_printers", { days }), printers)} ${failing(t("worst_parts"), parts)}
            </div>`
          : nothing
      }
      <h3 aria-live="polite">${t("history_title")}</h3>
      ${pastPrints(hass, farm, data.prints)}`;
  }
}

function failing(title: string, all: Failing[]): TemplateResult | typeof nothing {
  if (all.length === 0) return nothing;
  return html`<section>
    <h3>${title}</h3>
    <ul>
      ${all.map(
        ({ name, failed, of, text }) =>
          html`<li>
            <div>
              <p class="line">${name}</p>
              ${text ? html`<p class="small muted">${text}</p>` : nothing}
            </div>
            <span class="muted">${t("failed_of", { failed, of })}</span>
          </li>`,
      )}
    </ul>
  </section>`;
}
