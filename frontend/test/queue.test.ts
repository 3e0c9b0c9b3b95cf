import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { QueueCard } from "../src/cards/queue";
import type { Job, JobRow, Queue } from "../src/parts/job";
import { home, type Home } from "./home";

customElements.define("printago-queue", QueueCard);
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};

let card: QueueCard;
let hass: Home;
let push: (queue: Queue) => void;

function job(id: string, more: Partial<Job> = {}): Job {
  return {
    id,
    title: id,
    part: null,
    order: null,
    status: "pending",
    printer: null,
    device_id: null,
    picture: null,
    low_priority: false,
    pinned: false,
    tags: [],
    error: null,
    why: { code: "busy", printers: ["one"], more: 0, tags: [] },
    ...more,
  };
}

const queue = (queued: Job[], more: Partial<Queue> = {}): Queue => ({
  loaded: true,
  readable: true,
  total: queued.length,
  queued,
  failed: [],
  waiting_approval: [],
  ...more,
});

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  hass = home({ one: {}, two: {} });
  hass.connection.subscribeMessage = (callback) => {
    push = callback;
    return Promise.resolve(() => undefined);
  };
  card = new QueueCard();
  card.setConfig({ type: "custom:printago-queue-card" });
  card.hass = hass;
  document.body.append(card);
  await vi.waitFor(() => expect(push).toBeDefined());
});

afterEach(() => {
  card.remove();
  vi.useRealTimers();
});

async function show(next: Queue): Promise<void> {
  push(next);
  await card.updateComplete;
}

const rows = () => [...card.renderRoot.querySelectorAll<JobRow>("printago-job")];
const order = () => rows().map((row) => row.job.id);
const handle = (id: string) => card.renderRoot.querySelector<HTMLElement>(`[data-job="${id}"]`)!;
const calls = () => hass.callService.mock.calls.map(([, action, data]) => [action, data]);

async function press(id: string, key: string): Promise<void> {
  handle(id).dispatchEvent(new KeyboardEvent("keydown", { key }));
  await card.updateComplete;
}

/** Drag a row of 50 pixels by its handle. */
async function drag(id: string, by: number): Promise<void> {
  [...card.renderRoot.querySelectorAll("li")].forEach((row, index) => {
    row.getBoundingClientRect = () => ({ top: index * 50, height: 50 }) as DOMRect;
  });
  handle(id).dispatchEvent(new PointerEvent("pointerdown", { button: 0, clientY: 500 }));
  window.dispatchEvent(new PointerEvent("pointermove", { clientY: 500 + by }));
  await card.updateComplete;
}

async function open(row: Element): Promise<ShadowRoot> {
  const root = row.shadowRoot!;
  root.querySelector<HTMLButtonElement>(".job")!.click();
  await vi.waitFor(() => expect(root.querySelector(".acts")).not.toBeNull());
  return root;
}

const button = (root: ParentNode, text: string) =>
  [...root.querySelectorAll("button")].find((each) => each.textContent.trim() === text)!;

test("arrow keys move a job at once; what came of several is sent as one", async () => {
  await show(queue([job("a"), job("b"), job("c")]));

  await press("c", "ArrowUp");
  await press("c", "ArrowUp");
  expect(order()).toEqual(["c", "a", "b"]);
  expect(hass.callService).not.toHaveBeenCalled();

  await vi.advanceTimersByTimeAsync(1000);
  expect(calls()).toEqual([["reorder_jobs", { job_id: ["c"], before: "a" }]]);
});

test("Home and End move to the ends", async () => {
  await show(queue([job("a"), job("b"), job("c")]));

  await press("a", "End");
  expect(order()).toEqual(["b", "c", "a"]);
  await vi.advanceTimersByTimeAsync(1000);
  await press("c", "Home");
  expect(order()[0]).toBe("c");
  await vi.advanceTimersByTimeAsync(1000);

  expect(calls()).toEqual([
    ["reorder_jobs", { job_id: ["a"], after: "c" }],
    ["reorder_jobs", { job_id: ["c"], before: "b" }],
  ]);
});

