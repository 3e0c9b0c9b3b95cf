import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BedsCard } from "../src/cards/beds";
import { printerOf } from "../src/farm";
import { PrinterDialog } from "../src/parts/printer-dialog";
import { home, state, type Shown } from "./home";

customElements.define("printago-beds", BedsCard);
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};

let card: BedsCard;

beforeEach(() => {
  card = new BedsCard();
  document.body.append(card);
});

afterEach(() => card.remove());

async function open(shown: Shown): Promise<PrinterDialog[]> {
  const hass = home({ one: shown });
  card.hass = hass;
  PrinterDialog.open(card, printerOf(hass)!);
  PrinterDialog.open(card, printerOf(hass)!);
  const found = [...card.renderRoot.querySelectorAll<PrinterDialog>("printago-printer-dialog")];
  await vi.waitFor(() => expect(found[0]?.renderRoot.querySelector("dialog")).not.toBeNull());
  return found;
}

test("two taps open one dialog", async () => {
  expect(await open({})).toHaveLength(1);
});

test("a dialog says nothing of the connection: its card does", async () => {
  const [dialog] = await open({});
  dialog!.hass = { ...dialog!.hass!, connected: false };
  await dialog!.updateComplete;

  expect(dialog!.renderRoot.querySelector("ha-card")).toBeNull();
  expect(dialog!.renderRoot.querySelector("dialog")).not.toBeNull();
});

test("a print that has a problem before it has any progress can be stopped", async () => {
  const hms = state("", "on", { messages: [{ message: "Jam" }] });
  const [dialog] = await open({ print_status: "prepare", print_progress: "unknown", hms, stop: "unknown" });

  expect(dialog?.renderRoot.querySelector(".danger")?.textContent.trim()).toBe("stop");
});
