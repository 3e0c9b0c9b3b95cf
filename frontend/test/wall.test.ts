import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FarmCard } from "../src/cards/farm";
import { PrintersCard } from "../src/cards/printers";
import { isPending, undoBed } from "../src/beds";
import { changed, home, serverTime, state, type Home, type Shown } from "./home";

customElements.define("printago-printers", PrintersCard);
customElements.define("printago-farm", FarmCard);

let wall: PrintersCard;

const busy = { print_status: "running", readiness: "busy", print_progress: "40", current_job: "Benchy" };
const bed: Shown = { print_status: "finish", readiness: "awaiting_clear", bed_needs_clearing: "on" };

beforeEach(() => {
  wall = new PrintersCard();
  wall.setConfig({ type: "custom:printago-printers-card" });
  document.body.append(wall);
});

afterEach(() => wall.remove());

async function show(hass: Home): Promise<void> {
  wall.hass = hass;
  await vi.waitFor(() => expect(wall.renderRoot.querySelector(".tile, .sentence")).not.toBeNull());
}

/** Push what no entity has. */
function push(hass: Home, data: object): void {
  hass.connection.subscribeMessage = (callback) => {
    setTimeout(() => callback({ loaded: true, ...data }));
    return Promise.resolve(() => undefined);
  };
}

const texts = (selector: string) =>
  [...wall.renderRoot.querySelectorAll(selector)].map((each) => each.textContent.replaceAll(/\s+/g, " ").trim());

test("printers stand in the section to which they belong; empty sections are not there", async () => {
  await show(home({ a: busy, b: {}, c: bed }));

  expect(texts("h3")).toEqual(["group attention 1", "group printing 1", "group ready 1"]);
  expect(texts(".open .line")).toEqual(["c", "a", "b"]);
  expect(texts(".percent")).toEqual(["40%"]);
});

test("a bed is confirmed by its own button, which then takes it back", async () => {
  const hass = home({ c: { ...bed, confirm_bed_cleared: "unknown" } });
  await show(hass);
  const button = () => wall.renderRoot.querySelector<HTMLButtonElement>(".act")!;

  button().click();
  await vi.waitFor(() => expect(button().textContent.trim()).toBe("undo"));
  button().click();
  await vi.waitFor(() => expect(button().textContent.trim()).toBe("bed is clear"));
  expect(hass.callService).not.toHaveBeenCalled();
});

test("the beds that are shown are confirmed together, after a question; one alone has its own button only", async () => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  const waits = { ...bed, confirm_bed_cleared: "unknown" };
  await show(home({ a1: waits, a2: waits, b: waits, c: {} }));
  const press = async (selector: string, root: ParentNode = wall.renderRoot): Promise<void> => {
    root.querySelector<HTMLButtonElement>(selector)!.click();
    await wall.updateComplete;
  };

  wall.search = "b";
  await wall.updateComplete;
  expect(texts(".beds")).toEqual([]);

  wall.search = "a";
  await wall.updateComplete;
  await press(".beds .act");
  const question = wall.renderRoot.querySelector("printago-confirm")!;
  await vi.waitFor(() => expect(question.shadowRoot?.querySelector("#text")).toBeTruthy());
  expect(isPending("sensor.a1_confirm_bed_cleared")).toBe(false);
  await press(".danger", question.shadowRoot!);

  const pending = () => ["a1", "a2", "b"].filter((name) => isPending(`sensor.${name}_confirm_bed_cleared`));
  await vi.waitFor(() => expect(pending()).toEqual(["a1", "a2"]));
  expect(texts(".tile .act")).toEqual(["undo", "undo"]);
  expect(wall.renderRoot.querySelector(".beds .act")).toBeNull();
  for (const name of ["a1", "a2"]) undoBed(`sensor.${name}_confirm_bed_cleared`);
});

test("a filter leaves one group, a search what has the text in its name, model or job", async () => {
  const printers = Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`p${index}`, index ? {} : busy]));
  await show(home(printers));

  wall.only = "printing";
  await wall.updateComplete;
  expect(texts(".open .line")).toEqual(["p0"]);

  wall.only = null;
  wall.search = "benchy";
  await wall.updateComplete;
  expect(texts(".open .line")).toEqual(["p0"]);

  wall.search = "nothing like it";
  await wall.updateComplete;
  expect(texts("[role=status]")).toContain("nothing found");
});

test("a filter whose last printer is done can still be taken back", async () => {
  const printers = Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`p${index}`, index ? {} : bed]));
  const hass = home(printers);
  await show(hass);
  const chip = () => wall.renderRoot.querySelector<HTMLButtonElement>(".chip[aria-pressed=true]");
  wall.renderRoot.querySelector<HTMLButtonElement>(".chip")!.click();
  await wall.updateComplete;

  wall.only = "attention";
  wall.hass = changed(hass, "sensor.p0_bed_needs_clearing", "off");
  await vi.waitFor(() => expect(texts(".open .line")).toEqual([]));
  chip()!.click();
  await wall.updateComplete;
  expect(texts(".open .line")).toHaveLength(13);
});

test("how many printers need a person is in a live region", async () => {
  const hass = home({ a: {}, b: bed });
  await show(hass);
  expect(texts("[role=status]")).toEqual(["group attention: 1"]);

  wall.hass = changed(hass, "sensor.a_print_status", "pause");
  await vi.waitFor(() => expect(texts("[role=status]")).toEqual(["group attention: 2"]));
});

test("printers of which nothing is known are not shown as unused", async () => {
  const silent = Object.fromEntries(["print_status", "readiness", "online"].map((key) => [key, "unavailable"]));
  const hass = home({ a: silent, b: silent });
  await show(hass);
  expect(texts(".sentence")).toEqual(["silent"]);

  wall.hass = changed(hass, "sensor.b_online", "on");
  await vi.waitFor(() => expect(texts(".open .line")).toEqual(["a", "b"]));
});

