/** A Home Assistant with a farm, as the cards see it. */
import { vi, type Mock } from "vitest";
import type { Device, Entry, Hass, State } from "../src/ha";

export const STARTED = Date.parse("2026-11-28T12:00:00Z");

export function state(entityId: string, value: string, attributes: Record<string, unknown> = {}): State {
  return { entity_id: entityId, state: value, attributes, last_changed: new Date(STARTED).toISOString() };
}

/** States of a printer by their translation keys; plain texts are states without attributes. */
export type Shown = Record<string, State | string>;

/** Say that Home Assistant's clock shows something else than the browser's. */
export function serverTime(hass: Home, milliseconds: number): Home {
  const { connection } = hass;
  const sendMessagePromise = (message: Record<string, unknown>): Promise<unknown> =>
    message.type === "printago/now" ? Promise.resolve({ now: milliseconds }) : connection.sendMessagePromise(message);
  return { ...hass, connection: { ...connection, sendMessagePromise } };
}

export interface Home extends Hass {
  callService: Mock<Hass["callService"]>;
}

/** Return a home with a farm of printers, each of which does what its states say. */
export function home(printers: Record<string, Shown> = {}): Home {
  const devices: Record<string, Device> = {
    farm: { id: "farm", name: "Farm", entry_type: "service", identifiers: [["printago", "store"]] },
    backup: { id: "backup", name: "Backup", entry_type: "service", identifiers: [["backup", "manager"]] },
  };
  const entities: Record<string, Entry> = {
    "sensor.farm_queue": {
      entity_id: "sensor.farm_queue",
      platform: "printago",
      device_id: "farm",
      translation_key: "jobs_queued",
    },
    "sensor.backup": {
      entity_id: "sensor.backup",
      platform: "backup",
      device_id: "backup",
      translation_key: "print_status",
    },
  };
  const states: Record<string, State | undefined> = {};
  for (const [name, shown] of Object.entries(printers)) {
    devices[name] = { id: name, name, model: "P1S", via_device_id: "farm", identifiers: [["printago", name]] };
    for (const [key, value] of Object.entries<State | string>({
      print_status: "idle",
      readiness: "ready",
      online: "on",
      ...shown,
    })) {
      const entityId = `sensor.${name}_${key}`;
      const translation_key = key.startsWith("ams_") ? "ams_tray" : key;
      entities[entityId] = { entity_id: entityId, platform: "printago", device_id: name, translation_key, name: key };
      states[entityId] = typeof value === "string" ? state(entityId, value) : { ...value, entity_id: entityId };
    }
  }
  return {
    states,
    entities,
    devices,
    areas: {},
    language: "en",
    locale: { language: "en" },
    config: { time_zone: "UTC" },
    connection: {
      sendMessagePromise: () => Promise.resolve({ resources: { "component.printago.common.card_close": "Close" } }),
      subscribeMessage: () => Promise.resolve(() => undefined),
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    },
    hassUrl: (path) => path,
    formatEntityState: (shown) => shown.state,
    callService: vi.fn<Hass["callService"]>(() => Promise.resolve({})),
  };
}

/** Return the home after another state of one entity. */
export function changed(before: Home, entityId: string, value: string): Home {
  return { ...before, states: { ...before.states, [entityId]: state(entityId, value) } };
}
