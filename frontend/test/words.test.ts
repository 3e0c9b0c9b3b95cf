import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Hass } from "../src/ha";
import { home } from "./home";

let words: typeof import("../src/words");
const asked = vi.fn<() => Promise<unknown>>();

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  words = await import("../src/words");
  asked.mockReset();
});

afterEach(() => void vi.useRealTimers());

const hass = (language = "en"): Hass => ({
  ...home(),
  language,
  connection: { ...home().connection, sendMessagePromise: () => asked() },
});
const answer = (text: string) => Promise.resolve({ resources: { "component.printago.common.card_close": text } });

/** Draw as a card does: again whenever there is something new. */
function draw(home: Hass, drawn: string[]): void {
  const ready = words.haveWords(home, () => draw(home, drawn));
  if (ready) drawn.push(words.t("close"));
}

test("words that can't be had are asked for again, but not without a pause", async () => {
  asked.mockRejectedValueOnce(new Error("Connection lost"));
  asked.mockReturnValue(answer("Close"));
  const drawn: string[] = [];
  draw(hass(), drawn);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(drawn).toEqual([]);

  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toHaveBeenCalledTimes(2);
  expect(drawn).toEqual(["Close"]);
});

test("without any word keys stand in for them", async () => {
  asked.mockResolvedValue({ resources: {} });
  const drawn: string[] = [];
  draw(hass(), drawn);
  await vi.advanceTimersByTimeAsync(10);

  expect(drawn).toEqual(["close"]);
  expect(asked).toHaveBeenCalledTimes(1);
});

test("another language replaces the words", async () => {
  asked.mockReturnValueOnce(answer("Close")).mockReturnValueOnce(answer("Schließen"));
  const drawn: string[] = [];
  draw(hass(), drawn);
  await vi.advanceTimersByTimeAsync(10);
  draw(hass("de"), drawn);
  await vi.advanceTimersByTimeAsync(10);

  expect(drawn).toEqual(["Close", "Schließen"]);
});

test("among words from right to left a text keeps its own direction", async () => {
  asked.mockReturnValue(answer("{done} of {all} printed"));
  draw(hass(), []);
  await vi.advanceTimersByTimeAsync(10);
  document.dir = "rtl";

  expect(words.t("close", { done: 0, all: 1 })).toBe("\u20680 of 1 printed\u2069");
  expect(words.isolated("60 °C")).toBe("\u206860 °C\u2069");
  expect(words.isolated("")).toBe("");

  document.dir = "ltr";
  expect(words.t("close", { done: 0, all: 1 })).toBe("0 of 1 printed");
});
