import { afterEach, expect, test } from "vitest";
import { clock, dotted, duration, percent, relative } from "../src/format";
import { home, STARTED } from "./home";

const MINUTE = 60_000;
const hass = (locale: object) => ({ ...home(), locale: { language: "en", time_zone: "server", ...locale } });

afterEach(() => document.documentElement.removeAttribute("dir"));

test("facts stand in one line, and keep their directions where a page is read from the right", () => {
  expect(dotted("62%", null, "", "10:12")).toBe("62% · 10:12");

  document.dir = "rtl";
  expect(dotted("62%", "10:12")).toBe("\u206862%\u2069 · \u206810:12\u2069");
});

test("a time is shown as the profile wants it, with the day where it is not today", () => {
  expect(clock(hass({ time_format: "24" }), STARTED + 90 * MINUTE, STARTED)).toBe("13:30");
  expect(clock(hass({ time_format: "12" }), STARTED + 90 * MINUTE, STARTED)).toMatch(/^1:30\sPM$/);
  expect(clock(hass({ time_format: "24" }), STARTED + 1440 * MINUTE, STARTED)).toMatch(/^Sun,? 12:00$/);
  expect(clock(hass({ language: "de" }), STARTED, STARTED)).toBe("12:00");
});

test("a span of time has its two largest units", () => {
  const spans = [-5, 0, 0.6, 59, 60, 80, 1440, 1505].map((minutes) => duration(hass({}), minutes * MINUTE));

  expect(spans).toEqual(["0 min", "0 min", "1 min", "59 min", "1 hr", "1 hr 20 min", "1 day", "1 day 1 hr"]);
});

test("a small tile has a span of time in fewer letters", () => {
  expect(duration(hass({}), 197 * MINUTE, "narrow")).toBe("3h 17m");
});

test("numbers follow the language", () => {
  expect(percent(hass({}), 41.6)).toBe("42%");
  expect(percent(hass({ language: "de" }), 41.6)).toMatch(/^42\s%$/);
  expect(relative(hass({}), STARTED - 5 * MINUTE, STARTED)).toBe("5 min. ago");
  expect(relative(hass({}), STARTED + 180 * MINUTE, STARTED)).toBe("in 3 hr.");
  expect(relative(hass({}), STARTED + 20_000, STARTED)).toBe("this minute");
});

test("days are counted in hours, so none of them is called tomorrow or yesterday", () => {
  expect(relative(hass({}), STARTED + 30 * 60 * MINUTE, STARTED)).toBe("in 1 day");
  expect(relative(hass({}), STARTED - 30 * 60 * MINUTE, STARTED)).toBe("1 day ago");
});

test("a time that is none is left out", () => {
  expect(relative(hass({}), NaN, STARTED)).toBe("");
});
