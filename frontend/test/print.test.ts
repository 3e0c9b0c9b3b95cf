import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PrintCard } from "../src/cards/print";
import { farmOf } from "../src/farm";
import { PrintDialog, type Item } from "../src/parts/print-dialog";
import { home, state, type Home } from "./home";

customElements.define("printago-print", PrintCard);
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};

const BENCHY: Item = { kind: "part", id: "p1", name: "Benchy", about: "", picture: null };

let card: PrintCard;
let hass: Home;

beforeEach(() => {
  hass = home({ one: { ams_1_tray_1: state("", "PLA Basic", { type: "PLA" }), ams_1_tray_2: "empty" } });
  card = new PrintCard();
  card.setConfig({ type: "custom:printago-print-card" });
  card.hass = hass;
  document.body.append(card);
});

afterEach(() => card.remove());

async function open(item = BENCHY): Promise<PrintDialog> {
  PrintDialog.open(card, farmOf(hass)!, item);
  await vi.waitFor(() => expect(dialog().renderRoot.querySelector("dialog")).not.toBeNull());
  return dialog();
}

const dialog = () => card.renderRoot.querySelector<PrintDialog>("printago-print-dialog")!;
const field = (id: string) => dialog().renderRoot.querySelector<HTMLInputElement>(`#${id}`)!;
const choice = (id: string) => dialog().renderRoot.querySelector<HTMLSelectElement>(`#${id}`)!;
const print = () => dialog().renderRoot.querySelector<HTMLButtonElement>(".main")!.click();
const said = () => dialog().renderRoot.querySelector("[role=status]")!.textContent.trim();

test("nothing is sent but what was asked for", async () => {
  await open();
  print();

  expect(hass.callService).toHaveBeenCalledExactlyOnceWith(
    "printago",
    "submit_print_job",
    { part: "p1", quantity: 1 },
    undefined,
    false,
    true,
  );
});

test("all that was chosen is sent; materials are those that are loaded", async () => {
  await open();
  expect([...choice("material").options].map((option) => option.text)).toEqual(["own material", "PLA", "PLA Basic"]);
  field("quantity").value = "2";
  choice("printer").value = "one";
  choice("material").value = "PLA";
  field("label").value = " Order 7 ";
  field("front").checked = true;
  print();

  expect(hass.callService.mock.lastCall?.[2]).toEqual({
    part: "p1",
    quantity: 2,
    printer: "one",
    material: "PLA",
    label: "Order 7",
    position: "front",
  });
});

test("an SKU brings its own materials", async () => {
  await open({ ...BENCHY, kind: "sku" });
  expect(choice("material")).toBeNull();
  print();

  expect(hass.callService.mock.lastCall?.[2]).toEqual({ sku: "p1", quantity: 1 });
});

test.each(["0", "-1", "1.5", "501", "x"])("%s is no quantity", async (value) => {
  await open();
  field("quantity").type = "text";
  field("quantity").value = value;
  print();
  await dialog().updateComplete;

  expect(hass.callService).not.toHaveBeenCalled();
  expect(said()).toBe("wrong quantity");
});

test("what came of it is said; after a refusal it can be tried again", async () => {
  await open();
  hass.callService.mockRejectedValueOnce(new Error("The quota is used up."));
  print();
  await vi.waitFor(() => expect(said()).toBe("The quota is used up."));

  print();
  await vi.waitFor(() => expect(said()).toBe("printed"));
  expect(field("quantity")).toBeNull();
});
