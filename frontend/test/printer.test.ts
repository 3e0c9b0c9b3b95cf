import { describe, expect, test } from "vitest";
import { farmOf, printerOf } from "../src/farm";
import { inOrder, trayOf, viewOf, type PrinterView } from "../src/printer";
import { changed, home, state, type Shown } from "./home";

function view(shown: Shown): PrinterView {
  const hass = home({ one: shown });
  return viewOf(hass, printerOf(hass)!);
}

const hms = (message: unknown) => state("", "on", { messages: message });

describe("where a printer belongs", () => {
  test.each([
    ["a print that runs", { print_status: "running", readiness: "busy" }, "printing", null],
    ["a print that is prepared", { print_status: "prepare", readiness: "busy" }, "printing", null],
    ["a free printer", {}, "ready", null],
    ["a paused print", { print_status: "pause", readiness: "busy" }, "attention", "paused"],
    [
      "a bed to clear",
      { print_status: "finish", readiness: "awaiting_clear", bed_needs_clearing: "on" },
      "attention",
      "bed",
    ],
    ["a message of the printer", { hms: hms([{ message: "Jam" }]), print_status: "running" }, "attention", "problem"],
    ["a failed print", { print_status: "failed", last_print_result: "failed" }, "attention", "failed"],
    ["an offline printer", { print_status: "offline", readiness: "offline", online: "off" }, "rest", null],
    [
      "an offline printer whose bed waits",
      { online: "off", readiness: "offline", bed_needs_clearing: "on" },
      "rest",
      null,
    ],
    [
      "a printer that went offline with a print",
      { print_status: "offline", readiness: "offline", online: "off", current_job: "Benchy" },
      "attention",
      "lost",
    ],
    [
      "a printer whose integration is gone",
      { print_status: "unavailable", readiness: "unavailable", online: "unavailable", current_job: "Benchy" },
      "rest",
      null,
    ],
    ["a printer in maintenance", { readiness: "maintenance" }, "rest", null],
    [
      "a printer that tells nothing",
      { print_status: "unavailable", readiness: "unknown", online: "unavailable" },
      "rest",
      null,
    ],
  ])("%s", (_, shown, group, need) => {
    expect(view(shown)).toMatchObject({ group, need });
  });

  test("a failed print that was followed by a good one is over", () => {
    expect(view({ print_status: "running", readiness: "busy", last_print_result: "failed" }).need).toBeNull();
  });
});

test("a printer that went offline during a print shows the name of the print, but no progress", () => {
  const lost = { print_status: "offline", online: "off", current_job: "Benchy", print_progress: "40" };

  expect(view(lost)).toMatchObject({ job: "Benchy", progress: null, endsAt: null, busy: false });
});

test("messages that are none do no harm, and lead only to web pages", () => {
  const messages = [
    null,
    "text",
    { message: 5, wiki: "javascript:alert(1)" },
    { message: "Jam", wiki: "https://wiki" },
  ];

  expect(view({ hms: hms(messages) }).messages.map(({ message, wiki }) => [message, wiki])).toEqual([
    [null, null],
    ["Jam", "https://wiki"],
  ]);
  expect(view({ hms: hms("broken") }).messages).toEqual([]);
});

test("progress stays between nothing and all, and is shown only while something is printed", () => {
  const busy = { print_status: "running", readiness: "busy" };

  expect(view({ ...busy, print_progress: "104" }).progress).toBe(100);
  expect(view({ ...busy, print_progress: "-3" }).progress).toBe(0);
  expect(view({ ...busy, print_progress: "unknown" }).progress).toBeNull();
  expect(view({ print_progress: "100" }).progress).toBeNull();
});

test.each([
  ["prepare", true],
  ["running", true],
  ["pause", true],
  ["idle", false],
  ["failed", false],
])("a print that could be stopped is known by its status %s, whatever else is known", (print_status, busy) => {
  expect(view({ print_status, hms: hms([{ message: "Jam" }]), print_progress: "unknown" }).busy).toBe(busy);
});

test("a picture comes from Home Assistant or not at all", () => {
  const picture = (address: unknown) => state("", "2026", { entity_picture: address });

  expect(view({ cover_image: picture("/api/image_proxy/image.one?token=a") }).cover).toBe(
    "/api/image_proxy/image.one?token=a&state=2026",
  );
  expect(view({ cover_image: picture("//storage.example/x?sig=1") }).cover).toBeNull();
  expect(view({ cover_image: picture("https://storage.example/x?sig=1") }).cover).toBeNull();
});

test("a view stays the same object until a state of its printer changes", () => {
  const hass = home({ one: {}, two: {} });
  const [one] = farmOf(hass)?.printers ?? [];
  const before = viewOf(hass, one!);

  expect(viewOf(changed(hass, "sensor.two_print_status", "running"), one!)).toBe(before);
  expect(viewOf(changed(hass, "sensor.one_print_status", "running"), one!)).not.toBe(before);
});

test("who needs a person comes first, then what ends first", () => {
  const running = (end: string) => ({ print_status: "running", readiness: "busy", end_time: end });
  const hass = home({
    a: {},
    b: running("2026-11-28T20:00:00Z"),
    c: running("2026-11-28T19:00:00Z"),
    d: { bed_needs_clearing: "on", readiness: "awaiting_clear" },
    e: { print_status: "pause" },
    f: { online: "off" },
  });

  const views = (farmOf(hass)?.printers ?? []).map((printer) => viewOf(hass, printer));
  expect(inOrder(views).map((each) => each.printer.name)).toEqual(["e", "d", "c", "b", "a", "f"]);
});

test("a tray is read with its colors; what is no color is none", () => {
  const hass = home({
    one: {
      ams_1_tray_1: state("", "PLA Basic", {
        colors: ["#FF0000", "red;x", "#FF00000", 5],
        remaining: 130,
        active: true,
      }),
      ams_1_tray_2: "empty",
      ams_1_tray_3: "unavailable",
    },
  });

  const trays = (printerOf(hass)?.trays ?? []).map((entityId) => trayOf(hass, entityId));
  expect(trays.map(({ known, empty, colors, remaining, active }) => [known, empty, colors, remaining, active])).toEqual(
    [
      [true, false, ["#FF0000"], 100, true],
      [true, true, [], null, false],
      [false, false, [], null, false],
    ],
  );
});
