import { expect, test } from "vitest";
import { farmOf, farmsOf, printerOf } from "../src/farm";
import { changed, home } from "./home";

test("a farm is found with its printers, in the order of their numbers", () => {
  const hass = home({ "P1S 10": {}, "P1S 9": {} });

  expect(farmsOf(hass).map((farm) => [farm.name, farm.printers.map((printer) => printer.name)])).toEqual([
    ["Farm", ["P1S 9", "P1S 10"]],
  ]);
});

test("a farm is chosen by its own device or by a printer's", () => {
  const hass = home({ one: {} });

  expect(farmOf(hass)?.deviceId).toBe("farm");
  expect(farmOf(hass, "farm")?.deviceId).toBe("farm");
  expect(farmOf(hass, "one")?.deviceId).toBe("farm");
  expect(farmOf(hass, "sold")).toBeUndefined();
  expect(printerOf(hass, "sold")).toBeUndefined();
});

test("the name that a person has given is shown", () => {
  const hass = home({ one: {} });
  Object.assign(hass.devices.one ?? {}, { name_by_user: "By the window" });

  expect(printerOf({ ...hass, devices: { ...hass.devices } })?.name).toBe("By the window");
});

test("a printer whose name can't be read is called by its model", () => {
  const hass = home({ one: {} });
  hass.devices.one = { ...hass.devices.one!, name: "  ", name_by_user: null };
  expect(printerOf(hass)?.name).toBe("P1S");

  hass.devices = { ...hass.devices, one: { ...hass.devices.one, model: null } };
  expect(printerOf(hass)?.name).toBe("one");
});

test("what is no printer of the farm is left out: saved prints, other integrations, devices without any farm", () => {
  const hass = home({ one: {} });
  hass.devices.saved = {
    id: "saved",
    // It sorts before the farm.
    name: "Benchy",
    entry_type: "service",
    via_device_id: "farm",
    identifiers: [["printago", "s"]],
  };
  hass.entities["button.saved"] = {
    entity_id: "button.saved",
    platform: "printago",
    device_id: "saved",
    translation_key: "saved_print",
  };
  hass.entities["sensor.lost"] = {
    entity_id: "sensor.lost",
    platform: "printago",
    device_id: "gone",
    translation_key: "print_status",
  };

  expect(farmOf(hass)?.name).toBe("Farm");
  expect(farmOf(hass)?.printers.map((printer) => printer.name)).toEqual(["one"]);
});

test("trays come in the order of their numbers, the external spool last", () => {
  const hass = home({
    one: { external_spool: "empty", ams_2_tray_1: "PLA", ams_1_tray_10: "PLA", ams_1_tray_2: "PLA" },
  });

  expect(printerOf(hass)?.trays).toEqual([
    "sensor.one_ams_1_tray_2",
    "sensor.one_ams_1_tray_10",
    "sensor.one_ams_2_tray_1",
    "sensor.one_external_spool",
  ]);
});

test("nothing is searched again for another state, all for another registry", () => {
  const hass = home({ one: {} });
  const farms = farmsOf(hass);

  expect(farmsOf(changed(hass, "sensor.one_print_status", "running"))).toBe(farms);
  expect(farmsOf({ ...hass, devices: {} })).toEqual([]);
});
