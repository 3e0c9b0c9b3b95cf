/** Pieces of a printer that several cards show. */
import { html, nothing, type LitElement, type TemplateResult } from "lit";
import { confirmBed, isPending, undoBed } from "../beds";
import { ask } from "../dialog";
import type { Printer } from "../farm";
import { clock, dotted, duration, percent } from "../format";
import type { Hass } from "../ha";
import { trayOf, type PrinterView, type Tray } from "../printer";
import { now } from "../time";
import { t } from "../words";

/** Prints end a little later than was said. */
const LATE_MS = 300_000;

/** Return what the printer does, in one line. */
export function statusText(hass: Hass, view: PrinterView): string {
  const away = view.group === "rest" || view.readiness === "maintenance" || view.readiness === "disabled";
  const key = view.need === "bed" || (away && view.readiness !== "busy") ? "readiness" : "print_status";
  const state = hass.states[view.printer.entities[key] ?? ""];
  return state ? hass.formatEntityState(state) : "";
}

/** Return why the printer needs a person, in one sentence. */
export function needText(hass: Hass, view: PrinterView): string {
  const waits = view.bedWaitsSince === null ? 0 : now() - view.bedWaitsSince;
  switch (view.need) {
    case "problem": {
      const first = view.messages[0];
      return first?.message ?? first?.code ?? t("problem");
    }
    case "lost":
      return t("offline_printing");
    case "failed":
      return view.failure ? t("failed_because", { reason: view.failure }) : t("failed");
    case "bed":
      if (view.failure) return t("failed_because", { reason: view.failure });
      return waits >= 60_000 ? t("bed_since", { since: duration(hass, waits) }) : t("bed_waits");
    default:
      return statusText(hass, view);
  }
}

/** Return when the print ends, and in how long, for a tile in as few letters as possible; nothing for one long over. */
export function endText(hass: Hass, view: PrinterView, short = false): string {
  if (view.endsAt === null) return "";
  const left = view.endsAt - now();
  if (left < -LATE_MS) return "";
  return dotted(clock(hass, view.endsAt), left > 0 ? duration(hass, left, short ? "narrow" : "short") : null);
}

export function progressBar(hass: Hass, view: PrinterView): TemplateResult | typeof nothing {
  if (view.progress === null) return nothing;
  return html`<div
    class="bar"
    role="progressbar"
    aria-label=${t("progress")}
    aria-valuenow=${view.progress}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuetext=${percent(hass, view.progress)}
  >
    <div style="width:${view.progress}%"></div>
  </div>`;
}

/** The one action that is due, as a button with a word or an icon; nothing where none is. */
export function dueAction(hass: Hass, view: PrinterView, small = false): TemplateResult | typeof nothing {
  const { entities, name } = view.printer;
  const button = (word: string, icon: string, act: () => void): TemplateResult =>
    html`<button
      class="act ${small ? "icon" : ""}"
      aria-label=${`${word}: ${name}`}
      title=${small ? word : nothing}
      @click=${stopping(act)}
    >
      ${small ? html`<ha-icon icon=${icon}></ha-icon>` : word}
    </button>`;
  const confirm = entities.confirm_bed_cleared;
  if (view.bedWaits && confirm) {
    if (isPending(confirm)) return button(t("undo"), "mdi:undo", () => undoBed(confirm));
    return button(t("bed_is_clear"), "mdi:check-bold", () => confirmBed(hass, confirm));
  }
  const resume = entities.resume;
  if (view.status === "pause" && resume) {
    return button(t("resume"), "mdi:play", () => press(hass, resume));
  }
  return nothing;
}

export function press(hass: Hass, entityId: string): void {
  // Home Assistant shows by itself why it failed.
  hass.callService("button", "press", { entity_id: entityId }).catch(() => undefined);
}

export async function askToStop(host: LitElement, hass: Hass, printer: Printer): Promise<void> {
  const stop = printer.entities.stop;
  if (!stop) return;
  const question = { title: t("stop_title", { printer: printer.name }), text: t("stop_text"), action: t("stop") };
  if (await ask(host, question)) press(hass, stop);
}

export function traysOf(hass: Hass, printer: Printer): Tray[] {
  return printer.trays.map((entityId) => trayOf(hass, entityId)).filter((tray) => tray.known);
}

export function swatch(tray: Tray): string {
  if (tray.empty || tray.colors.length === 0) return "transparent";
  if (tray.colors.length === 1) return tray.colors[0] ?? "transparent";
  const share = 100 / tray.colors.length;
  const stops = tray.colors.map((color, index) => `${color} ${index * share}% ${(index + 1) * share}%`);
  return `conic-gradient(${stops.join(",")})`;
}

export function trayLabel(tray: Tray): string {
  return tray.empty ? t("empty") : (tray.material ?? tray.name);
}

/** Return a handler that keeps a click from what lies around the button. */
export function stopping(action: () => unknown): (event: Event) => void {
  return (event) => {
    event.stopPropagation();
    action();
  };
}
