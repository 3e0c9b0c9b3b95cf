import { afterEach, expect, test, vi } from "vitest";
import { BedsCard } from "../src/cards/beds";
import { FarmCard } from "../src/cards/farm";
import { SpoolsCard } from "../src/cards/spools";
import type { PrintagoCard } from "../src/card";
import { isPending } from "../src/beds";
import { changed, home, state, type Home, type Shown } from "./home";

customElements.define("printago-beds", BedsCard);
customElements.define("printago-farm", FarmCard);
customElements.define("printago-spools", SpoolsCard);

let card: PrintagoCard;
const silent: Shown = {
  print_status: "unavailable",
  readiness: "unavailable",
  online: "unavailable",
  bed_needs_clearing: "unavailable",
  ams_1_tray_1: "unavailable",
};

async function show(Card: new () => PrintagoCard, hass: Home): Promise<string> {
  card = new Card();
  card.setConfig({ type: "" });
  card.hass = hass;
  document.body.append(card);
  await vi.waitFor(() => expect(card.renderRoot.querySelector("ha-card")).not.toBeNull());
  return said();
}

const said = () => card.renderRoot.querySelector("ha-card")!.textContent.replaceAll(/\s+/g, " ").trim();

afterEach(() => card.remove());

test.each([
  ["no beds", BedsCard],
  ["no printers that need anybody", FarmCard],
  ["no trays", SpoolsCard],
])("while the printers are unavailable, the card does not say that there are %s", async (_, Card) => {
  expect(await show(Card, home({ a: silent, b: silent }))).toBe("silent");
});

test("materials are asked for whenever a tray is opened: they may have been unknown, or have changed", async () => {
  const hass = home({ a: { ams_1_tray_1: "PLA" } });
  let known: object = { loaded: false };
  const others = home().connection;
  hass.connection.sendMessagePromise = (message) =>
    message.type === "printago/materials" ? Promise.resolve(known) : others.sendMessagePromise(message);
  await show(SpoolsCard, hass);
  const tray = () => card.renderRoot.querySelector<HTMLButtonElement>(".tray")!;
  tray().click();
  await vi.waitFor(() => expect(said()).toContain("materials unknown"));

  known = { loaded: true, materials: [{ id: "m", name: "PLA", colors: [] }], slots: { "sensor.a_ams_1_tray_1": "1" } };
  tray().click();
  tray().click();
  await vi.waitFor(() => expect(card.renderRoot.querySelector("form")).not.toBeNull());
});

test("a color and a material are found together, in any order and case", async () => {
  const tray = (name: string) => state("", name, { type: "PLA" });
  const trays = { ams_1_tray_1: tray("Bambu PLA Basic Red"), ams_1_tray_2: tray("Bambu PLA Basic Black") };
  await show(SpoolsCard, home({ a: trays }));
  const found = async (search: string): Promise<string[]> => {
    Object.assign(card, { search });
    await card.updateComplete;
    return Array.from(card.renderRoot.querySelectorAll(".tray .line"), (each) => each.textContent.trim());
  };

  expect(await found("red PLA")).toEqual(["Bambu PLA Basic Red"]);
  expect(await found(" pla  red ")).toEqual(["Bambu PLA Basic Red"]);
  expect(await found("red petg")).toEqual([]);
  expect(await found(" ")).toHaveLength(2);
});

test("all beds are confirmed as they were when it was asked, not those of later prints", async () => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  const waits = (since: string) => ({
    readiness: "awaiting_clear",
    bed_needs_clearing: state("", "on", { waiting_since: since }),
    confirm_bed_cleared: "unknown",
  });
  const before = home({ a: waits("2026-11-28T10:00:00Z"), b: waits("2026-11-28T11:00:00Z") });
  await show(BedsCard, before);
  card.renderRoot.querySelector<HTMLButtonElement>(".beds .act")!.click();
  const confirm = () => card.renderRoot.querySelector("printago-confirm")?.shadowRoot?.querySelector(".danger");
  await vi.waitFor(() => expect(confirm()).toBeTruthy());

  const id = "sensor.b_bed_needs_clearing";
  const later = state(id, "on", { waiting_since: "2026-11-28T13:00:00Z" });
  card.hass = { ...before, states: { ...before.states, [id]: later } };
  (confirm() as HTMLElement).click();

  await vi.waitFor(() => expect(isPending("sensor.a_confirm_bed_cleared")).toBe(true));
  expect(isPending("sensor.b_confirm_bed_cleared")).toBe(false);
});

test("when a printer is free next is said in few words", async () => {
  const hass = home({ a: {} });
  const id = "sensor.farm_next";
  hass.entities[id] = { entity_id: id, platform: "printago", device_id: "farm", translation_key: "next_free" };
  const soon = new Date(Date.now() + 16 * 60_000 + 5_000).toISOString();
  hass.states[id] = state(id, soon, { device_class: "timestamp" });

  expect(await show(FarmCard, hass)).toMatch(/ · in 16 min/);
});

test("numbers of the farm are named in the language of the user, not of the server", async () => {
  const hass = home({ a: {} });
  hass.states["sensor.farm_queue"] = state("sensor.farm_queue", "4");
  hass.entities["sensor.farm_queue"]!.name = "Jobs queued";
  const german = {
    ...hass,
    language: "de",
    config: { time_zone: "UTC", language: "en" },
    localize: (key: string) => (key === "component.printago.entity.sensor.jobs_queued.name" ? "Wartende Jobs" : ""),
  };
  expect(await show(FarmCard, german)).toContain("Wartende Jobs 4");

  // Who has the server's language may have named it.
  card.remove();
  expect(await show(FarmCard, { ...german, config: { time_zone: "UTC", language: "de" } })).toContain("Jobs queued 4");
});

test("when the printers are back, the beds are", async () => {
  const hass = home({ a: silent });
  await show(BedsCard, hass);

  card.hass = changed(hass, "sensor.a_online", "on");
  await vi.waitFor(() => expect(said()).toBe("no beds"));
});
