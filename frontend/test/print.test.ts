import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PrintCard } from "../src/cards/print";
import { farmOf } from "../src/farm";
import { PrintDialog, type Item } from "../src/parts/print-dialog";
import { home, type Home } from "./home";

customElements.define("printago-print", PrintCard);
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};

const BENCHY: Item = { kind: "part", id: "p1", name: "Benchy", about: "", picture: null };

const LOADED = [
  { material: "PLA", name: "PLA" },
  { material: "m1", name: "Bambu PLA Basic" },
  { material: "m1", variant: "v1", name: "Bambu PLA Basic · Red" },
];

let card: PrintCard;
let hass: Home;

beforeEach(() => {
  hass = home({ one: {} });
  hass.connection.sendMessagePromise = answering({ loaded: LOADED });
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
const chips = () => [...dialog().renderRoot.querySelectorAll<HTMLButtonElement>(".chip")];
const answering =
  (choices: unknown, asked = vi.fn()) =>
  (message: Record<string, unknown>) => {
    if (message.type !== "printago/choices") return home().connection.sendMessagePromise(message);
    asked(message);
    return Promise.resolve(choices);
  };
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
  await vi.waitFor(() => expect(choice("material").options).toHaveLength(4));
  expect([...choice("material").options].map((option) => option.text)).toEqual([
    "own material",
    "PLA",
    "Bambu PLA Basic",
    "Bambu PLA Basic · Red",
  ]);
  field("quantity").value = "2";
  choice("printer").value = "one";
  choice("material").selectedIndex = 3;
  field("label").value = " Order 7 ";
  choice("place").value = "front";
  print();

  expect(hass.callService.mock.lastCall?.[2]).toEqual({
    part: "p1",
    quantity: 2,
    printer: "one",
    material: "m1",
    variant: "v1",
    label: "Order 7",
    position: "front",
  });
});

test("tags stand in for a printer; a printer needs none", async () => {
  hass.connection.sendMessagePromise = answering({ tags: ["large", "petg"], options: [] });
  await open();
  await vi.waitFor(() => expect(chips()).toHaveLength(2));
  chips()[1]!.click();
  await dialog().updateComplete;
  expect(said()).toBe("will print tags");
  print();
  expect(hass.callService.mock.lastCall?.[2]).toEqual({ part: "p1", quantity: 1, tags: ["petg"] });

  await vi.waitFor(() => expect(said()).toBe("printed"));
  dialog().state = "asking";
  await dialog().updateComplete;
  choice("printer").value = "one";
  choice("printer").dispatchEvent(new Event("change", { bubbles: true }));
  await dialog().updateComplete;
  expect(chips()).toEqual([]);
  print();
  expect(hass.callService.mock.lastCall?.[2]).toEqual({ part: "p1", quantity: 1, printer: "one" });
});

test("what an SKU lets people choose is asked for, and sent as it was chosen", async () => {
  const asked = vi.fn();
  const options = [
    { name: "Color", values: ["Black", "White"], free: false },
    { name: "Name on it", values: [], free: true },
    { name: "Size", values: ["S"], free: false },
  ];
  hass.connection.sendMessagePromise = answering({ tags: [], options }, asked);
  await open({ ...BENCHY, kind: "sku" });
  await vi.waitFor(() => expect(field("option-1")).not.toBeNull());
  choice("option-0").value = "White";
  field("option-1").value = "Ada";
  print();

  expect(asked).toHaveBeenCalledWith({ type: "printago/choices", device_id: "farm", sku: "p1" });
  expect(hass.callService.mock.lastCall?.[2]).toEqual({
    sku: "p1",
    quantity: 1,
    options: { Color: "White", "Name on it": "Ada" },
  });
});

test("before it prints, it says what is going to happen", async () => {
  await open();
  await vi.waitFor(() => expect(choice("material").options).toHaveLength(4));
  choice("material").selectedIndex = 3;
  choice("place").value = "front";
  choice("place").dispatchEvent(new Event("change", { bubbles: true }));
  await dialog().updateComplete;

  expect(said()).toBe("will print will use will come front");
});

test("low priority is one of the places in the queue: it can't also be at the front", async () => {
  await open();
  expect([...choice("place").options].map(({ text }) => text)).toEqual(["place back", "place front", "low priority"]);
  choice("place").value = "low";
  print();

  expect(hass.callService.mock.lastCall?.[2]).toEqual({ part: "p1", quantity: 1, priority: "low" });
});

test("from the dashboard it leads to the queue", async () => {
  history.replaceState(null, "", "/print-farm/print");
  const went = vi.fn();
  window.addEventListener("location-changed", went, { once: true });
  const opened = await open();
  print();
  await vi.waitFor(() => expect(said()).toBe("printed"));
  [...opened.renderRoot.querySelectorAll("button")].find((each) => each.textContent.trim() === "show queue")!.click();

  expect(window.location.pathname).toBe("/print-farm/queue");
  expect(went).toHaveBeenCalledOnce();
  expect(dialog()).toBeNull();
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
  hass.callService.mockRejectedValueOnce({ code: "home_assistant_error", message: "The quota is used up." });
  print();
  await vi.waitFor(() => expect(said()).toBe("The quota is used up."));

  print();
  await vi.waitFor(() => expect(said()).toBe("printed"));
  expect(field("quantity")).toBeNull();
});

describe("the catalog of a Home Assistant that is starting", () => {
  const answers = vi.fn<() => Promise<unknown>>();
  const text = () => card.renderRoot.textContent.replaceAll(/\s+/g, " ").trim();

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    answers.mockReset();
    hass.connection.sendMessagePromise = (message) =>
      message.type === "printago/catalog" ? answers() : home().connection.sendMessagePromise(message);
    card.remove();
    card = new PrintCard();
    card.setConfig({ type: "" });
    card.hass = hass;
  });

  afterEach(() => void vi.useRealTimers());

  test.each([
    ["not loaded", () => Promise.resolve({ loaded: false })],
    ["other version", () => Promise.reject(Object.assign(new Error(), { code: "unknown_command" }))],
  ])("%s: it is asked again until it is there", async (sentence, answer) => {
    answers.mockImplementationOnce(answer);
    answers.mockResolvedValue({ loaded: true, complete: true, total: 1, items: [BENCHY] });
    document.body.append(card);
    await vi.waitFor(() => expect(text()).toBe(sentence));

    await vi.advanceTimersByTimeAsync(10_000);
    await vi.waitFor(() => expect(card.renderRoot.querySelector(".name")?.textContent).toBe("Benchy"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(answers).toHaveBeenCalledTimes(2);
  });

  test("a reason that Printago has is said once", async () => {
    const error = Object.assign(new Error("Try again at 12:30."), { code: "home_assistant_error" });
    answers.mockRejectedValue(error);
    document.body.append(card);
    await vi.waitFor(() => expect(text()).toBe("Try again at 12:30."));

    await vi.advanceTimersByTimeAsync(60_000);
    expect(answers).toHaveBeenCalledTimes(1);
  });
});
