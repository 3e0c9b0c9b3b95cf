import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { confirmBed, isPending, onBeds, undoBed } from "../src/beds";
import { home } from "./home";

const BED = "button.one_confirm_bed_cleared";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

test("a bed is confirmed five seconds later", () => {
  const hass = home();
  confirmBed(hass, BED);

  vi.advanceTimersByTime(4_999);
  expect(hass.callService).not.toHaveBeenCalled();
  expect(isPending(BED)).toBe(true);

  vi.advanceTimersByTime(1);
  expect(hass.callService).toHaveBeenCalledExactlyOnceWith("button", "press", { entity_id: BED });
  expect(isPending(BED)).toBe(false);
});

test("a bed that is taken back is never confirmed", () => {
  const hass = home();
  confirmBed(hass, BED);
  undoBed(BED);

  vi.runAllTimers();
  expect(hass.callService).not.toHaveBeenCalled();
});

test("two taps confirm once", () => {
  const hass = home();
  confirmBed(hass, BED);
  confirmBed(hass, BED);

  vi.runAllTimers();
  expect(hass.callService).toHaveBeenCalledTimes(1);
});

test("who closes the page has confirmed", () => {
  const hass = home();
  confirmBed(hass, BED);

  window.dispatchEvent(new Event("pagehide"));
  expect(hass.callService).toHaveBeenCalledTimes(1);
});

test("leaving the page for another app confirms at once", () => {
  const hass = home();
  confirmBed(hass, BED);

  vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  document.dispatchEvent(new Event("visibilitychange"));
  expect(hass.callService).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});

test("a page that slept through the five seconds confirms no bed that may hold another print", () => {
  const hass = home();
  confirmBed(hass, BED);

  vi.setSystemTime(Date.now() + 3_600_000);
  vi.runAllTimers();
  expect(hass.callService).not.toHaveBeenCalled();
  expect(isPending(BED)).toBe(false);
});

test("cards hear when a confirmation begins and ends", () => {
  const listener = vi.fn();
  const stop = onBeds(listener);
  confirmBed(home(), BED);
  undoBed(BED);
  stop();
  confirmBed(home(), BED);

  expect(listener).toHaveBeenCalledTimes(2);
});
