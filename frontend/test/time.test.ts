import { beforeEach, expect, test, vi } from "vitest";
import { home } from "./home";

const HOUR = 3_600_000;

let time: typeof import("../src/time");
let asked = vi.fn<() => Promise<unknown>>();

beforeEach(async () => {
  vi.resetModules();
  time = await import("../src/time");
  asked = vi.fn(() => Promise.resolve({ now: Date.now() + HOUR }));
});

const hass = () => ({ ...home(), connection: { ...home().connection, sendMessagePromise: () => asked() } });

test("every card that waits for the time is drawn when it is there, though it is asked for once", async () => {
  const same = hass();
  const drawn = [vi.fn(), vi.fn()];

  expect(drawn.map((redraw) => time.haveTime(same, redraw))).toEqual([false, false]);
  await vi.waitFor(() => expect(drawn.map((redraw) => redraw.mock.calls.length)).toEqual([1, 1]));
  expect(asked).toHaveBeenCalledTimes(1);
  expect(time.haveTime(same, vi.fn())).toBe(true);
  expect(time.now() - Date.now()).toBeGreaterThan(HOUR - 1000);
});

test("without an answer the browser's own clock is used", async () => {
  asked.mockRejectedValue(new Error("unknown_command"));
  const drawn = vi.fn();
  time.haveTime(hass(), drawn);

  await vi.waitFor(() => expect(drawn).toHaveBeenCalledTimes(1));
  expect(Math.abs(time.now() - Date.now())).toBeLessThan(1000);
});

test("it is asked for again when the browser's clock was set", async () => {
  const same = hass();
  const drawn = vi.fn();
  time.haveTime(same, vi.fn());
  await vi.waitFor(() => expect(time.haveTime(same, vi.fn())).toBe(true));
  expect(asked).toHaveBeenCalledTimes(1);

  const real = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => real() + 5 * HOUR);
  time.haveTime(same, drawn);
  await vi.waitFor(() => expect(drawn).toHaveBeenCalledTimes(1));
  expect(asked).toHaveBeenCalledTimes(2);
});