test("a job is dragged by its handle, and sent where it is dropped", async () => {
  await show(queue([job("a"), job("b"), job("c")]));

  await drag("a", 80);
  expect(card.renderRoot.querySelector(".moved printago-job")).toBe(rows()[0]);
  window.dispatchEvent(new PointerEvent("pointerup"));
  await card.updateComplete;

  expect(order()).toEqual(["b", "c", "a"]);
  expect(calls()).toEqual([["reorder_jobs", { job_id: ["a"], after: "c" }]]);
});

test("a job that is dragged is the one that moves, though others leave the queue meanwhile", async () => {
  await show(queue([job("a"), job("b"), job("c"), job("d")]));

  await drag("b", 80);
  await show(queue([job("b"), job("c")]));
  expect(order()).toEqual(["a", "b", "c", "d"]);
  window.dispatchEvent(new PointerEvent("pointerup"));
  await card.updateComplete;

  expect(order()).toEqual(["c", "b"]);
  expect(calls()).toEqual([["reorder_jobs", { job_id: ["b"], after: "c" }]]);
});

test("a job beside which none is left is not sent anywhere", async () => {
  await show(queue([job("a"), job("b")]));

  await drag("a", 80);
  await show(queue([job("a")]));
  window.dispatchEvent(new PointerEvent("pointerup"));

  expect(hass.callService).not.toHaveBeenCalled();
});

test("a job that begins to print while it is dragged is not moved, and no other instead of it", async () => {
  await show(queue([job("a"), job("b"), job("c")]));

  await drag("a", 80);
  await show(queue([job("b"), job("c")]));
  window.dispatchEvent(new PointerEvent("pointerup"));
  await card.updateComplete;

  expect(order()).toEqual(["b", "c"]);
  expect(hass.callService).not.toHaveBeenCalled();
});

test("Escape, and a pointer that the browser takes away, move nothing", async () => {
  await show(queue([job("a"), job("b")]));

  await drag("a", 80);
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  await drag("a", 80);
  window.dispatchEvent(new PointerEvent("pointercancel"));
  await card.updateComplete;

  expect(order()).toEqual(["a", "b"]);
  expect(hass.callService).not.toHaveBeenCalled();
});

test("no job leaves its priority", async () => {
  await show(queue([job("a"), job("b"), job("z", { low_priority: true })]));

  await press("z", "Home");
  expect(order()).toEqual(["a", "b", "z"]);
  await drag("a", 500);
  window.dispatchEvent(new PointerEvent("pointerup"));

  expect(calls()).toEqual([["reorder_jobs", { job_id: ["a"], after: "b" }]]);
});

test("other jobs may come and go while one is moved", async () => {
  await show(queue([job("a"), job("b"), job("c")]));
  await press("c", "ArrowUp");

  await show(queue([job("x"), job("a"), job("b"), job("c")]));

  expect(order()).toEqual(["x", "a", "c", "b"]);
});

test("after a while, what Printago says is shown again; after a refusal at once", async () => {
  await show(queue([job("a"), job("b")]));
  await press("b", "ArrowUp");
  await vi.advanceTimersByTimeAsync(1000);
  expect(order()).toEqual(["b", "a"]);
  await vi.advanceTimersByTimeAsync(10_000);
  await card.updateComplete;
  expect(order()).toEqual(["a", "b"]);

  hass.callService.mockRejectedValueOnce(new Error("The quota is used up."));
  await press("b", "ArrowUp");
  await vi.advanceTimersByTimeAsync(1000);
  await card.updateComplete;
  expect(order()).toEqual(["a", "b"]);
});

test("leaving the view sends what was moved", async () => {
  await show(queue([job("a"), job("b")]));
  await press("b", "ArrowUp");
  card.remove();

  expect(calls()).toEqual([["reorder_jobs", { job_id: ["b"], before: "a" }]]);
});

test("a job is cancelled only after a question", async () => {
  await show(queue([job("a")]));
  const root = await open(rows()[0]!);

  button(root, "cancel job").click();
  const confirm = () => root.querySelector("printago-confirm")?.shadowRoot?.querySelector(".danger");
  await vi.waitFor(() => expect(confirm()).toBeTruthy());
  expect(hass.callService).not.toHaveBeenCalled();
  (confirm() as HTMLElement).click();

  await vi.waitFor(() => expect(calls()).toEqual([["cancel_jobs", { job_id: ["a"] }]]));
});