test("a wall of another version than the integration says so, and still shows its printers", async () => {
  const hass = home({ a: {} });
  hass.connection.subscribeMessage = () => Promise.reject(Object.assign(new Error(), { code: "unknown_command" }));
  await show(hass);
  await vi.waitFor(() => expect(texts(".sentence")).toEqual(["other version"]));
  expect(texts(".open .line")).toEqual(["a"]);
});

test("what remains is right on a browser whose clock is hours wrong; an end that is long over is left out", async () => {
  const now = Date.now() - 5 * 3_600_000;
  const ends = (minutes: number) => ({ ...busy, end_time: new Date(now + minutes * 60_000 + 20_000).toISOString() });
  await show(serverTime(home({ a: ends(45), b: ends(-200) }), now));

  expect(texts(".tile .muted")).toEqual(["", expect.stringMatching(/ · 45 min$/)]);
});

test("a tile is drawn again when its printer has changed, and no other", async () => {
  const hass = home({ a: busy, b: {} });
  await show(hass);
  const tiles = () => [...wall.renderRoot.querySelectorAll(".tile")];
  const [a, b] = tiles();
  const drawn = vi.fn();
  const observer = new MutationObserver(drawn);
  observer.observe(b!, { subtree: true, childList: true, characterData: true, attributes: true });

  wall.hass = changed(hass, "sensor.a_print_progress", "41");
  await vi.waitFor(() => expect(texts(".percent")).toEqual(["41%"]));

  expect(tiles()[0]).toBe(a);
  expect(observer.takeRecords()).toEqual([]);
  expect(drawn).not.toHaveBeenCalled();
});

test("a change of what is not shown draws nothing, neither on the wall nor in the numbers of the farm", async () => {
  vi.useFakeTimers();
  try {
    const hass = home({ a: { ...busy, nozzle_temperature: "20" }, b: {} });
    const numbers = new FarmCard();
    document.body.append(numbers);
    numbers.hass = wall.hass = hass;
    await vi.advanceTimersByTimeAsync(3_000);
    const drawn = [wall, numbers].map((card) =>
      vi.spyOn(card as unknown as { performUpdate(): void }, "performUpdate"),
    );
    const show = async (next: Home): Promise<void> => {
      numbers.hass = wall.hass = next;
      await vi.advanceTimersByTimeAsync(3_000);
    };

    await show(changed(hass, "sensor.a_nozzle_temperature", "21"));
    await show(changed(hass, "light.kitchen", "on"));
    expect(drawn.map((each) => each.mock.calls.length)).toEqual([0, 0]);

    // The progress of a print is on its tile, but changes no number of the farm.
    await show(changed(hass, "sensor.a_print_progress", "41"));
    expect(drawn.map((each) => each.mock.calls.length)).toEqual([1, 0]);

    await show(changed(hass, "sensor.a_print_status", "pause"));
    expect(drawn.map((each) => each.mock.calls.length)).toEqual([2, 1]);
    numbers.remove();
  } finally {
    vi.useRealTimers();
  }
});

test("a grouping that there is none of is the one by what they need", async () => {
  wall.setConfig({ type: "", group_by: "color" });
  await show(home({ a: {}, b: busy, c: bed }));

  expect(texts("h3")).toEqual(["group attention 1", "group printing 1", "group ready 1"]);
});

test("printers stand under each of their tags, in the order of the tags, those without any last", async () => {
  const hass = home({ a: {}, b: {}, c: {} });
  wall.setConfig({ type: "", group_by: "tag" });
  push(hass, { tags: { a: ["rack-10", "rack-2"], b: ["rack-2"] } });
  await show(hass);
  await vi.waitFor(() => expect(texts("h3")).toEqual(["rack-2 2", "rack-10 1", "no tag 1"]));
});

test("jobs that wait for a person come first, a few of many", async () => {
  const hass = home({ a: {} });
  const failed = Array.from({ length: 6 }, (_, index) => ({
    id: `j${index}`,
    title: `Job ${index}`,
    status: "failed",
  }));
  push(hass, { failed: failed.map((job) => ({ ...job, tags: [], error: "Clogged" })) });
  await show(hass);
  await vi.waitFor(() => expect(texts("h3")).toEqual(["jobs attention 6", "group ready 1"]));
  expect(wall.renderRoot.querySelectorAll("printago-job")).toHaveLength(4);

  wall.renderRoot.querySelector<HTMLButtonElement>("section > .act")!.click();
  await wall.updateComplete;
  expect(wall.renderRoot.querySelectorAll("printago-job")).toHaveLength(6);
});

test("messages of a printer are shown as text, whatever is in them", async () => {
  const message = "<img src=x onerror=alert(1)>";
  await show(home({ a: { hms: state("", "on", { messages: [{ message }] }) } }));

  expect(texts(".why")).toEqual([message]);
  expect(wall.renderRoot.querySelector("img")).toBeNull();
});

test("a message of a printer leads to what can be done, unless the link is none", async () => {
  const hms = (wiki: string) => ({ hms: state("", "on", { messages: [{ message: "Jam", wiki }] }) });
  await show(
    home({ a: hms("https://wiki.example/jam"), b: hms("javascript:alert(1)"), c: hms("http://wiki.example") }),
  );

  const links = [...wall.renderRoot.querySelectorAll("a")];
  expect(links.map((link) => link.href)).toEqual(["https://wiki.example/jam"]);
});

test("a farm without printers, and a home without a farm, are told in a sentence", async () => {
  await show(home());
  expect(texts(".sentence")).toEqual(["no printers"]);
});
