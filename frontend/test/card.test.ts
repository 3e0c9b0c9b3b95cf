import { html, type TemplateResult } from "lit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PrintagoCard } from "../src/card";
import type { Hass } from "../src/ha";
import { changed, home, type Home } from "./home";

class Probe extends PrintagoCard {
  drawn = 0;

  set gathers(milliseconds: number) {
    this.pause = milliseconds;
  }

  protected override shown(hass: Hass): readonly unknown[] {
    return [hass.states["sensor.one_print_status"]];
  }

  protected override content(): TemplateResult {
    this.drawn++;
    return html`${this.hass?.states["sensor.one_print_status"]?.state}`;
  }
}
customElements.define("printago-probe", Probe);

let hass: Home;
let card: Probe;

beforeEach(async () => {
  hass = home({ one: {}, two: {} });
  card = new Probe();
  document.body.append(card);
  card.hass = hass;
  await vi.waitFor(() => expect(card.drawn).toBeGreaterThan(0));
});

afterEach(() => {
  card.remove();
  vi.useRealTimers();
});

async function show(next: Home): Promise<void> {
  card.hass = next;
  await card.updateComplete;
}

test("a card is drawn when what it shows has changed, and not for anything else", async () => {
  const before = card.drawn;

  await show(changed(hass, "sensor.two_print_status", "running"));
  expect(card.drawn).toBe(before);

  await show(changed(hass, "sensor.one_print_status", "running"));
  expect(card.drawn).toBe(before + 1);
  expect(card.renderRoot.textContent).toBe("running");
});

test("while Home Assistant can't be reached, what is shown is said to be of before", async () => {
  await show({ ...hass, connected: false });
  expect(card.renderRoot.querySelector("[role=status]")?.textContent).toBe("disconnected");
  expect(card.renderRoot.textContent).toContain("idle");

  await show({ ...hass, connected: true });
  expect(card.renderRoot.textContent).toBe("idle");
});

test("a wall gathers changes, and shows the last one", async () => {
  vi.useFakeTimers();
  card.gathers = 250;
  const before = card.drawn;

  for (const value of ["1", "2", "3"]) await show(changed(hass, "sensor.one_print_status", value));
  expect(card.drawn).toBe(before + 1);

  await vi.advanceTimersByTimeAsync(250);
  await card.updateComplete;
  expect(card.drawn).toBe(before + 2);
  expect(card.renderRoot.textContent).toBe("3");
});
