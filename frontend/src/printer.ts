/** What is shown of a printer, out of the states of its entities. */
import type { Printer } from "./farm";
import { isKnown, numberOf, type Hass, type State } from "./ha";

export type Group = "attention" | "printing" | "ready" | "rest";
export const GROUPS: readonly Group[] = ["attention", "printing", "ready", "rest"];

/** Why a printer needs a person; the first that holds, most urgent first. */
export type Need = "problem" | "lost" | "paused" | "failed" | "bed";
const URGENCY: readonly (Need | null)[] = ["problem", "lost", "paused", "failed", "bed", null];

export interface Message {
  readonly code: string | null;
  readonly message: string | null;
  readonly severity: string | null;
  readonly wiki: string | null;
}

export interface PrinterView {
  readonly printer: Printer;
  readonly group: Group;
  readonly need: Need | null;
  /** The state of the print status, "offline" where there is none. */
  readonly status: string;
  readonly readiness: string;
  readonly online: boolean;
  /** Whether there is a print that could be stopped. */
  readonly busy: boolean;
  /** Percent, while something is printed. */
  readonly progress: number | null;
  /** Milliseconds since 1970. */
  readonly endsAt: number | null;
  readonly job: string | null;
  readonly cover: string | null;
  readonly bedWaits: boolean;
  readonly bedWaitsSince: number | null;
  readonly messages: readonly Message[];
  readonly failure: string | null;
}

const PRINTING = new Set(["prepare", "slicing", "running"]);
const AWAY = new Set(["maintenance", "disabled", "offline"]);

/** Return what is shown; the same object as long as no state of the printer has changed. */
export function viewOf(hass: Pick<Hass, "states">, printer: Printer): PrinterView {
  const states = printer.watched.map((entityId) => hass.states[entityId]);
  const kept = views.get(printer);
  if (kept && states.every((state, index) => state === kept.states[index])) return kept.view;
  const view = read(hass, printer);
  views.set(printer, { states, view });
  return view;
}

const views = new WeakMap<Printer, { states: (State | undefined)[]; view: PrinterView }>();

/** Return printers in the order of the wall: who needs a person, then by the end of the print, then by name. */
export function inOrder(shown: readonly PrinterView[]): PrinterView[] {
  return shown.toSorted(
    (a, b) =>
      GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) ||
      URGENCY.indexOf(a.need) - URGENCY.indexOf(b.need) ||
      (a.endsAt ?? Infinity) - (b.endsAt ?? Infinity) ||
      0,
  );
}

function read(hass: Pick<Hass, "states">, printer: Printer): PrinterView {
  const state = (key: string): State | undefined => hass.states[printer.entities[key] ?? ""];
  const status = isKnown(state("print_status")) ? (state("print_status")?.state ?? "") : "";
  const readiness = isKnown(state("readiness")) ? (state("readiness")?.state ?? "") : "";
  const online = state("online")?.state === "on";
  const busy = PRINTING.has(status) || status === "pause";
  const bed = state("bed_needs_clearing");
  const bedWaits = bed?.state === "on";
  const messages = state("hms")?.state === "on" ? messagesOf(state("hms")) : [];
  const result = state("last_print_result");
  const failed = result?.state === "failed" && (status === "failed" || bedWaits);
  const away = AWAY.has(readiness) || !online;
  // It went offline during a print, whose progress is unknown since then.
  const lost = state("online")?.state === "off" && isKnown(state("current_job"));
  const need = needOf(status, bedWaits, failed, messages.length > 0, lost, away);
  return {
    printer,
    group: need ? "attention" : PRINTING.has(status) ? "printing" : readiness === "ready" ? "ready" : "rest",
    need,
    status,
    readiness,
    online,
    busy,
    progress: busy ? clamped(numberOf(state("print_progress"))) : null,
    endsAt: busy ? momentOf(state("end_time")?.state) : null,
    job: busy || lost ? textOf(state("current_job")) : null,
    cover: pictureOf(state("cover_image")),
    bedWaits,
    bedWaitsSince: bedWaits ? momentOf(bed.attributes.waiting_since) : null,
    messages,
    failure: failed ? stringOf(result.attributes.reason) : null,
  };
}

function needOf(
  status: string,
  bedWaits: boolean,
  failed: boolean,
  problem: boolean,
  lost: boolean,
  away: boolean,
): Need | null {
  if (problem) return "problem";
  if (lost) return "lost";
  if (status === "pause") return "paused";
  if (failed && !away) return "failed";
  return bedWaits && !away ? "bed" : null;
}

export interface Tray {
  readonly entityId: string;
  readonly known: boolean;
  readonly empty: boolean;
  readonly name: string;
  readonly colors: readonly string[];
  readonly type: string | null;
  readonly material: string | null;
  readonly remaining: number | null;
  readonly active: boolean;
}

/** Return what a place for filament holds. */
export function trayOf(hass: Pick<Hass, "states">, entityId: string): Tray {
  const state = hass.states[entityId];
  const attributes = state?.attributes ?? {};
  const colors = Array.isArray(attributes.colors) ? attributes.colors : [];
  return {
    entityId,
    known: isKnown(state),
    empty: state?.state === "empty",
    name: isKnown(state) ? state.state : "",
    colors: colors.filter(isColor),
    type: stringOf(attributes.type),
    material: stringOf(attributes.material),
    remaining: typeof attributes.remaining === "number" ? clamped(attributes.remaining) : null,
    active: attributes.active === true,
  };
}

/** Return whether a text is a color, and nothing else that a style could hold. */
export function isColor(value: unknown): value is string {
  return typeof value === "string" && /^#([0-9a-f]{6}|[0-9a-f]{8})$/i.test(value);
}

function messagesOf(state: State | undefined): Message[] {
  const messages = state?.attributes.messages;
  if (!Array.isArray(messages)) return [];
  return messages
    .filter((each): each is Record<string, unknown> => typeof each === "object" && each !== null)
    .map((each) => ({
      code: stringOf(each.code),
      message: stringOf(each.message),
      severity: stringOf(each.severity),
      wiki: webAddress(each.wiki),
    }));
}

function webAddress(value: unknown): string | null {
  return typeof value === "string" && value.startsWith("https://") ? value : null;
}

/** Home Assistant's address of a picture; never one of another server. */
function pictureOf(state: State | undefined): string | null {
  const address = state?.attributes.entity_picture;
  return isKnown(state) && typeof address === "string" && /^\/(?!\/)/.test(address)
    ? `${address}&state=${encodeURIComponent(state.state)}`
    : null;
}

function textOf(state: State | undefined): string | null {
  return isKnown(state) ? state.state : null;
}

function stringOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function momentOf(value: unknown): number | null {
  const moment = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(moment) ? null : moment;
}

function clamped(value: number | null): number | null {
  return value === null ? null : Math.min(100, Math.max(0, value));
}
