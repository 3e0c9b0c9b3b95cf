import { afterEach, expect, test, vi } from "vitest";
import "../src/index";
import { use } from "../src/load";

// What a page from before an update asks for is gone.
vi.mock("../src/cards/spools", () => {
  throw new Error("404");
});

afterEach(() => document.body.replaceChildren());

test("a card whose code is gone is a sentence", async () => {
  const card = document.createElement("printago-spools-card");
  document.body.append(card);

  await vi.waitFor(() => expect(card.querySelector("ha-card")?.textContent).toBe("other version"));
});

test("a dialog whose code is gone says so for a moment", async () => {
  const said = vi.fn();
  document.body.addEventListener("hass-notification", (event) => void said((event as CustomEvent).detail), {
    once: true,
  });
  use(document.body, Promise.reject(new Error("404")), () => undefined);

  await vi.waitFor(() => expect(said).toHaveBeenCalledExactlyOnceWith({ message: "other version" }));
});
