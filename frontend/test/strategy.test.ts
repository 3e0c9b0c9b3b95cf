import { expect, test } from "vitest";
import { generate } from "../src/strategy";
import { home } from "./home";

interface View {
  path: string;
  badges?: { entity: string }[];
  sections: { cards: Record<string, unknown>[] }[];
}

async function views(options: object = {}, hass = home({ one: {} })): Promise<View[]> {
  const { views } = await generate({ type: "custom:printago-farm", ...options }, hass);
  return views as View[];
}

test("a dashboard has all views, in one order", async () => {
  expect((await views()).map((view) => view.path)).toEqual(["wall", "queue", "orders", "spools", "print", "history"]);
  expect((await views({ views: ["spools", "wall", "gone"] })).map((view) => view.path)).toEqual(["wall", "spools"]);
});

test("the wall groups as wanted, and shows the cameras that are chosen", async () => {
  const [wall] = await views({ group_by: "area", density: "roomy", cameras: ["camera.workshop"], device_id: "farm" });
  const cards = wall?.sections.flatMap((section) => section.cards) ?? [];

  expect(cards[0]).toMatchObject({ device_id: "farm", group_by: "area", density: "roomy" });
  expect(cards.map((card) => card.type)).toContain("picture-entity");
});

test("one value is as good as a list of one, and a choice of none is no choice", async () => {
  const [wall] = await views({ cameras: "camera.workshop" });
  expect(wall?.sections.flatMap((section) => section.cards).map((card) => card.entity)).toContain("camera.workshop");

  expect((await views({ views: "queue" })).map((view) => view.path)).toEqual(["queue"]);
  expect(await views({ views: [] })).toHaveLength(6);
  expect(await views({ views: null, cameras: null })).toHaveLength(6);
});

test("badges count what the farm has sensors for", async () => {
  const [wall] = await views();

  expect(wall?.badges?.map((badge) => badge.entity)).toEqual(["sensor.farm_queue"]);
});

test("without a farm there is a dashboard all the same, whose cards say what is missing", async () => {
  const hass = { ...home(), devices: {}, entities: {} };

  expect(await views({}, hass)).toHaveLength(6);
});

test("the queue says when it is done, what it needs, and what is short", async () => {
  const hass = home();
  for (const key of ["queue_end", "queue_print_time", "queue_filament", "materials_short"]) {
    const entity_id = `sensor.farm_${key}`;
    hass.entities[entity_id] = { entity_id, platform: "printago", device_id: "farm", translation_key: key };
  }
  const queue = (await views({}, hass)).find((view) => view.path === "queue");

  expect(queue?.badges?.map((badge) => badge.entity)).toEqual([
    "sensor.farm_queue_end",
    "sensor.farm_queue_print_time",
    "sensor.farm_queue_filament",
    "sensor.farm_materials_short",
  ]);
});

test("the history has figures and graphs of months where Home Assistant keeps statistics", async () => {
  const cards = async (components: string[]): Promise<Record<string, unknown>[]> => {
    const hass = { ...home({ one: {} }), config: { time_zone: "UTC", components } };
    hass.devices.farm!.identifiers = [["printago", "Store-1"]];
    const history = (await views({}, hass)).find((view) => view.path === "history");
    return history?.sections.flatMap((section) => section.cards) ?? [];
  };
  expect((await cards([])).map((card) => card.type)).toEqual(["custom:printago-history-card"]);

  const all = await cards(["recorder"]);
  const names = ["jobs_completed", "jobs_failed", "print_time", "filament", "cost"];
  const ids = names.map((name) => `printago:store_1_${name}`);
  expect(all.filter((card) => card.type === "statistic").map((card) => card.entity)).toEqual(
    ids.filter((id) => !id.endsWith("filament")),
  );
  const graphs = all.filter((card) => card.type === "statistics-graph") as { entities: { entity: string }[] }[];
  expect(graphs.map((graph) => graph.entities[0]?.entity)).toEqual(ids);
  expect(all.map((card) => card.type)).toContain("custom:printago-history-card");
});
