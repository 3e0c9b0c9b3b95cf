/** Finds the farms and their printers in Home Assistant's registries, with no configuration. */
import type { Device, Entry, Hass } from "./ha";

export interface Printer {
  readonly deviceId: string;
  readonly name: string;
  readonly model: string;
  readonly areaId: string | null;
  /** Entity IDs by translation key, which neither renaming nor another language changes. */
  readonly entities: Readonly<Record<string, string>>;
  /** Entity IDs of the trays in the order of their numbers, the external spool last. */
  readonly trays: readonly string[];
  /** Every entity that decides what is shown of the printer. */
  readonly watched: readonly string[];
}

export interface Farm {
  readonly deviceId: string;
  readonly name: string;
  readonly entities: Readonly<Record<string, string>>;
  readonly printers: readonly Printer[];
}

const SHOWN = [
  "print_status",
  "readiness",
  "print_progress",
  "end_time",
  "current_job",
  "cover_image",
  "hms",
  "bed_needs_clearing",
  "last_print_result",
  "online",
];

let known: { entities: unknown; devices: unknown; farms: Farm[] } | undefined;

/** Return all farms by name. The same registries return the same objects. */
export function farmsOf(hass: Pick<Hass, "entities" | "devices">): Farm[] {
  if (known?.entities !== hass.entities || known.devices !== hass.devices) {
    known = { entities: hass.entities, devices: hass.devices, farms: read(hass) };
  }
  return known.farms;
}

/** Return the farm of a device (its own, or one of its printers); without one the first that there is. */
export function farmOf(hass: Pick<Hass, "entities" | "devices">, deviceId?: string): Farm | undefined {
  const farms = farmsOf(hass);
  if (deviceId === undefined) return farms[0];
  return farms.find(
    (farm) => farm.deviceId === deviceId || farm.printers.some((printer) => printer.deviceId === deviceId),
  );
}

export function printerOf(hass: Pick<Hass, "entities" | "devices">, deviceId?: string): Printer | undefined {
  return farmOf(hass, deviceId)?.printers.find((printer) => deviceId === undefined || printer.deviceId === deviceId);
}

/** Return whether nothing is known of any printer: the integration does not run, or Printago can't be reached. */
export function isSilent(hass: Pick<Hass, "states">, farm: Farm): boolean {
  return farm.printers.every(({ watched }) =>
    watched.every((entityId) => (hass.states[entityId]?.state ?? "unavailable") === "unavailable"),
  );
}

function read(hass: Pick<Hass, "entities" | "devices">): Farm[] {
  const byDevice = new Map<string, Entry[]>();
  for (const entry of Object.values(hass.entities)) {
    if (entry.platform !== "printago" || entry.device_id === undefined) continue;
    const entries = byDevice.get(entry.device_id);
    if (entries) entries.push(entry);
    else byDevice.set(entry.device_id, [entry]);
  }
  const farms: Farm[] = [];
  const printers = new Map<string, Printer[]>();
  for (const [deviceId, entries] of byDevice) {
    const device = hass.devices[deviceId];
    if (!device) continue;
    if (isFarm(device)) {
      farms.push({ deviceId, name: nameOf(device), entities: keyed(entries), printers: [] });
      continue;
    }
    const farmId = device.via_device_id;
    const printer = farmId ? readPrinter(device, entries) : undefined;
    if (!farmId || !printer) continue;
    const others = printers.get(farmId);
    if (others) others.push(printer);
    else printers.set(farmId, [printer]);
  }
  return farms.map((farm) => ({ ...farm, printers: (printers.get(farm.deviceId) ?? []).sort(byName) })).sort(byName);
}

/** Saved prints are services, too, but of the farm's device. */
function isFarm(device: Device): boolean {
  return (
    device.entry_type === "service" &&
    !device.via_device_id &&
    device.identifiers.some(([domain]) => domain === "printago")
  );
}

function readPrinter(device: Device, entries: Entry[]): Printer | undefined {
  const entities = keyed(entries);
  // A saved print is a device of the farm as well.
  if (entities.print_status === undefined) return undefined;
  const trays = entries
    .filter((entry) => entry.translation_key === "ams_tray")
    .sort((a, b) => collator.compare(a.name ?? a.entity_id, b.name ?? b.entity_id))
    .map((entry) => entry.entity_id);
  if (entities.external_spool !== undefined) trays.push(entities.external_spool);
  return {
    deviceId: device.id,
    name: nameOf(device),
    model: device.model ?? "",
    areaId: device.area_id ?? null,
    entities,
    trays,
    watched: SHOWN.flatMap((key) => entities[key] ?? []),
  };
}

function keyed(entries: Entry[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of entries) {
    if (entry.translation_key !== undefined && entry.translation_key !== "ams_tray") {
      // Printers of other makers than Bambu Lab have "Errors" instead of "HMS errors".
      found[entry.translation_key === "errors" ? "hms" : entry.translation_key] = entry.entity_id;
    }
  }
  return found;
}

/** Sorts names as people do. */
export const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function byName(a: { name: string }, b: { name: string }): number {
  return collator.compare(a.name, b.name);
}

function nameOf(device: Device): string {
  // A name of spaces only could not be read, nor tapped.
  return [device.name_by_user, device.name, device.model].find((name) => name?.trim()) ?? device.id;
}
