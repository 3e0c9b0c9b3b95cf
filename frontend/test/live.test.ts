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
const hass = () => ({ ...home(), connection: { ...home().connection, subscribeMessage } });

beforeEach(() => {
  end.mockClear();
  subscribeMessage.mockClear();
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

test("a refusal is kept as its code", async () => {
  const live = new Live(host);
  const refusal = Object.assign(new Error("Unknown command."), { code: "unknown_command" });
  const refused = {
    ...home().connection,
    subscribeMessage: () => Promise.reject(refusal),
  };
  live.follow({ ...home(), connection: refused }, MESSAGE);

  await vi.waitFor(() => expect(live.error).toBe("unknown_command"));
});

test("every refusal has a sentence", () => {
  const sentences = ["unknown_command", "unauthorized", "not_found", "timeout"].map(reason);

  expect(new Set(sentences).size).toBe(4);
});
