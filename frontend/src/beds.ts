/** Beds that were confirmed a moment ago: they can be taken back for five seconds, whatever view is open then. */
import type { Hass } from "./ha";

const UNDO_MS = 5_000;
/** A timer that fires later than this slept with its page: the bed may hold another print by now. */
const LATEST_MS = 15_000;

interface Pending {
  timer: ReturnType<typeof setTimeout>;
  send: () => void;
}

const pending = new Map<string, Pending>();
const listeners = new Set<() => void>();

/** Confirm a bed as clear in five seconds, unless it is taken back until then. */
export function confirmBed(hass: Pick<Hass, "callService">, entityId: string): void {
  if (pending.has(entityId)) return;
  const tapped = Date.now();
  const send = (): void => {
    clearTimeout(pending.get(entityId)?.timer);
    if (!pending.delete(entityId)) return;
    if (Date.now() - tapped <= LATEST_MS) {
      // Home Assistant shows by itself why it failed.
      hass.callService("button", "press", { entity_id: entityId }).catch(() => undefined);
    }
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

// Closing or leaving the page confirms at once: there is no undo button any more, and timers of a hidden page sleep.
function sendAll(): void {
  for (const { send } of [...pending.values()]) send();
}
window.addEventListener("pagehide", sendAll);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") sendAll();
});
