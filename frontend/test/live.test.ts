import type { ReactiveController, ReactiveControllerHost } from "lit";
import { beforeEach, expect, test, vi } from "vitest";
import { Live, reason } from "../src/live";
import { home } from "./home";

const MESSAGE = { type: "printago/queue/subscribe" };

let controller: ReactiveController | undefined;
const drawn = vi.fn();
const host: ReactiveControllerHost = {
  addController: (added) => (controller = added),
  removeController: () => undefined,
  requestUpdate: drawn,
  updateComplete: Promise.resolve(true),
};
let push: (data: unknown) => void = () => undefined;
const end = vi.fn();
const subscribeMessage = vi.fn((callback: (data: unknown) => void) => {
  push = callback;
  return Promise.resolve(end as () => unknown);
});
const listeners = new Set<() => void>();
const hass = () => ({
  ...home(),
  connection: {
    ...home().connection,
    subscribeMessage,
    addEventListener: (_: string, listener: () => void) => void listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => void listeners.delete(listener),
  },
});
const reconnect = () => listeners.forEach((listener) => listener());

beforeEach(() => {
  end.mockClear();
  subscribeMessage.mockClear();
  listeners.clear();
});

test("what is pushed is kept, and the card drawn", () => {
  const live = new Live<number>(host);
  live.follow(hass(), MESSAGE);
  push(1);
  push(2);

  expect(live.data).toBe(2);
  expect(drawn).toHaveBeenCalledTimes(2);
});

test("the same is followed once, another one instead of it", async () => {
  const live = new Live(host);
  const same = hass();
  live.follow(same, MESSAGE);
  live.follow({ ...same, states: {} }, MESSAGE);
  expect(subscribeMessage).toHaveBeenCalledTimes(1);

  live.follow(same, { ...MESSAGE, limit: 60 });
  expect(subscribeMessage).toHaveBeenCalledTimes(2);
  await vi.waitFor(() => expect(end).toHaveBeenCalledTimes(1));
});

test("a card that leaves the page ends it, and begins again when it comes back", async () => {
  const live = new Live(host);
  live.follow(hass(), MESSAGE);
  controller?.hostDisconnected?.();
  await vi.waitFor(() => expect(end).toHaveBeenCalledTimes(1));

  push("late");
  expect(live.data).toBeUndefined();

  controller?.hostConnected?.();
  expect(subscribeMessage).toHaveBeenCalledTimes(2);
});

test("a refusal is kept with its code", async () => {
  const live = new Live(host);
  const refusal = Object.assign(new Error("Unknown command."), { code: "unknown_command" });
  const refused = {
    ...home().connection,
    subscribeMessage: () => Promise.reject(refusal),
  };
  live.follow({ ...home(), connection: refused }, MESSAGE);

  await vi.waitFor(() => expect(live.error).toHaveProperty("code", "unknown_command"));
});

test("a new connection is asked for the same, and the old one for nothing any more", async () => {
  const live = new Live<string>(host);
  live.follow(hass(), MESSAGE);
  push("old");
  reconnect();
  expect(subscribeMessage).toHaveBeenCalledTimes(2);
  push("new");

  expect(live.data).toBe("new");
  await Promise.resolve();
  // Its number may stand for something else on the new connection.
  expect(end).not.toHaveBeenCalled();

  controller?.hostDisconnected?.();
  reconnect();
  expect(subscribeMessage).toHaveBeenCalledTimes(2);
});

test("what is refused while Home Assistant starts is asked for again until it is there", async () => {
  vi.useFakeTimers();
  try {
    subscribeMessage.mockRejectedValueOnce({ code: "unknown_command" });
    const live = new Live<string>(host);
    live.follow(hass(), MESSAGE);
    await vi.advanceTimersByTimeAsync(0);
    expect(live.error).toHaveProperty("code", "unknown_command");

    await vi.advanceTimersByTimeAsync(10_000);
    push("here");
    expect([live.data, live.error]).toEqual(["here", undefined]);

    await vi.advanceTimersByTimeAsync(60_000);
    expect(subscribeMessage).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});

test("a card that has left the page asks for nothing again", async () => {
  vi.useFakeTimers();
  try {
    subscribeMessage.mockRejectedValueOnce({ code: "unknown_command" });
    new Live(host).follow(hass(), MESSAGE);
    await vi.advanceTimersByTimeAsync(0);
    controller?.hostDisconnected?.();

    await vi.advanceTimersByTimeAsync(60_000);
    expect(subscribeMessage).toHaveBeenCalledTimes(1);
  } finally {
    vi.useRealTimers();
  }
});

test("every refusal has a sentence", () => {
  const errors = ["unknown_command", "unauthorized", "not_found", "timeout"].map((code) => ({ code, message: "No" }));
  const sentences = errors.map((error) => reason(error, home()));

  expect(new Set(sentences).size).toBe(4);
  expect(sentences).not.toContain("No");
});

test("an integration that is not there yet is no matter of versions", () => {
  const starting = { config: { time_zone: "UTC", components: ["http"] } };
  const running = { config: { time_zone: "UTC", components: ["http", "printago"] } };

  expect(reason({ code: "unknown_command" }, starting)).toBe("not loaded");
  expect(reason({ code: "unknown_command" }, running)).toBe("other version");
});
