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
