/** Beds that were confirmed a moment ago: they can be taken back for five seconds, whatever view is open then. */
import type { Hass } from "./ha";

const UNDO_MS = 5_000;

interface Pending {
  timer: ReturnType<typeof setTimeout>;
  send: () => void;
}

const pending = new Map<string, Pending>();
const listeners = new Set<() => void>();

/** Confirm a bed as clear in five seconds, unless it is taken back until then. */
export function confirmBed(hass: Pick<Hass, "callService">, entityId: string): void {
  if (pending.has(entityId)) return;
  const send = (): void => {
    clearTimeout(pending.get(entityId)?.timer);
    if (!pending.delete(entityId)) return;
    // Home Assistant shows by itself why it failed.
    hass.callService("button", "press", { entity_id: entityId }).catch(() => undefined);
    changed();
  };
  pending.set(entityId, { timer: setTimeout(send, UNDO_MS), send });
  changed();
}

export function undoBed(entityId: string): void {
  clearTimeout(pending.get(entityId)?.timer);
  if (pending.delete(entityId)) changed();
}

export function isPending(entityId: string | undefined): boolean {
  return entityId !== undefined && pending.has(entityId);
}

/** Call a listener whenever a confirmation begins or is over; return what ends that. */
export function onBeds(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed(): void {
  for (const listener of listeners) listener();
}

// Who closes the page has confirmed: nothing is left that could be taken back.
window.addEventListener("pagehide", () => {
  for (const { send } of [...pending.values()]) send();
});
