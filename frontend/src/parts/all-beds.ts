/** How many beds wait to be cleared, and the button that confirms all of them, after a question. */
import { html, nothing, type TemplateResult } from "lit";
import { confirmBed, isPending } from "../beds";
import type { PrintagoCard } from "../card";
import { ask } from "../dialog";
import type { Hass } from "../ha";
import { viewOf, type PrinterView } from "../printer";
import { t } from "../words";

/** Return the number of beds that wait, with a button that confirms all of them if there are several. */
export function bedsHead(card: PrintagoCard, hass: Hass, views: readonly PrinterView[]): TemplateResult {
  const unconfirmed = views.filter(isUnconfirmed);
  return html`<div class="beds">
    <h3 aria-live="polite">${t("beds_title", { count: views.filter((view) => view.bedWaits).length })}</h3>
    ${unconfirmed.length > 1 ? html`<button class="act" @click=${() => all(card, hass, unconfirmed)}>${t("all_beds_clear")}</button>` : nothing}
  </div>`;
}

/** Return whether a bed waits to be cleared and is not being confirmed already. */
function isUnconfirmed({ bedWaits, printer }: PrinterView): boolean {
  const confirm = printer.entities.confirm_bed_cleared;
  return bedWaits && confirm !== undefined && !isPending(confirm);
}

async function all(card: PrintagoCard, hass: Hass, views: readonly PrinterView[]): Promise<void> {
  const question = {
    title: t("all_beds_title", { count: views.length }),
    text: t("all_beds_text", { printers: views.map((view) => view.printer.name).join(", ") }),
    action: t("all_beds_clear"),
  };
  if (!(await ask(card, question))) return;
  for (const { printer, bedWaitsSince } of views) {
    // Another print may have ended on it while the question was open.
    const now = viewOf(card.hass ?? hass, printer);
    const confirm = printer.entities.confirm_bed_cleared;
    if (confirm && now.bedWaits && now.bedWaitsSince === bedWaitsSince) confirmBed(hass, confirm);
  }
}
