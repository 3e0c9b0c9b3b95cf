import { afterEach, expect, test, vi } from "vitest";
import { HistoryCard } from "../src/cards/history";
import { home, type Home } from "./home";

customElements.define("printago-history", HistoryCard);

const PAST = {
  job_id: "j1",
  attempt: 1,
  title: "Benchy",
  printer: "one",
  result: "failed",
  reason: "Nozzle clogged",
  ended_at: new Date().toISOString(),
  seconds: 5400,
  grams: 13.5,
  cost: 0.7,
  currency: "EUR",
  picture: null,
};

let card: HistoryCard;
let hass: Home;

async function show(data: object, services: Home["services"] = {}): Promise<void> {
  hass = { ...home({ one: {} }), services };
  hass.connection.subscribeMessage = (callback) => {
    setTimeout(() => callback({ loaded: true, readable: true, total: 1, worst: {}, ...data }));
    return Promise.resolve(() => undefined);
  };
  card = new HistoryCard();
  card.setConfig({ type: "" });
  card.hass = hass;
  document.body.append(card);
  await vi.waitFor(() => expect(card.renderRoot.querySelector("ha-card")).not.toBeNull());
}

afterEach(() => card.remove());

const text = () => card.renderRoot.querySelector("ha-card")!.textContent.replaceAll(/\s+/g, " ");
const button = () => card.renderRoot.querySelector<HTMLButtonElement>(".past .act");

test("a past print tells how it ended and why, where, how long, how much, and what it cost", async () => {
  await show({ prints: [PAST] });

  expect(text()).toContain("result failed Nozzle clogged");
  expect(text()).toContain("one · this minute · 1 hr 30 min · 13.5 g · €0.70");
});

test("what is not known is not said", async () => {
  await show({ prints: [{ ...PAST, reason: null, printer: null, seconds: null, grams: null, cost: null }] });

  expect(text()).not.toContain("·");
});

test("a print that used nothing has neither a weight nor a price", async () => {
  await show({ prints: [{ ...PAST, seconds: 0, grams: 0, cost: 0 }] });

  expect(text()).toContain("one · this minute");
  expect(text()).not.toMatch(/0 (g|min)|€/);
});

test("a currency that is none breaks nothing", async () => {
  await show({ prints: [{ ...PAST, currency: "credits" }] });

  expect(text()).toContain("0.7 credits");
});

test("it is printed again where Home Assistant can do that", async () => {
  await show({ prints: [PAST] }, { printago: { print_again: {} } });
  button()!.click();

  expect(hass.callService.mock.lastCall?.slice(1, 3)).toEqual(["print_again", { job_id: "j1" }]);
});

test("while it is sent a second tap prints nothing more, and then it says what came of it", async () => {
  await show({ prints: [PAST] }, { printago: { print_again: {} } });
  let answer: (value: object) => void = () => undefined;
  hass.callService.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
  const said = vi.fn();
  document.body.addEventListener("hass-notification", (event) => void said((event as CustomEvent).detail), {
    once: true,
  });

  button()!.click();
  button()!.click();
  expect(hass.callService).toHaveBeenCalledTimes(1);
  expect(button()!.disabled).toBe(true);

  answer({ response: { job_ids: ["new"] } });
  await vi.waitFor(() => expect(said).toHaveBeenCalledExactlyOnceWith({ message: "printed" }));
  expect(button()!.disabled).toBe(false);
});

test("where it can't, there is no button", async () => {
  await show({ prints: [PAST] });

  expect(button()).toBeNull();
});

test("printers and parts that fail most are named, and why", async () => {
  const worst = {
    days: 30,
    printers: [{ name: "one", failed: 2, of: 3, text: "Clog" }],
    parts: [{ name: "Jig", failed: 1, of: 2, text: null }],
  };
  await show({ prints: [PAST], worst });

  expect([...card.renderRoot.querySelectorAll(".worst li p")].map((each) => each.textContent)).toEqual([
    "one",
    "Clog",
    "Jig",
  ]);
});
