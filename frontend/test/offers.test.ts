import { expect, test, vi } from "vitest";
import "../src/index";
import { formOf, strategyForm } from "../src/forms";
import type { Connection } from "../src/ha";
import { home, state, type Home } from "./home";

const offers = () => window.customCards!.filter(({ type }) => type.startsWith("printago-"));

/** Return which cards are offered for an entity of the farm. */
function suggested(key: string, device = "farm"): string[] {
  const hass: Home = home({ one: {} });
  hass.entities["x.y"] = { entity_id: "x.y", platform: "printago", device_id: device, translation_key: key };
  hass.states["x.y"] = state("x.y", "1");
  type Suggest = (hass: Home, entityId: string) => unknown;
  return offers()
    .filter((offer) => (offer.getEntitySuggestion as Suggest)(hass, "x.y"))
    .map(({ type }) => type.replace(/^printago-|-card$/g, ""));
}

test.each([
  ["attention", "printers"],
  ["printers_with_problem", "printers"],
  ["beds_to_clear", "beds"],
  ["queue", "queue"],
  ["queue_end", "queue"],
  ["open_orders", "orders"],
  ["deadlines", "orders"],
  ["prints", "history"],
  ["materials_short", "spools"],
])("who picks %s of the farm is offered the card with the %s", (key, card) => {
  expect(suggested(key)).toEqual([card]);
});

test("the form of the wall shows what applies before anything is chosen", () => {
  const card = customElements.get("printago-printers-card") as unknown as { getStubConfig(hass: Home): object };

  expect(card.getStubConfig(home())).toEqual({ group_by: "status", density: "auto" });
});

test("a form says that a farm is only chosen among several, and that a printer has to be", () => {
  const help = ({ schema, computeHelper }: ReturnType<typeof formOf>) =>
    computeHelper(schema[0] as { name: string; required?: boolean });

  expect(help(formOf("queue"))).toBe("option device help");
  expect(help(strategyForm(["wall"]))).toBe("option device help");
  expect(help(formOf("printer"))).toBe("");
});

// How many of a section's twelve columns each card takes, and how few it can do with; "full" is all of any section.
const COLUMNS: Record<string, [columns: number | "full", least: number]> = {
  printer: [12, 9],
  printers: ["full", 6],
  farm: [12, 9],
  beds: [12, 9],
  queue: [12, 9],
  orders: [12, 6],
  print: [12, 6],
  history: [12, 6],
  spools: ["full", 9],
};

test("every card has a width of its own in a section", () => {
  expect(offers().map(({ type }) => type)).toEqual(Object.keys(COLUMNS).map((name) => `printago-${name}-card`));
});

test.each(Object.entries(COLUMNS))(
  "in a section the card %s is as wide as its content needs, and as high as it is",
  (name, [columns, min_columns]) => {
    const card = document.createElement(`printago-${name}-card`) as HTMLElement & { getGridOptions(): object };

    // Rows would cut a list that has become longer.
    expect(card.getGridOptions()).toEqual({ columns, min_columns });
  },
);

test("in the list of cards a long card shows a piece of it, elsewhere all", () => {
  const list = document.createElement("div");
  list.className = "preview";
  document.body.append(list);
  const card = (): HTMLElement => document.createElement("printago-spools-card");
  const [piece, whole] = [card(), card()];
  list.append(piece);
  document.body.append(whole);

  expect(piece.style.overflow).toBe("hidden");
  expect(whole.style.overflow).toBe("");
  document.body.replaceChildren();
});

test("the names of cards and dashboard follow the language of the page, known only after the cards were loaded", async () => {
  const asked: unknown[] = [];
  const conn = {
    sendMessagePromise: (message: { language: string }) => {
      asked.push(message.language);
      return Promise.resolve({
        resources: { "component.printago.common.card_name_farm": `Farm (${message.language})` },
      });
    },
  };
  window.hassConnection = Promise.resolve({ conn: conn as unknown as Connection });

  document.documentElement.lang = "de";

  await vi.waitFor(() => expect(offers().find(({ type }) => type === "printago-farm-card")?.name).toBe("Farm (de)"));
  expect(asked).toEqual(["de"]);
});

test("the dashboard is built anew when the farm changes, not when anything else in the house does", () => {
  interface Strategy {
    shouldRegenerate(config: object, before: Home, after: Home): boolean;
  }
  const strategy = customElements.get("ll-strategy-dashboard-printago-farm") as unknown as Strategy;
  const before = home({ one: {} });
  const built = (change: (hass: Home) => void): boolean => {
    const after = structuredClone({ entities: before.entities, devices: before.devices });
    change({ ...before, ...after });
    return strategy.shouldRegenerate({}, before, { ...before, ...after });
  };

  expect(strategy.shouldRegenerate({}, before, { ...before, states: {} })).toBe(false);
  expect(built((hass) => (hass.entities["sensor.backup"]!.name = "Backups"))).toBe(false);
  expect(built((hass) => (hass.devices.one!.name = "Two"))).toBe(false);
  expect(built((hass) => (hass.devices.farm!.name = "Factory"))).toBe(true);
  expect(
    built(({ entities }) => {
      entities["sensor.jobs"] = { ...entities["sensor.farm_queue"]!, entity_id: "sensor.jobs" };
      delete entities["sensor.farm_queue"];
    }),
  ).toBe(true);
  expect(built(({ devices }) => delete devices.farm)).toBe(true);
});
