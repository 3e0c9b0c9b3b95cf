import { afterEach, expect, test, vi } from "vitest";
import { OrdersCard } from "../src/cards/orders";
import { OrderDialog } from "../src/parts/order-dialog";
import { home, type Home } from "./home";

customElements.define("printago-orders", OrdersCard);

const PAST = {
  job_id: "j1",
  attempt: 1,
  title: "Pot",
  printer: "one",
  result: "finished",
  reason: null,
  ended_at: new Date().toISOString(),
  seconds: 5400,
  grams: 13.5,
  cost: 0.7,
  currency: "EUR",
  picture: null,
};
const ORDER = {
  loaded: true,
  number: "1002",
  complete: true,
  results: { finished: 11, failed: 1, canceled: 0 },
  seconds: 7200,
  grams: 1500,
  cost: 8.2,
  currency: "EUR",
  without_cost: 0,
  prints: [PAST],
};

let card: OrdersCard;
const asked = vi.fn<(message: Record<string, unknown>) => Promise<unknown>>();

/** Look an order up, and return what its dialog says. */
async function look(answer: () => Promise<object>, number = "1002", more: Partial<Home> = {}): Promise<string> {
  const hass = { ...home({ one: {} }), ...more };
  hass.connection.subscribeMessage = (callback) => {
    setTimeout(() => callback({ loaded: true, readable: true, total: 0, orders: [] }));
    return Promise.resolve(() => undefined);
  };
  const { connection } = home();
  asked.mockReset().mockImplementation(answer);
  hass.connection.sendMessagePromise = (message) =>
    message.type === "printago/order" ? asked(message) : connection.sendMessagePromise(message);
  card = new OrdersCard();
  card.setConfig({ type: "" });
  card.hass = hass;
  document.body.append(card);
  await vi.waitFor(() => expect(card.renderRoot.querySelector("form")).not.toBeNull());
  card.renderRoot.querySelector("input")!.value = number;
  card.renderRoot.querySelector("form")!.requestSubmit();
  await vi.waitFor(() => expect(dialog()?.order ?? dialog()?.error).toBeDefined());
  await dialog()!.updateComplete;
  return dialog()!.renderRoot.querySelector("dialog")!.textContent.replaceAll(/\s+/g, " ");
}

const dialog = (): OrderDialog | null => card.renderRoot.querySelector("printago-order-dialog");

afterEach(() => card.remove());

test("an order that is not listed is found by its number, with its cost and its prints", async () => {
  const text = await look(() => Promise.resolve(ORDER));

  expect(asked.mock.calls).toEqual([[{ type: "printago/order", device_id: "farm", order: "1002" }]]);
  expect(text).toContain("order number");
  expect(text).toContain("order cost");
  expect(text).not.toContain("order without cost");
  expect(text).not.toContain("order incomplete");
  expect(text).toContain("result finished: 11 · result failed: 1 · 2 hr · 1.5 kg");
  expect(text).not.toContain("canceled");
  expect(text).toContain("Pot");
});

test("a cost that is not known, or not of all prints, is never shown as if it were", async () => {
  expect(await look(() => Promise.resolve({ ...ORDER, cost: null, currency: null, without_cost: 12 }))).toContain(
    "order cost unknown",
  );
  card.remove();
  const text = await look(() => Promise.resolve({ ...ORDER, without_cost: 2, complete: false }));
  expect(text).toContain("order without cost");
  expect(text).toContain("order incomplete");
});

test("an order without prints says so instead of a cost of nothing", async () => {
  const text = await look(() =>
    Promise.resolve({ ...ORDER, prints: [], results: {}, cost: null, grams: null, seconds: 0 }),
  );

  expect(text).toContain("order not printed");
  expect(text).not.toContain("cost");
});

test("an order of which not all prints could be looked at is not said to have none", async () => {
  const text = await look(() =>
    Promise.resolve({ ...ORDER, complete: false, prints: [], results: {}, cost: null, grams: null, seconds: 0 }),
  );

  expect(text).not.toContain("order not printed");
  expect(text).toContain("order cost unknown");
  expect(text).toContain("order incomplete");
});

test.each([
  [{ code: "service_validation_error", message: "No order 1002." }, "No order 1002."],
  [{ code: "home_assistant_error", message: "The quota is used up." }, "The quota is used up."],
  [{ code: "unauthorized", message: "Unauthorized" }, "not allowed"],
  [{ code: "not_found", message: "there is no such print farm" }, "no farm"],
  [{ code: "timeout", message: "took too long" }, "no answer"],
])("what went wrong is said in a sentence: %o", async (error, sentence) => {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  const text = await look(() => Promise.reject(error));

  expect(text).toContain(sentence);
});

/* eslint-disable @typescript-eslint/prefer-promise-reject-errors -- Home Assistant rejects with plain objects. */
test("what the integration refuses is said in the language of the user", async () => {
  const localize = vi.fn((key: string, values?: Record<string, string>) => `${key} ${values?.name}`);
  const load = vi.fn(() => Promise.resolve(localize));
  const refusal = {
    code: "service_validation_error",
    message: "In English",
    translation_domain: "printago",
    translation_key: "any_order_not_found",
    translation_placeholders: { name: "1002" },
  };
  const text = await look(() => Promise.reject(refusal), "1002", { loadBackendTranslation: load });

  expect(load.mock.calls).toEqual([["exceptions", "printago"]]);
  expect(text).toContain("component.printago.exceptions.any_order_not_found.message 1002");
  // Without a translation, English is better than nothing.
  card.remove();
  localize.mockReturnValue("");
  expect(await look(() => Promise.reject(refusal), "1002", { loadBackendTranslation: load })).toContain("In English");
  card.remove();
  load.mockRejectedValue(new Error("Connection lost"));
  expect(await look(() => Promise.reject(refusal), "1002", { loadBackendTranslation: load })).toContain("In English");
});

test("while the integration does not run, the dialog says so", async () => {
  expect(await look(() => Promise.resolve({ loaded: false }))).toContain("not loaded");
});
