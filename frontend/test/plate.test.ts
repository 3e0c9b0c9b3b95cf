import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PlateObjects } from "../src/parts/plate";
import { home, type Home } from "./home";

HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};

let plate: PlateObjects;
let hass: Home;
let asked: Home["connection"]["sendMessagePromise"];

beforeEach(async () => {
  hass = home({ one: {} });
  asked = vi.fn(() =>
    Promise.resolve({
      objects: [
        { id: 1, name: "Left", skipped: false },
        { id: 2, name: "Middle", skipped: true },
        { id: 3, name: "Right", skipped: false },
      ],
    }),
  );
  hass.connection.sendMessagePromise = asked;
  plate = new PlateObjects();
  plate.hass = hass;
  plate.deviceId = "one";
  document.body.append(plate);
  await vi.waitFor(() => expect(boxes()).toHaveLength(3));
});

afterEach(() => plate.remove());

const boxes = () => [...plate.renderRoot.querySelectorAll("input")];
const skip = () => plate.renderRoot.querySelector<HTMLButtonElement>(".danger")!;

async function choose(index: number): Promise<void> {
  boxes()[index]!.checked = true;
  boxes()[index]!.dispatchEvent(new Event("change"));
  await plate.updateComplete;
}

test("what is skipped already can't be chosen, and nothing is skipped that was not chosen", () => {
  expect(boxes().map((box) => [box.checked, box.disabled])).toEqual([
    [false, false],
    [true, true],
    [false, false],
  ]);
  expect(skip().disabled).toBe(true);
  expect(asked).toHaveBeenCalledWith({ type: "printago/objects", device_id: "one" });
});

test("chosen objects are skipped by the button only, and shown so", async () => {
  await choose(2);
  expect(hass.callService).not.toHaveBeenCalled();
  skip().click();

  await vi.waitFor(() => expect(boxes().map((box) => box.disabled)).toEqual([false, true, true]));
  expect(hass.callService.mock.lastCall?.slice(1, 3)).toEqual(["skip_objects", { printer: "one", objects: ["3"] }]);
});

test("after a refusal they can still be chosen", async () => {
  hass.callService.mockRejectedValueOnce(new Error("The quota is used up."));
  await choose(0);
  skip().click();
  await vi.waitFor(() => expect(hass.callService).toHaveBeenCalled());
  await plate.updateComplete;

  expect(boxes().map((box) => box.disabled)).toEqual([false, true, false]);
});