test("a waiting job goes to the front, or to one printer only", async () => {
  await show(queue([job("a")]));
  const root = await open(rows()[0]!);

  button(root, "to front").click();
  const select = root.querySelector("select")!;
  select.value = "two";
  select.dispatchEvent(new Event("change"));
  select.value = "";
  select.dispatchEvent(new Event("change"));

  expect(calls()).toEqual([
    ["move_jobs_to_front", { job_id: ["a"] }],
    ["update_jobs", { job_id: ["a"], pin_to_printer: "two" }],
    ["update_jobs", { job_id: ["a"], unpin: true }],
  ]);
});

test("a printer that was refused does not stay chosen", async () => {
  await show(queue([job("a")]));
  const root = await open(rows()[0]!);
  hass.callService.mockRejectedValueOnce(new Error("The quota is used up."));

  const select = root.querySelector("select")!;
  select.value = "two";
  select.dispatchEvent(new Event("change"));

  await vi.waitFor(() => expect(select.value).toBe(""));
});

test("what is being done with a job can't be done twice", async () => {
  await show(queue([], { failed: [job("f", { status: "failed" })] }));
  const root = await open(rows()[0]!);
  let answer: () => void = () => undefined;
  hass.callService.mockImplementationOnce(() => new Promise((resolve) => (answer = () => resolve({}))));

  button(root, "retry").click();
  await vi.waitFor(() => expect(button(root, "retry").disabled).toBe(true));
  button(root, "retry").click();
  expect(hass.callService).toHaveBeenCalledTimes(1);

  answer();
  await vi.waitFor(() => expect(button(root, "retry").disabled).toBe(false));
});

test("Printago itself is asked why a job waits", async () => {
  const printers = [{ printer: "one", printer_id: "1", matched: false, reasons: ["It is busy", "No PLA"] }];
  hass.callService.mockResolvedValue({ response: { jobs: [{ explanation: "It waits for one.", printers }] } });
  await show(queue([job("a")]));
  const root = await open(rows()[0]!);

  button(root, "explain").click();
  await vi.waitFor(() => expect(root.querySelector(".explained p")?.textContent).toBe("It waits for one."));
  expect(root.querySelector(".explained li")!.textContent).toBe("one: It is busy; No PLA");
});

test("a job that waits for approval tells where that is given", async () => {
  const held = job("a", { status: "waiting-for-approval", why: null, printer: "P1S 03" });
  await show(queue([], { waiting_approval: [held] }));

  expect(rows()[0]?.shadowRoot?.querySelector(".small")?.textContent).toBe("why approval");
  expect(rows()[0]?.shadowRoot?.querySelector(".muted")?.textContent).toBe("P1S 03");
});

test("a failed job tells what it is, and where it failed, where its name does not", async () => {
  const failed = job("Order 7", { status: "failed", part: "Benchy", printer: "P1S 03", order: "1003" });
  await show(queue([], { failed: [failed, { ...failed, id: "b", title: "Benchy", order: null }] }));

  const about = rows().map((row) => row.shadowRoot?.querySelector(".muted")?.textContent);
  expect(about).toEqual(["Benchy · P1S 03 · order number", "P1S 03"]);
});

test("a failed job tells why, and is retried or cleared", async () => {
  await show(queue([], { failed: [job("f", { status: "failed", error: "Nozzle clogged" })] }));
  const root = await open(rows()[0]!);
  expect(root.textContent).toContain("failed because");

  button(root, "retry").click();
  button(root, "clear").click();

  expect(calls()).toEqual([
    ["retry_jobs", { job_id: ["f"] }],
    ["clear_jobs", { job_id: ["f"] }],
  ]);
});

test("with several farms an action says which is meant", async () => {
  hass.devices.other = { id: "other", name: "Other", entry_type: "service", identifiers: [["printago", "2"]] };
  hass.devices.farm!.config_entry_id = "entry";
  hass.entities = {
    ...hass.entities,
    "sensor.other": { entity_id: "sensor.other", platform: "printago", device_id: "other" },
  };
  await show(queue([], { failed: [job("f", { status: "failed" })] }));
  const root = await open(rows()[0]!);

  button(root, "retry").click();

  expect(calls()).toEqual([["retry_jobs", { config_entry_id: "entry", job_id: ["f"] }]]);
});
