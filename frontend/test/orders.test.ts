import { afterEach, expect, test, vi } from "vitest";
import { OrdersCard } from "../src/cards/orders";
import { home } from "./home";

customElements.define("printago-orders", OrdersCard);

const ORDER = {
  id: "o1",
  number: "1001",
  deadline: null,
  overdue: false,
  queued: 2,
  printing: 1,
  failed: 0,
  source: "Etsy",
  customer: "Ada",
  printed: 3,
  prints: 6,
  items: [{ name: "POT-M", quantity: 6 }],
  unprintable: [],
};

let card: OrdersCard;

async function show(...orders: object[]): Promise<void> {
  const hass = home({ one: {} });
  hass.connection.subscribeMessage = (callback) => {
    setTimeout(() => callback({ loaded: true, readable: true, total: orders.length, orders }));
    return Promise.resolve(() => undefined);
  };
  card = new OrdersCard();
  card.setConfig({ type: "" });
  card.hass = hass;
  document.body.append(card);
  await vi.waitFor(() => expect(card.renderRoot.querySelector("ha-card")).not.toBeNull());
}

afterEach(() => card.remove());

const bar = () => card.renderRoot.querySelector("[role=progressbar]");
const text = () => card.renderRoot.querySelector("ha-card")!.textContent;

test("an order tells its customer, what it consists of, and how much of it is printed", async () => {
  await show(ORDER);

  expect(text()).toContain("Ada · Etsy");
  expect(text()).toContain("6 × POT-M");
  expect(["valuenow", "valuemax"].map((name) => bar()?.getAttribute(`aria-${name}`))).toEqual(["3", "6"]);
});

test("what can't be printed is said with its reason", async () => {
  await show({ ...ORDER, unprintable: [{ name: "NO-SUCH", reason: "sku_not_found" }] });

  expect(text()).toContain("unprintable sku not found");
});

test.each([
  [null, null],
  [0, 0],
])("shows no progress while it is unknown", async (printed, prints) => {
  await show({ ...ORDER, printed, prints });

  expect(bar()).toBeNull();
});

test("without orders there is a sentence", async () => {
  await show();

  expect(card.renderRoot.querySelector("[role=status]")?.textContent).toBe("orders none");
  expect(card.renderRoot.querySelector("ul")).toBeNull();
});
