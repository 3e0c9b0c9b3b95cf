/** Prints of the past, in a list. */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { act } from "../act";
import type { Farm } from "../farm";
import { amount, dotted, duration, money, relative } from "../format";
import type { Hass } from "../ha";
import { notify } from "../load";
import { t } from "../words";

export interface PastPrint {
  job_id: string;
  attempt: number;
  title: string;
  printer: string | null;
  result: string;
  reason: string | null;
  ended_at: string;
  seconds: number | null;
  grams: number | null;
  cost: number | null;
  currency: string | null;
  picture: string | null;
}

export const pastStyle = css`
  .past {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 12px;
    min-height: 52px;
    padding: 4px 0;
  }
  .past img,
  .past > ha-icon {
    flex: none;
    width: 44px;
    height: 44px;
    border-radius: 8px;
    object-fit: contain;
    display: grid;
    place-items: center;
    color: var(--secondary-text-color);
  }
  /* Where the button would leave less than this for the text, it goes below. */
  .past > div {
    flex: 1 1 200px;
    min-width: 0;
  }
  .past > .act {
    margin-inline-start: auto;
  }
  .past p {
    font-size: 14px;
  }
  .past .title {
    font-size: inherit;
    font-weight: 500;
  }
`;

/** Return a list of past prints; `named` says that all are of one printer, which is known. */
export function pastPrints(hass: Hass, farm: Farm, prints: PastPrint[], named = false): TemplateResult {
  const again = hass.services?.printago?.print_again !== undefined;
  return html`<ul>
    ${repeat(
      prints,
      (one) => `${one.job_id} ${one.attempt}`,
      (one) => {
        const facts = [
          named ? null : one.printer,
          relative(hass, Date.parse(one.ended_at)),
          one.seconds && duration(hass, one.seconds * 1000),
          one.grams && amount(hass, one.grams, "gram"),
          one.cost && one.currency && money(hass, one.cost, one.currency),
        ];
        return html`<li class="past">
          ${
            one.picture
              ? html`<img src=${hass.hassUrl(one.picture)} alt="" loading="lazy" />`
              : html`<ha-icon icon="mdi:cube-outline"></ha-icon>`
          }
          <div>
            <p class="title line">${one.title}</p>
            <p>
              <span class=${`result-${one.result} ${one.result === "failed" ? "bad" : ""}`}
                >${t(`result_${one.result}`)}</span
              >${one.reason ? html` ${one.reason}` : nothing}
            </p>
            <p class="muted">${dotted(...facts)}</p>
          </div>
          ${
            again
              ? html`<button
                  class="act"
                  aria-label=${`${t("print_again")}: ${one.title}`}
                  @click=${(event: MouseEvent) => printAgain(event.currentTarget as HTMLButtonElement, hass, farm, one)}
                >
                  ${t("print_again")}
                </button>`
              : nothing
          }
        </li>`;
      },
    )}
  </ul>`;
}

/** Print it again, once for each tap that was answered, and say what came of it. */
function printAgain(button: HTMLButtonElement, hass: Hass, farm: Farm, { job_id, title }: PastPrint): void {
  button.disabled = true;
  act<{ job_ids?: unknown[] }>(hass, farm, "print_again", { job_id }, { answers: true })
    .then((answer) => notify(button, t("printed", { count: answer?.job_ids?.length ?? 0, thing: title })))
    // Home Assistant shows by itself why it failed.
    .catch(() => undefined)
    .finally(() => (button.disabled = false));
}
