import { nothing, render } from "lit";
import { expect, test } from "vitest";
import { farmOf } from "../src/farm";
import { materialTable, type MaterialRow } from "../src/parts/material-table";
import { home, state } from "./home";

const ROW: MaterialRow = {
  material: "PLA Basic",
  color: "White",
  color_code: "#FFFFFF",
  needed: 1450,
  loaded: 400,
  in_stock: 0,
  missing: 1050,
  covered: false,
  jobs_not_sliced: 0,
  short_prints: [],
};

function table(rows: MaterialRow[] | undefined): HTMLElement | undefined {
  const hass = home({ one: {} });
  const entity = { entity_id: "sensor.short", platform: "printago", device_id: "farm" };
  hass.entities["sensor.short"] = { ...entity, translation_key: "materials_short" };
  hass.states["sensor.short"] = state("sensor.short", "1", rows ? { materials: rows } : {});
  const farm = farmOf(hass);
  const found = farm ? materialTable(hass, farm) : nothing;
  if (found === nothing) return undefined;
  const place = document.createElement("div");
  render(found, place);
  return place;
}

function shown(rows: MaterialRow[] | undefined): string[][] {
  return [...(table(rows)?.querySelectorAll("tbody tr") ?? [])].map((row) =>
    [...row.children].map((cell) => cell.textContent.replaceAll(/\s+/g, " ").trim()),
  );
}

test("what is no color is not drawn as one", () => {
  const style = (color_code: string) =>
    table([{ ...ROW, color_code }])
      ?.querySelector(".dot")
      ?.getAttribute("style");

  expect(style("#FFFFFF")).toBe("background:#FFFFFF");
  expect(style("red;position:fixed;inset:0")).toBe("background:transparent");
  expect(style("url(https://elsewhere.example)")).toBe("background:transparent");
});

test("the table says what the queue needs, what there is and what is missing", () => {
  expect(shown([ROW])).toEqual([["PLA Basic White", "1.5 kg", "400 g", "–", "1.1 kg"]]);
});

test("what is not known is neither covered nor missing", () => {
  const row = { ...ROW, missing: 0, covered: null, needed: 20, jobs_not_sliced: 2 };
  expect(shown([row])).toEqual([["PLA Basic White", "20 g + ?", "400 g", "–", "?"]]);
});

test("a print that its tray can't finish is named", () => {
  const row = { ...ROW, covered: true, missing: 0, short_prints: ["P1S 01"] };
  expect(shown([row])[0]?.[0]).toContain("short prints");
});

test("there is no table without the sensor, or while nothing waits", () => {
  expect(shown(undefined)).toEqual([]);
  expect(shown([])).toEqual([]);
});
